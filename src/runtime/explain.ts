import { capabilityNames } from './capabilities.ts';
import { rlimitName } from './limits.ts';
import { CLONE, MOUNT_ATTR, MS, RLIM_INFINITY } from './linux.ts';
import type { Op, Plan } from './plan.ts';

/** One line of an explanation: what is done, to what, and how. */
export interface ExplainedStep {
  readonly what: string;
  readonly object: string;
  readonly detail: string;
}

/** The plan for people: one line per step, in the order of execution, in aligned columns; line n is step n of failure texts. */
export function explainLines(plan: Plan): string[] {
  const steps = plan.ops.map(explainStep);
  const width = (values: readonly string[], most: number): number => Math.min(most, Math.max(0, ...values.map((v) => v.length)));
  const what = width(steps.map((s) => s.what), 18) + 2;
  const object = width(steps.filter((s) => s.detail !== '').map((s) => s.object), 44) + 2;
  return steps.map((s) => `${s.what.padEnd(what)}${`${s.object}  `.padEnd(object)}${s.detail}`.trimEnd());
}

/** The plan as JSON data: integers beyond 2^53 as decimal strings, bytes as base64. */
export function explainJson(plan: Plan): { version: number; warnings: readonly string[]; ops: Record<string, unknown>[] } {
  return { version: plan.version, warnings: plan.warnings, ops: plan.ops.map((op) => plain(op) as Record<string, unknown>) };
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

/** One step in words. Control characters of hostile strings are escaped. */
export function explainStep(op: Op): ExplainedStep {
  const [object, detail] = describe(op);
  return { what: op.kind, object: printable(object), detail: printable(detail) };
}

type Describe = { [K in Op['kind']]: (op: Extract<Op, { kind: K }>) => readonly [object: string, detail: string] };

const DESCRIBE: Describe = {
  'stdio': (op) => [op.inherit ? 'inherited' : op.terminal ? `terminal ${op.rows}x${op.cols}` : 'pipes', op.stdin ? (op.stdinOnce ? 'stdin once' : 'stdin') : 'no stdin'],
  'log': (op) => [op.path, op.maxSize < 0 ? '' : `max-size=${op.maxSize} max-file=${op.maxFiles}`],
  'cgroup.create': (op) => [op.path, op.note ?? ''],
  'cgroup.set': (op) => [op.path, `${op.data.trim()}${op.optional ? ' (optional)' : ''}`],
  'cgroup.inherit': (op) => [op.path, 'from its parent'],
  'cgroup.devices': (op) => [op.path, `${op.program.length / 8} instructions`],
  'cgroup.enter': (op) => [op.paths.length === 1 ? (op.paths[0] ?? '') : `${op.paths.length} hierarchies`, op.paths.length === 1 ? '' : op.paths.join(' ')],
  'ns.join': (op) => [op.path, namespaceNames(op.flag)],
  'ns.enter': (op) => [`process ${op.pid}`, namespaceNames(op.flags)],
  'ns.time': (op) => ['time', op.offsets.trim().replaceAll('\n', ', ')],
  'ns.new': (op) => [op.flags === 0 ? 'no new namespaces' : namespaceNames(op.flags), op.cgroup === '' ? '' : `in ${op.cgroup}`],
  'userns.map': (op) => [`uid ${op.uidMap.trim().replaceAll('\n', ', ')}`, `gid ${op.gidMap.trim().replaceAll('\n', ', ')}${op.setgroups === '' ? '' : ` setgroups=${op.setgroups}`}`],
  'ns.unshare': (op) => [namespaceNames(op.flags), ''],
  'netlink': (op) => [op.note ?? `${op.messages.length} messages`, op.side === 'shim' ? 'on the host' : 'in the container'],
  'hook': (op) => [op.path, [op.note ?? '', ...op.args.slice(1)].join(' ')],
  'propagation': (op) => [op.path, mountFlags(op.flags)],
  'mount': (op) => [`${op.source === '' ? '' : `${op.source} → `}${op.target}`, [mountFlags(op.flags), op.data].filter((text) => text !== '').join(' ')],
  'mount.attr': (op) => [op.target, attributes(op)],
  'root.open': (op) => [op.path, ''],
  'tmpfs.copyup': (op) => [op.target, [mountFlags(op.flags), op.data].filter((text) => text !== '').join(' ')],
  'symlink': (op) => [`${op.path} → ${op.target}`, ''],
  'mknod': (op) => [op.path, `${{ 0o020000: 'c', 0o060000: 'b', 0o010000: 'p' }[op.mode & 0o170000] ?? '?'} ${op.major}:${op.minor} ${octal(op.mode & 0o7777)} ${op.uid}:${op.gid}`],
  'mask': (op) => [op.path, ''],
  'readonly': (op) => [op.path, ''],
  'console': (op) => [op.bind ? '/dev/console' : 'terminal', op.socket === '' ? '' : `to ${op.socket}`],
  'pivot_root': (op) => [op.mode === 'pivot' ? '' : 'by moving the mount', ''],
  'root.readonly': () => ['/', ''],
  'root.propagation': (op) => ['/', mountFlags(op.flags)],
  'hostname': (op) => [op.name, ''],
  'domainname': (op) => [op.name, ''],
  'sysctl': (op) => [`${op.key}=${op.value}`, ''],
  'rlimit': (op) => [rlimitName(op.resource), `soft=${limit(op.soft)} hard=${limit(op.hard)}`],
  'proc.oom': (op) => [`oom_score_adj=${op.score}`, ''],
  'proc.scheduler': (op) => [op.note ?? String(op.policy), `nice=${op.nice} priority=${op.priority}`],
  'proc.ioprio': (op) => [op.note ?? String(op.value), ''],
  'proc.personality': (op) => [op.note ?? String(op.persona), ''],
  'proc.affinity': (op) => [`CPUs ${op.note ?? Buffer.from(op.mask).toString('hex')}`, ''],
  'session': () => ['', ''],
  'keyring': (op) => [op.name, ''],
  'caps.bound': (op) => [`bnd=${op.bounding.toString(16)}`, capabilityText(op.bounding)],
  'ids': (op) => [`uid=${op.uid} gid=${op.gid}`, op.groups.length === 0 ? (op.note ?? '') : `groups=${op.groups.join(',')}`],
  'caps.set': (op) => [`eff=${op.effective.toString(16)}`, `prm=${op.permitted.toString(16)} inh=${op.inheritable.toString(16)} amb=${op.ambient.toString(16)}`],
  'no_new_privs': () => ['', ''],
  'lsm': (op) => [op.type, op.label],
  'seccomp': (op) => [`${op.program.length / 8} instructions`, op.listener === '' ? '' : `notify to ${op.listener}`],
  'umask': (op) => [octal(op.mask), ''],
  'chdir': (op) => [op.path, op.create ? 'created when missing' : ''],
  'exec.find': (op) => [JSON.stringify(op.argv[0] ?? ''), (op.env.find((line) => line.startsWith('PATH=')) ?? 'no PATH')],
  'start.wait': (op) => [op.fifo, ''],
  'exec': (op) => ['', op.preserveFds === 0 ? '' : `with ${op.preserveFds} more fds`],
};

function describe(op: Op): readonly [string, string] {
  return (DESCRIBE[op.kind] as (op: Op) => readonly [string, string])(op);
}

const NAMESPACES: readonly (readonly [number, string])[] = [
  [CLONE.NEWPID, 'pid'],
  [CLONE.NEWNS, 'mnt'],
  [CLONE.NEWUTS, 'uts'],
  [CLONE.NEWIPC, 'ipc'],
  [CLONE.NEWNET, 'net'],
  [CLONE.NEWUSER, 'user'],
  [CLONE.NEWCGROUP, 'cgroup'],
  [CLONE.NEWTIME, 'time'],
];

function namespaceNames(flags: number): string {
  return NAMESPACES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name).join(' ');
}

