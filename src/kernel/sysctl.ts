import { readFileSync, writeFileSync } from 'node:fs';
import { BerthError, errnoOf, messageOf } from '#base/errors.ts';

/** Value of a kernel parameter ("net/ipv4/ip_forward"; slashes, since names of interfaces may hold dots), or undefined where the kernel has none. */
export function readSysctl(key: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${key}`, 'utf8').trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Sets a kernel parameter. Throws forbidden where /proc/sys is read-only. */
export function writeSysctl(key: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${key}`, value);
  } catch (error) {
    const errno = errnoOf(error);
    const kind = errno === 'EROFS' || errno === 'EACCES' || errno === 'EPERM' ? 'forbidden' : 'internal';
    throw new BerthError(kind, `setting ${key} to ${value}: ${messageOf(error)}`, { cause: error, data: { errno } });
  }
}
