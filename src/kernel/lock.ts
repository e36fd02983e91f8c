import { closeSync, constants, openSync } from 'node:fs';
import { check, kernelError } from './errno.ts';
import { native } from './native.ts';
import { LOCK_EX, LOCK_NB } from './constants.ts';

/**
 * Takes an exclusive flock on a file (made when missing, mode 0600) without waiting. It ends with `dispose`, or with the
 * process. Undefined when somebody else holds it.
 */
export function tryLockFile(path: string): Disposable | undefined {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  const result = native().flock(fd, LOCK_EX | LOCK_NB);
  if (result < 0) {
    closeSync(fd);
    if (result === -11) return undefined;
    throw kernelError(-result, `locking ${path}`);
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}

/** flock on an open fd; `operation` is LOCK_SH, LOCK_EX or LOCK_UN. False when another holder forbids it; never waits. */
export function tryLock(fd: number, operation: number): boolean {
  const result = native().flock(fd, operation | LOCK_NB);
  if (result === -11) return false;
  check(result, `locking fd ${fd}`);
  return true;
}
