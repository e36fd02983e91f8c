import { existsSync, mkdirSync, mkdtempSync, rmSync, cpSync, writeFileSync, symlinkSync, chmodSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Op, OpOf } from '#runtime/plan.ts';

const BUSYBOX = process.env['BERTH_TEST_BUSYBOX'] ?? join(homedir(), '.cache/berth/oracle/root/bin/busybox');

const APPLETS = ['sh', 'true', 'false', 'echo', 'cat', 'sleep', 'ls', 'id', 'env', 'pwd', 'mount', 'hostname', 'stty', 'tty', 'readlink', 'yes', 'head', 'kill', 'dd', 'printf', 'seq', 'stat', 'touch', 'wc', 'ps', 'test', 'usleep', 'trap'];

export const MS: Readonly<Record<'RDONLY' | 'NOSUID' | 'NODEV' | 'NOEXEC' | 'REMOUNT' | 'BIND' | 'REC' | 'PRIVATE' | 'SLAVE', number>> = { RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8, REMOUNT: 32, BIND: 4096, REC: 16384, PRIVATE: 1 << 18, SLAVE: 1 << 19 };
export const CLONE: Readonly<Record<'NEWNS' | 'NEWCGROUP' | 'NEWUTS' | 'NEWIPC' | 'NEWUSER' | 'NEWPID' | 'NEWNET', number>> = { NEWNS: 0x20000, NEWCGROUP: 0x2000000, NEWUTS: 0x4000000, NEWIPC: 0x8000000, NEWUSER: 0x10000000, NEWPID: 0x20000000, NEWNET: 0x40000000 };

/** A directory with a busybox root, removed by {@link Place.remove}. */
export interface Place {
  readonly dir: string;
  readonly root: string;
  readonly run: string;
  remove(): void;
}

export function makePlace(): Place {
  if (!existsSync(BUSYBOX)) throw new Error(`no static busybox at ${BUSYBOX}: set BERTH_TEST_BUSYBOX`);
  const dir = mkdtempSync(join(tmpdir(), 'berth-shim-'));
  const root = join(dir, 'root');
  const run = join(dir, 'run');
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'root', 'work']) mkdirSync(join(root, name), { recursive: true });
  chmodSync(dir, 0o755);
  mkdirSync(run);
  cpSync(BUSYBOX, join(root, 'bin/busybox'));
  for (const name of APPLETS) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/work:/bin/sh\n');
  return { dir, root, run, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface Shape {
  readonly argv: readonly string[];
  readonly env?: readonly string[];
  readonly terminal?: boolean;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly log?: Partial<OpOf<'log'>>;
  readonly cgroups?: readonly string[];
  readonly cwd?: string;
  readonly fifo?: string;
  readonly inherit?: boolean;
  readonly namespaces?: number;
  /** More operations, put before the pivot, before the ids and in front of everything. */
  readonly mounts?: readonly Op[];
  readonly late?: readonly Op[];
  readonly first?: readonly Op[];
  readonly uid?: number;
}

/** The plan of a usual container over a directory, written by hand so that the shim is tested alone. */
export function containerPlan(place: Place, shape: Shape): Op[] {
  const terminal = shape.terminal ?? false;
  const cgroups = shape.cgroups ?? [];
  return [
    { kind: 'stdio', terminal, stdin: shape.stdin ?? false, stdinOnce: shape.stdinOnce ?? true, inherit: shape.inherit ?? false, rows: terminal ? 24 : 0, cols: terminal ? 80 : 0 },
    ...(shape.log === undefined ? [] : [{ kind: 'log', path: join(place.dir, 'json.log'), maxSize: -1, maxFiles: 1, attrs: '', ...shape.log } as Op]),
    ...(shape.first ?? []),
    ...cgroups.map((path): Op => ({ kind: 'cgroup.create', path })),
    { kind: 'ns.new', flags: shape.namespaces ?? (CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET), cgroup: '' },
    ...(cgroups.length > 0 ? [{ kind: 'cgroup.enter', paths: [...cgroups] } as Op] : []),
    { kind: 'propagation', path: '/', flags: MS.SLAVE | MS.REC, where: 'host' },
    { kind: 'mount', source: place.root, target: place.root, fstype: 'bind', flags: MS.BIND | MS.REC, data: '', where: 'host', create: 'none', createMode: 0, cwd: '' },
    { kind: 'root.open', path: place.root },
    mount('proc', '/proc', 'proc', MS.NOSUID | MS.NODEV | MS.NOEXEC, ''),
    mount('tmpfs', '/dev', 'tmpfs', MS.NOSUID, 'mode=755,size=65536k'),
    mount('devpts', '/dev/pts', 'devpts', MS.NOSUID | MS.NOEXEC, 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
    { kind: 'mknod', path: '/dev/null', mode: 0o20666, major: 1, minor: 3, uid: 0, gid: 0 },
    { kind: 'mknod', path: '/dev/tty', mode: 0o20666, major: 5, minor: 0, uid: 0, gid: 0 },
    { kind: 'symlink', target: 'pts/ptmx', path: '/dev/ptmx' },
    ...(shape.mounts ?? []),
    { kind: 'pivot_root', mode: 'pivot' },
    ...(terminal ? [{ kind: 'console', socket: '', bind: true } as Op] : []),
    { kind: 'hostname', name: 'inside' },
    { kind: 'mask', path: '/proc/version', label: '' },
    { kind: 'mask', path: '/proc/acpi', label: '' },
    { kind: 'readonly', path: '/proc/sys' },
    ...(shape.late ?? []),
    { kind: 'session' },
    { kind: 'chdir', path: shape.cwd ?? '/', create: true },
    { kind: 'ids', uid: shape.uid ?? 0, gid: shape.uid ?? 0, groups: [], setgroups: true },
    { kind: 'exec.find', argv: [...shape.argv], env: [...(shape.env ?? ['PATH=/bin'])], setHome: true },
    { kind: 'start.wait', fifo: shape.fifo ?? '' },
    { kind: 'exec', preserveFds: 0 },
  ];
}

export function mount(source: string, target: string, fstype: string, flags: number, data: string): Op {
  return { kind: 'mount', source, target, fstype, flags, data, where: 'root', create: 'dir', createMode: 0o755, cwd: '' };
}

/** A process more in a running task. */
export function execPlan(init: { pid: number; startTime: number }, shape: Shape): Op[] {
  const terminal = shape.terminal ?? false;
  return [
    { kind: 'stdio', terminal, stdin: shape.stdin ?? false, stdinOnce: true, inherit: false, rows: terminal ? 10 : 0, cols: terminal ? 20 : 0 },
    ...(shape.cgroups !== undefined ? [{ kind: 'cgroup.enter', paths: [...shape.cgroups] } as Op] : []),
    { kind: 'ns.enter', pid: init.pid, startTime: init.startTime, flags: CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWPID | CLONE.NEWNET },
    { kind: 'ns.new', flags: 0, cgroup: '' },
    ...(terminal ? [{ kind: 'console', socket: '', bind: false } as Op] : []),
    { kind: 'session' },
    { kind: 'ids', uid: shape.uid ?? 0, gid: shape.uid ?? 0, groups: [], setgroups: true },
    ...(shape.late ?? []),
    { kind: 'chdir', path: shape.cwd ?? '/', create: false },
    { kind: 'exec.find', argv: [...shape.argv], env: [...(shape.env ?? ['PATH=/bin'])], setHome: true },
    { kind: 'exec', preserveFds: 0 },
  ];
}
