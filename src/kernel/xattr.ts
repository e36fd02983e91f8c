import { check } from './errno.ts';
import { toText } from './list-at.ts';
import { native } from './native.ts';
import type { Native, Text } from './native.ts';

/**
 * Extended attributes; values are bytes. The `…At` forms never follow a symlink: they name the object through
 * /proc/self/fd/<dir>/<name>, which resolves the directory by fd and leaves the last component alone, and so work with
 * an O_PATH `dir` and on every kernel (setxattrat is 6.13).
 */

const SIZE_MAX = 65536; // XATTR_SIZE_MAX and XATTR_LIST_MAX, include/uapi/linux/limits.h
const scratch = Buffer.alloc(SIZE_MAX);
const ENODATA = -61;
const EOPNOTSUPP = -95;

function pathOf(dir: number, name: Text): Text {
  const prefix = `/proc/self/fd/${dir}/`;
  return typeof name === 'string' ? prefix + name : Buffer.concat([Buffer.from(prefix), name]);
}

/** The attribute's value, or undefined when the object has none of that name (or its file system has no attributes). */
export function getXattrAt(dir: number, name: Text, attribute: Text): Buffer | undefined {
  return value(native().lgetxattr(pathOf(dir, name), attribute, scratch), attribute);
}

/** `flags`: 0, XATTR_CREATE (1) or XATTR_REPLACE (2). */
export function setXattrAt(dir: number, name: Text, attribute: Text, bytes: Uint8Array, flags: number = 0): void {
  check(native().lsetxattr(pathOf(dir, name), attribute, bytes, flags), 'setting an extended attribute of', name);
}

/** Names of all attributes, sorted; none where the file system has no attributes. */
export function listXattrAt(dir: number, name: Text): Text[] {
  return names((api) => api.llistxattr(pathOf(dir, name), scratch), name);
}

export function removeXattrAt(dir: number, name: Text, attribute: Text): void {
  check(native().lremovexattr(pathOf(dir, name), attribute), 'removing an extended attribute of', name);
}

/** Like {@link getXattrAt} for an open fd (not O_PATH). */
export function getXattr(fd: number, attribute: Text): Buffer | undefined {
  return value(native().fgetxattr(fd, attribute, scratch), attribute);
}

export function setXattr(fd: number, attribute: Text, bytes: Uint8Array, flags: number = 0): void {
  check(native().fsetxattr(fd, attribute, bytes, flags), 'setting the extended attribute', attribute);
}

export function listXattr(fd: number): Text[] {
  return names((api) => api.flistxattr(fd, scratch), `fd ${fd}`);
}

export function removeXattr(fd: number, attribute: Text): void {
  check(native().fremovexattr(fd, attribute), 'removing the extended attribute', attribute);
}

function value(result: number, attribute: Text): Buffer | undefined {
  if (result === ENODATA || result === EOPNOTSUPP) return undefined;
  return Buffer.from(scratch.subarray(0, check(result, 'reading the extended attribute', attribute)));
}

function names(list: (api: Native) => number, name: Text): Text[] {
  const result = list(native());
  if (result === EOPNOTSUPP) return [];
  const bytes = scratch.subarray(0, check(result, 'listing the extended attributes of', name));
  const found: Text[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    found.push(toText(bytes.subarray(at, end)));
    at = end + 1;
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
