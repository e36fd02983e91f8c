import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  OPEN_TREE_CLONE,
  O_CLOEXEC,
} from './constants.ts';
import { check } from './errno.ts';
import { closeFd } from './fs-at.ts';
import { native } from './native.ts';
import type { Text } from './native.ts';

/** A detached copy of the mount at `path` (with everything below it when `recursive`); closing the fd unmounts it. */
export function cloneTree(path: Text, recursive: boolean = false): number {
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  return check(native().openTree(AT_FDCWD, path, flags), 'cloning the mount of', path);
}

/** {@link cloneTree} of what `fd` is open on. It has to be in the mount namespace of the calling thread. */
export function cloneTreeOf(fd: number, recursive: boolean): number {
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return check(native().openTree(fd, '', flags), 'cloning a mount');
}

/** Hangs a detached mount over what `target` is open on, which has to be in the mount namespace of the calling thread. */
export function attachTree(fd: number, target: number): void {
  check(native().moveMount(fd, '', target, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), 'attaching a mount');
}

/** MOUNT_ATTR_* bits of the mount that `fd` is open on; `propagation` is an MS_* type or 0 for unchanged. */
export function setMountAttributes(fd: number, set: number, clear: number = 0, recursive: boolean = false, propagation: number = 0): void {
  const attributes = Buffer.alloc(32); // struct mount_attr: set, clear, propagation, userns_fd
  attributes.writeBigUInt64LE(BigInt(propagation), 16);
  attributes.writeBigUInt64LE(BigInt(set), 0);
  attributes.writeBigUInt64LE(BigInt(clear), 8);
  check(native().mountSetattr(fd, '', AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attributes), `changing the attributes of mount fd ${fd}`);
}

/** Options of a file system: a value, or null for a flag. Order is kept, names may repeat. */
export type FsOptions = readonly (readonly [name: string, value: string | null])[];

/** fsopen, fsconfig, fsmount: a new file system as a detached mount. `attributes` are MOUNT_ATTR_* bits. The caller closes the fd. */
export function mountDetached(fstype: string, options: FsOptions, attributes: number): number {
  const api = native();
  const context = check(api.fsopen(fstype, FSOPEN_CLOEXEC), 'opening the file system', fstype);
  try {
    for (const [name, value] of options) {
      const command = value === null ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
      check(api.fsconfig(context, command, name, value, 0), `configuring ${fstype}: ${name}`, value ?? '');
    }
    check(api.fsconfig(context, FSCONFIG_CMD_CREATE, null, null, 0), `creating the ${fstype} file system`);
    return check(api.fsmount(context, FSMOUNT_CLOEXEC, attributes), `mounting the ${fstype} file system`);
  } finally {
    closeFd(context);
  }
}
