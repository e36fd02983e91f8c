import { MOUNT_ATTR, MS } from './linux.ts';

/** What the options of one mount mean. */
export interface MountOptions {
  /** MS_* bits for mount(2), without propagation. */
  readonly flags: number;
  /** MS_* bits that were taken away by name (`rw`, `suid`, …). */
  readonly cleared: number;
  /** MS_* propagation to set afterwards, in order. */
  readonly propagation: readonly number[];
  /** Recursive attributes (`rro`, …) for mount_setattr, or none. */
  readonly recursive: { readonly set: number; readonly clear: number } | undefined;
  readonly tmpcopyup: boolean;
  readonly idmap: 'none' | 'idmap' | 'ridmap';
  /** Everything else, for the file system. */
  readonly data: string;
}

// OCI runtime-spec, config.md "Linux mount options": name → [bits set, bits cleared].
const FLAGS: Readonly<Record<string, readonly [number, number]>> = {
  defaults: [0, 0],
  acl: [MS.POSIXACL, 0],
  noacl: [0, MS.POSIXACL],
  async: [0, MS.SYNCHRONOUS],
  sync: [MS.SYNCHRONOUS, 0],
  atime: [0, MS.NOATIME],
  noatime: [MS.NOATIME, MS.RELATIME | MS.STRICTATIME],
  relatime: [MS.RELATIME, MS.NOATIME | MS.STRICTATIME],
  norelatime: [0, MS.RELATIME],
  strictatime: [MS.STRICTATIME, MS.NOATIME | MS.RELATIME],
  nostrictatime: [0, MS.STRICTATIME],
  diratime: [0, MS.NODIRATIME],
  nodiratime: [MS.NODIRATIME, 0],
  lazytime: [MS.LAZYTIME, 0],
  nolazytime: [0, MS.LAZYTIME],
  bind: [MS.BIND, 0],
  rbind: [MS.BIND | MS.REC, 0],
  dev: [0, MS.NODEV],
  nodev: [MS.NODEV, 0],
  dirsync: [MS.DIRSYNC, 0],
  exec: [0, MS.NOEXEC],
  noexec: [MS.NOEXEC, 0],
  iversion: [MS.I_VERSION, 0],
  noiversion: [0, MS.I_VERSION],
  loud: [0, MS.SILENT],
  silent: [MS.SILENT, 0],
  mand: [MS.MANDLOCK, 0],
  nomand: [0, MS.MANDLOCK],
  remount: [MS.REMOUNT, 0],
  ro: [MS.RDONLY, 0],
  rw: [0, MS.RDONLY],
  suid: [0, MS.NOSUID],
  nosuid: [MS.NOSUID, 0],
  nosymfollow: [MS.NOSYMFOLLOW, 0],
  symfollow: [0, MS.NOSYMFOLLOW],
};

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS.PRIVATE,
  shared: MS.SHARED,
  slave: MS.SLAVE,
  unbindable: MS.UNBINDABLE,
  rprivate: MS.PRIVATE | MS.REC,
  rshared: MS.SHARED | MS.REC,
  rslave: MS.SLAVE | MS.REC,
  runbindable: MS.UNBINDABLE | MS.REC,
};

const RECURSIVE: Readonly<Record<string, readonly [number, number]>> = {
  rro: [MOUNT_ATTR.RDONLY, 0],
  rrw: [0, MOUNT_ATTR.RDONLY],
  rnosuid: [MOUNT_ATTR.NOSUID, 0],
  rsuid: [0, MOUNT_ATTR.NOSUID],
  rnodev: [MOUNT_ATTR.NODEV, 0],
  rdev: [0, MOUNT_ATTR.NODEV],
  rnoexec: [MOUNT_ATTR.NOEXEC, 0],
  rexec: [0, MOUNT_ATTR.NOEXEC],
  rnodiratime: [MOUNT_ATTR.NODIRATIME, 0],
  rdiratime: [0, MOUNT_ATTR.NODIRATIME],
  rrelatime: [MOUNT_ATTR.RELATIME, MOUNT_ATTR.ATIME],
  rnorelatime: [MOUNT_ATTR.STRICTATIME, MOUNT_ATTR.ATIME],
  rnoatime: [MOUNT_ATTR.NOATIME, MOUNT_ATTR.ATIME],
  ratime: [MOUNT_ATTR.RELATIME, MOUNT_ATTR.ATIME],
  rstrictatime: [MOUNT_ATTR.STRICTATIME, MOUNT_ATTR.ATIME],
  rnostrictatime: [MOUNT_ATTR.RELATIME, MOUNT_ATTR.ATIME],
  rnosymfollow: [MOUNT_ATTR.NOSYMFOLLOW, 0],
  rsymfollow: [0, MOUNT_ATTR.NOSYMFOLLOW],
};

/** Every option with a meaning of its own, for `features`. */
export const MOUNT_OPTIONS: readonly string[] = [...Object.keys(FLAGS), ...Object.keys(PROPAGATION), ...Object.keys(RECURSIVE), 'idmap', 'ridmap', 'tmpcopyup'].sort();

/** Sorts options by meaning; later ones win over earlier ones. */
export function parseMountOptions(options: readonly string[]): MountOptions {
  let [flags, cleared, set, clear] = [0, 0, 0, 0];
  let [recursive, tmpcopyup] = [false, false];
  let idmap: MountOptions['idmap'] = 'none';
  const propagation: number[] = [];
  const data: string[] = [];
  for (const option of options) {
    const flag = FLAGS[option];
    const attribute = RECURSIVE[option];
    const spread = PROPAGATION[option];
    if (flag !== undefined) {
      flags = (flags & ~flag[1]) | flag[0];
      cleared = (cleared & ~flag[0]) | flag[1];
    } else if (attribute !== undefined) {
      recursive = true;
      set = (set & ~attribute[1]) | attribute[0];
      clear = (clear & ~attribute[0]) | attribute[1];
    } else if (spread !== undefined) propagation.push(spread);
    else if (option === 'tmpcopyup') tmpcopyup = true;
    else if (option === 'idmap' || option === 'ridmap') idmap = option;
    else if (option !== '') data.push(option);
  }
  return { flags, cleared, propagation, recursive: recursive ? { set, clear } : undefined, tmpcopyup, idmap, data: data.join(',') };
}

/** Flags of a mount(2) call as mount_setattr attributes: what a bind mount needs changed after it was made. */
export function attributesOf(flags: number, cleared: number): { set: number; clear: number } {
  let [set, clear] = [0, 0];
  for (const name of ['RDONLY', 'NOSUID', 'NODEV', 'NOEXEC', 'NODIRATIME', 'NOSYMFOLLOW'] as const) {
    if ((flags & MS[name]) !== 0) set |= MOUNT_ATTR[name];
    if ((cleared & MS[name]) !== 0) clear |= MOUNT_ATTR[name];
  }
  const atime = (flags & MS.NOATIME) !== 0 ? MOUNT_ATTR.NOATIME : (flags & MS.STRICTATIME) !== 0 ? MOUNT_ATTR.STRICTATIME : MOUNT_ATTR.RELATIME;
  if ((flags & (MS.NOATIME | MS.STRICTATIME | MS.RELATIME)) !== 0 || (cleared & MS.NOATIME) !== 0) {
    clear |= MOUNT_ATTR.ATIME;
    set |= atime;
  }
  return { set, clear };
}
