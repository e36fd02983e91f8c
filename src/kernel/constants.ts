/** Linux constants that Node does not export; the same on x86-64 and arm64. Sources: the uapi headers named at each. */

// fcntl.h
export const AT_FDCWD: number = -100;
export const AT_SYMLINK_NOFOLLOW: number = 0x100;
export const AT_REMOVEDIR: number = 0x200;
export const AT_EMPTY_PATH: number = 0x1000;
export const AT_RECURSIVE: number = 0x8000;
export const O_PATH: number = 0o10000000;
export const O_CLOEXEC: number = 0o2000000;

// openat2.h
export const RESOLVE_NO_MAGICLINKS: number = 0x02;
export const RESOLVE_BENEATH: number = 0x08;
export const RESOLVE_IN_ROOT: number = 0x10;

// mount.h
export const OPEN_TREE_CLONE: number = 1;
export const MOUNT_ATTR_RDONLY: number = 0x1;
export const MOUNT_ATTR_NOSUID: number = 0x2;
export const MOUNT_ATTR_NODEV: number = 0x4;
export const MOUNT_ATTR_NOEXEC: number = 0x8;
export const FSOPEN_CLOEXEC: number = 1;
export const FSMOUNT_CLOEXEC: number = 1;
export const FSCONFIG_SET_FLAG: number = 0;
export const FSCONFIG_SET_STRING: number = 1;
export const FSCONFIG_CMD_CREATE: number = 6;

export const MOVE_MOUNT_F_EMPTY_PATH: number = 0x04;
export const MOVE_MOUNT_T_EMPTY_PATH: number = 0x40;
export const MS_REC: number = 0x4000;
export const MS_PRIVATE: number = 0x40000;

// sched.h
export const CLONE_FS: number = 0x200;
export const CLONE_NEWNS: number = 0x20000;

// stat.h
export const S_IFMT: number = 0o170000;
export const S_IFLNK: number = 0o120000;
export const S_IFREG: number = 0o100000;
export const S_IFSOCK: number = 0o140000;
export const S_IFBLK: number = 0o060000;
export const S_IFDIR: number = 0o040000;
export const S_IFCHR: number = 0o020000;
export const S_IFIFO: number = 0o010000;

// falloc.h
export const FALLOC_FL_KEEP_SIZE: number = 1;
export const FALLOC_FL_PUNCH_HOLE: number = 2;
