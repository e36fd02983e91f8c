import { constants } from 'node:fs';
import { AT_FDCWD, CLONE_FS, CLONE_NEWNS, MS_PRIVATE, MS_REC } from './constants.ts';
import { check } from './errno.ts';
import { closeFd, openAt } from './fs-at.ts';
import { native } from './native.ts';

/**
 * Mount namespaces of the main thread, for helper processes only: the thread gets a root and working directory of its own,
 * so what runs in `body` must be synchronous, and other threads of the process do not follow.
 */

/** Runs `body` in a new mount namespace that is a private copy of ours; it is gone afterwards, save for what fds hold. */
export function inPrivateMounts<T>(body: () => T): T {
  return away(() => {
    check(native().unshare(CLONE_NEWNS), 'making a mount namespace');
    check(native().mount(null, '/', null, MS_REC | MS_PRIVATE, null), 'making all mounts private');
    return body();
  });
}

/** Runs `body` in the mount namespace of the process that a pidfd holds; `/` is that namespace's root. */
export function inMountsOf<T>(pidfd: number, body: () => T): T {
  return away(() => {
    check(native().setns(pidfd, CLONE_NEWNS), 'joining a mount namespace');
    return body();
  });
}

function away<T>(body: () => T): T {
  // setns(2) wants that no other thread shares root and working directory.
  check(native().unshare(CLONE_FS), 'taking a working directory of our own');
  const own = openAt(AT_FDCWD, '/proc/self/ns/mnt', constants.O_RDONLY);
  try {
    return body();
  } finally {
    check(native().setns(own, CLONE_NEWNS), 'coming back from another mount namespace');
    closeFd(own);
  }
}
