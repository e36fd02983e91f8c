import { check } from './errno.ts';
import { native } from './native.ts';

const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MNT_DETACH = 2;

/** Mounts a tmpfs on a directory of the host, nosuid, nodev, noexec; `data` as in mount(8)'s -o ("mode=1777,size=64m"). */
export function mountTmpfs(source: string, target: string, data: string): void {
  check(native().mount(source, target, 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, data), 'mounting a tmpfs at', target);
}

/** Takes a mount out of the host's tree at once; it goes away when nobody uses it any more. False when nothing is mounted there. */
export function unmountDetached(target: string): boolean {
  const result = native().umount2(target, MNT_DETACH);
  if (result === -22 || result === -2) return false; // EINVAL: no mount point, ENOENT: no such directory
  check(result, 'unmounting', target);
  return true;
}
