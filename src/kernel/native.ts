import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, messageOf } from '#base/errors.ts';

/** A file name: a string, or bytes where it is not valid UTF-8. At most 4,095 bytes, no NUL (TypeError otherwise). */
export type Text = string | Uint8Array;

/** Result of a native call: a value ≥ 0, or -errno. */
export type Result = number;

/**
 * What `native/addon` exports; one entry per system call, arguments in the kernel's order, buffers carrying their own
 * length. Wrong arguments are TypeErrors. Only this folder calls it.
 */
export interface Native {
  close(fd: number): Result;
  fcntl(fd: number, command: number, argument: number): Result;
  openat2(dir: number, path: Text, how: Uint8Array): Result;
  statx(dir: number, path: Text, flags: number, mask: number, out: Uint8Array): Result;
  getdents64(fd: number, out: Uint8Array): Result;
  readlinkat(dir: number, path: Text, out: Uint8Array): Result;
  mkdirat(dir: number, path: Text, mode: number): Result;
  mknodat(dir: number, path: Text, mode: number, device: number): Result;
  symlinkat(target: Text, dir: number, path: Text): Result;
  linkat(fromDir: number, from: Text, toDir: number, to: Text, flags: number): Result;
  renameat2(fromDir: number, from: Text, toDir: number, to: Text, flags: number): Result;
  unlinkat(dir: number, path: Text, flags: number): Result;
  fchown(fd: number, uid: number, gid: number): Result;
  fchownat(dir: number, path: Text, uid: number, gid: number, flags: number): Result;
  fchmod(fd: number, mode: number): Result;
  fchmodat(dir: number, path: Text, mode: number): Result;
  fchmodat2(dir: number, path: Text, mode: number, flags: number): Result;
  utimensat(dir: number, path: Text | null, times: Uint8Array | null, flags: number): Result;
  ftruncate(fd: number, length: number): Result;
  fallocate(fd: number, mode: number, offset: number, length: number): Result;
  lseek(fd: number, offset: number, whence: number): Result;
  flock(fd: number, operation: number): Result;
  fsync(fd: number): Result;
  syncfs(fd: number): Result;
  statfs(path: Text, out: Uint8Array): Result;
  fstatfs(fd: number, out: Uint8Array): Result;
  fgetxattr(fd: number, name: Text, out: Uint8Array): Result;
  fsetxattr(fd: number, name: Text, value: Uint8Array, flags: number): Result;
  flistxattr(fd: number, out: Uint8Array): Result;
  fremovexattr(fd: number, name: Text): Result;
  lgetxattr(path: Text, name: Text, out: Uint8Array): Result;
  lsetxattr(path: Text, name: Text, value: Uint8Array, flags: number): Result;
  llistxattr(path: Text, out: Uint8Array): Result;
  lremovexattr(path: Text, name: Text): Result;
  mount(source: Text | null, target: Text | null, fstype: Text | null, flags: number, data: Text | null): Result;
  umount2(target: Text, flags: number): Result;
  openTree(dir: number, path: Text, flags: number): Result;
  moveMount(fromDir: number, from: Text, toDir: number, to: Text, flags: number): Result;
  mountSetattr(dir: number, path: Text, flags: number, attributes: Uint8Array): Result;
  fsopen(fstype: Text, flags: number): Result;
  fsconfig(fd: number, command: number, key: Text | null, value: Text | null, aux: number): Result;
  fsmount(fd: number, flags: number, attributes: number): Result;
  unshare(flags: number): Result;
  setns(fd: number, kind: number): Result;
  prctl(option: number, argument: number): Result;
  pidfdOpen(pid: number, flags: number): Result;
  pidfdSendSignal(pidfd: number, signal: number, flags: number): Result;
  socket(domain: number, type: number, protocol: number): Result;
  shutdown(fd: number, how: number): Result;
  sealedCopy(path: Text, name: Text): Result;
  spawnDetached(program: number, argv: readonly Text[], env: readonly Text[], cwd: Text, targets: readonly number[], sources: readonly number[]): Result;
  socketPair(type: number): Result | [number, number];
  peerCredentials(fd: number): Result | [number, number, number];
  sendFds(fd: number, bytes: Uint8Array, fds: readonly number[], flags: number): Result;
  receiveFds(fd: number, bytes: Uint8Array, flags: number): Result | number[];
  netlinkOpen(protocol: number, groups: number): Result;
  netlinkSend(fd: number, bytes: Uint8Array): Result;
  netlinkReceive(fd: number, bytes: Uint8Array): Result;
  nftRun(ruleset: string): Result | [number, string, string];
  hiddenOverlay(base: Text, data: Text, flags: number): Result;
  watchStart(callback: (fds: readonly number[]) => void): Result;
  watchAdd(fd: number): Result;
  watchDrop(fd: number): Result;
}

/**
 * Path of a compiled part of ours ("berth.node", "berth-shim"): in the folder that BERTH_NATIVE names, beside a bundle
 * (`native/`), or in `build/native` of the source tree. Throws unavailable when it is nowhere.
 */
export function nativeFile(name: string): string {
  const here = import.meta.dirname ?? dirname(process.argv[1] ?? '.');
  const folders = [process.env['BERTH_NATIVE'], join(here, 'native'), join(here, '..', 'native'), join(here, '..', '..', 'build', 'native')];
  for (const folder of folders) {
    if (folder !== undefined && folder !== '' && existsSync(join(folder, name))) return join(folder, name);
  }
  return fail('unavailable', `finding the compiled part ${name}: it is not in ${folders.filter(Boolean).join(', ')}`, {
    hint: 'run native/build.sh, or name its folder in BERTH_NATIVE',
  });
}

let loaded: Native | undefined;

/** The addon, loaded when first asked for. Throws unavailable when it is missing or does not fit this Node. */
export function native(): Native {
  return (loaded ??= load());
}

function load(): Native {
  const path = nativeFile('berth.node');
  const module: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(module, path);
  } catch (error) {
    fail('unavailable', `loading ${path}: ${messageOf(error)}`, { cause: error });
  }
  return module.exports as Native;
}