function mountFlags(flags: number): string {
  const names: string[] = [];
  const recursive = (flags & MS.REC) !== 0 ? 'r' : '';
  for (const [name, bit] of Object.entries(MS)) {
    if ((flags & bit) === 0 || bit === MS.REC) continue;
    const text = name === 'RDONLY' ? 'ro' : name === 'SYNCHRONOUS' ? 'sync' : name.toLowerCase();
    names.push(['BIND', 'PRIVATE', 'SLAVE', 'SHARED', 'UNBINDABLE'].includes(name) ? recursive + text : text);
  }
  return names.join(',');
}

function attributes(op: Extract<Op, { kind: 'mount.attr' }>): string {
  const named = (['RDONLY', 'NOSUID', 'NODEV', 'NOEXEC', 'NODIRATIME', 'NOSYMFOLLOW'] as const).flatMap((name) => {
    const text = { RDONLY: ['ro', 'rw'], NOSUID: ['nosuid', 'suid'], NODEV: ['nodev', 'dev'], NOEXEC: ['noexec', 'exec'], NODIRATIME: ['nodiratime', 'diratime'], NOSYMFOLLOW: ['nosymfollow', 'symfollow'] }[name];
    return (op.set & MOUNT_ATTR[name]) !== 0 ? [text[0]] : (op.clear & MOUNT_ATTR[name]) !== 0 ? [text[1]] : [];
  });
  const atime = (op.clear & MOUNT_ATTR.ATIME) === 0 ? [] : [(op.set & MOUNT_ATTR.NOATIME) !== 0 ? 'noatime' : (op.set & MOUNT_ATTR.STRICTATIME) !== 0 ? 'strictatime' : 'relatime'];
  const maps = op.uidMap === '' && op.gidMap === '' ? [] : [`idmap uid ${op.uidMap.trim().replaceAll('\n', ', ')} gid ${op.gidMap.trim().replaceAll('\n', ', ')}`];
  return [[...named, ...atime].join(','), ...maps, op.recursive ? 'recursive' : ''].filter((text) => text !== '').join(' ');
}

function capabilityText(mask: bigint): string {
  const names = capabilityNames(mask).map((name) => name.slice(4).toLowerCase());
  return names.length > 20 ? `${names.length} capabilities` : names.join(' ');
}

function limit(value: bigint): string {
  return value === RLIM_INFINITY ? 'unlimited' : String(value);
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}

function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
