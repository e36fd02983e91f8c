import { fail } from '#base/errors.ts';
import type { Blob, Op, OpKind, OpOf, Side } from './plan.ts';
import { bad, Reader, Writer } from './wire.ts';

/*
 * A plan as bytes, little endian; `native/shim/plan.c` reads the same.
 *
 *   ┌──────┬──────────┬────────────┬──────────┐ ┌────┐ ┌────┐
 *   │ BPLN │ u16 vers │ u16 0      │ u32 nops │ │ op │ │ op │ …
 *   └──────┴──────────┴────────────┴──────────┘ └────┘ └────┘
 *   op:  ┌──────────┬─────────┬─────────┬─────────────┬────────────┬───────────────────────────────┐
 *        │ u16 kind │ u8 side │ u8 nint │ i64 × nint  │ u32 nstr   │ (u32 length, bytes, NUL) × nstr │
 *        └──────────┴─────────┴─────────┴─────────────┴────────────┴───────────────────────────────┘
 *
 * Integers are in the order of the fields; a list of strings puts its count there. Strings: first the single ones in
 * the order of the fields, then the lists. Lengths exclude the NUL. Unknown kinds and versions are refused.
 */

const MAGIC = 0x4e4c5042; // "BPLN"
const VERSION = 1;
const SIDES: readonly Side[] = ['shim', 'stage', 'init'];

/** How a field travels: `flag`, `int` and `big` as one integer; an array of words as the index of the word; the others as strings. */
type FieldType = 'flag' | 'int' | 'big' | 'text' | 'blob' | 'u32s' | 'texts' | 'blobs' | readonly string[];
type Field = readonly [name: string, type: FieldType];

/** Kind → number, side (`own`: the op's field says, `new`/`enter`: see {@link sidesOf}), fields. Numbers are never reused. */
interface Row<K extends OpKind> {
  readonly number: number;
  readonly side: Side | 'own' | 'new' | 'enter';
  readonly fields: readonly (readonly [name: Exclude<keyof OpOf<K>, 'kind' | 'note' | 'side'> & string, type: FieldType])[];
}

const WHERE = ['root', 'host'] as const;
const CREATE = ['none', 'dir', 'file', 'like'] as const;

/** The table of operations. `native/shim/plan.h` holds the same numbers and counts (codec.test.ts compares them). */
export const OPS: { readonly [K in OpKind]: Row<K> } = {
  'stdio': { number: 1, side: 'shim', fields: [['terminal', 'flag'], ['stdin', 'flag'], ['stdinOnce', 'flag'], ['inherit', 'flag'], ['rows', 'int'], ['cols', 'int']] },
  'log': { number: 2, side: 'shim', fields: [['path', 'text'], ['maxSize', 'int'], ['maxFiles', 'int'], ['attrs', 'text']] },
  'cgroup.create': { number: 3, side: 'shim', fields: [['path', 'text']] },
  'cgroup.set': { number: 4, side: 'shim', fields: [['path', 'text'], ['data', 'text'], ['optional', 'flag']] },
  'cgroup.devices': { number: 5, side: 'shim', fields: [['path', 'text'], ['program', 'blob']] },
  'cgroup.enter': { number: 6, side: 'enter', fields: [['paths', 'texts']] },
  'ns.join': { number: 7, side: 'stage', fields: [['path', 'text'], ['flag', 'int']] },
  'ns.enter': { number: 8, side: 'stage', fields: [['pid', 'int'], ['startTime', 'int'], ['flags', 'int']] },
  'ns.time': { number: 9, side: 'stage', fields: [['offsets', 'text']] },
  'ns.new': { number: 10, side: 'new', fields: [['flags', 'int'], ['cgroup', 'text']] },
  'userns.map': { number: 11, side: 'shim', fields: [['uidMap', 'text'], ['gidMap', 'text'], ['setgroups', 'text']] },
  'ns.unshare': { number: 12, side: 'init', fields: [['flags', 'int']] },
  'netlink': { number: 13, side: 'own', fields: [['messages', 'blobs']] },
  'hook': { number: 14, side: 'own', fields: [['path', 'text'], ['args', 'texts'], ['env', 'texts'], ['timeoutMs', 'int'], ['statePrefix', 'text'], ['stateSuffix', 'text']] },
  'propagation': { number: 15, side: 'init', fields: [['path', 'text'], ['flags', 'int'], ['where', WHERE]] },
  'mount': {
    number: 16, side: 'init',
    fields: [['source', 'text'], ['target', 'text'], ['fstype', 'text'], ['flags', 'int'], ['data', 'text'], ['where', WHERE], ['create', CREATE], ['createMode', 'int'], ['cwd', 'text']],
  },
  'mount.attr': { number: 17, side: 'init', fields: [['target', 'text'], ['set', 'int'], ['clear', 'int'], ['recursive', 'flag'], ['uidMap', 'text'], ['gidMap', 'text']] },
  'root.open': { number: 18, side: 'init', fields: [['path', 'text']] },
  'tmpfs.copyup': { number: 19, side: 'init', fields: [['target', 'text'], ['flags', 'int'], ['data', 'text']] },
  'symlink': { number: 20, side: 'init', fields: [['target', 'text'], ['path', 'text']] },
  'mknod': { number: 21, side: 'init', fields: [['path', 'text'], ['mode', 'int'], ['major', 'int'], ['minor', 'int'], ['uid', 'int'], ['gid', 'int']] },
  'mask': { number: 22, side: 'init', fields: [['path', 'text'], ['label', 'text']] },
  'readonly': { number: 23, side: 'init', fields: [['path', 'text']] },
  'console': { number: 24, side: 'init', fields: [['socket', 'text'], ['bind', 'flag']] },
  'pivot_root': { number: 25, side: 'init', fields: [['mode', ['pivot', 'move']]] },
  'root.readonly': { number: 26, side: 'init', fields: [] },
  'root.propagation': { number: 27, side: 'init', fields: [['flags', 'int']] },
  'hostname': { number: 28, side: 'init', fields: [['name', 'text']] },
  'domainname': { number: 29, side: 'init', fields: [['name', 'text']] },
  'sysctl': { number: 30, side: 'init', fields: [['key', 'text'], ['value', 'text']] },
  'rlimit': { number: 31, side: 'init', fields: [['resource', 'int'], ['soft', 'big'], ['hard', 'big']] },
  'proc.oom': { number: 32, side: 'shim', fields: [['score', 'int']] },
  'proc.scheduler': { number: 33, side: 'init', fields: [['policy', 'int'], ['nice', 'int'], ['priority', 'int'], ['flags', 'big'], ['runtime', 'big'], ['deadline', 'big'], ['period', 'big']] },
  'proc.ioprio': { number: 34, side: 'init', fields: [['value', 'int']] },
  'proc.personality': { number: 35, side: 'init', fields: [['persona', 'int']] },
  'proc.affinity': { number: 36, side: 'init', fields: [['mask', 'blob']] },
  'session': { number: 37, side: 'init', fields: [] },
  'keyring': { number: 38, side: 'init', fields: [['name', 'text']] },
  'caps.bound': { number: 39, side: 'init', fields: [['bounding', 'big']] },
  'ids': { number: 40, side: 'init', fields: [['uid', 'int'], ['gid', 'int'], ['groups', 'u32s'], ['setgroups', 'flag']] },
  'caps.set': { number: 41, side: 'init', fields: [['effective', 'big'], ['permitted', 'big'], ['inheritable', 'big'], ['ambient', 'big']] },
  'no_new_privs': { number: 42, side: 'init', fields: [] },
  'lsm': { number: 43, side: 'init', fields: [['type', ['apparmor', 'selinux']], ['label', 'text']] },
  'seccomp': { number: 44, side: 'init', fields: [['program', 'blob'], ['flags', 'int'], ['listener', 'text'], ['listenerMetadata', 'text']] },
  'umask': { number: 45, side: 'init', fields: [['mask', 'int']] },
  'chdir': { number: 46, side: 'init', fields: [['path', 'text'], ['create', 'flag']] },
  'exec.find': { number: 47, side: 'init', fields: [['argv', 'texts'], ['env', 'texts'], ['setHome', 'flag']] },
  'start.wait': { number: 48, side: 'init', fields: [['fifo', 'text']] },
  'cgroup.inherit': { number: 50, side: 'shim', fields: [['path', 'text']] },
  'exec': { number: 49, side: 'init', fields: [['preserveFds', 'int']] },
};

const BY_NUMBER: ReadonlyMap<number, OpKind> = new Map((Object.keys(OPS) as OpKind[]).map((kind) => [OPS[kind].number, kind]));

/**
 * Where each operation runs. `ns.new` runs in the stage when the plan has stage operations, else in the shim;
 * `cgroup.enter` before `ns.new` moves the stage (its child is born there), after it the init.
 */
export function sidesOf(ops: readonly Op[]): Side[] {
  const birth = ops.findIndex((op) => op.kind === 'ns.new');
  const sides = ops.map((op, index): Side | 'new' => {
    const side = (OPS[op.kind] ?? fail('invalidArgument', `encoding a plan: unknown operation ${JSON.stringify(op.kind)}`)).side;
    if (side === 'own') return (op as OpOf<'netlink' | 'hook'>).side;
    if (side === 'enter') return index < birth ? 'stage' : 'init';
    return side;
  });
  const creator: Side = sides.includes('stage') ? 'stage' : 'shim';
  return sides.map((side) => (side === 'new' ? creator : side));
}

/** Encodes the operations of a plan (notes are left out). Throws invalidArgument for values that cannot travel. */
export function encodePlan(ops: readonly Op[]): Uint8Array {
  const out = new Writer();
  out.u32(MAGIC);
  out.u16(VERSION);
  out.u16(0);
  out.u32(ops.length);
  const sides = sidesOf(ops);
  ops.forEach((op, index) => encodeOp(out, op, SIDES.indexOf(sides[index] ?? 'shim')));
  return out.bytes();
}

/** Decodes what {@link encodePlan} made. Throws dataLoss for anything else. */
export function decodePlan(bytes: Uint8Array): Op[] {
  const input = new Reader(bytes);
  if (input.u32() !== MAGIC) bad('the magic is missing');
  const version = input.u16();
  if (version !== VERSION) bad(`version ${version} is unknown`);
  input.u16();
  const count = input.u32();
  const ops: Op[] = [];
  for (let i = 0; i < count; i++) ops.push(decodeOp(input));
  input.end();
  return ops;
}

function encodeOp(out: Writer, op: Op, side: number): void {
  const row = OPS[op.kind];
  const ints: bigint[] = [];
  const single: Uint8Array[] = [];
  const lists: Uint8Array[] = [];
  for (const [name, type] of row.fields as readonly Field[]) {
    const value = (op as unknown as Record<string, unknown>)[name];
    const where = `${op.kind}.${name}`;
    if (type === 'text') single.push(textBytes(value, where));
    else if (type === 'blob') single.push(value as Blob);
    else if (type === 'u32s') single.push(packU32(value as readonly number[], where));
    else if (type === 'texts' || type === 'blobs') {
      const items = (value as readonly unknown[]).map((item) => (type === 'texts' ? textBytes(item, where) : (item as Blob)));
      ints.push(BigInt(items.length));
      lists.push(...items);
    } else ints.push(integer(value, type, where));
  }
  out.u16(row.number);
  out.u8(side);
  out.u8(ints.length);
  for (const value of ints) out.i64(value);
  out.u32(single.length + lists.length);
  for (const value of single) out.string(value);
  for (const value of lists) out.string(value);
}

function decodeOp(input: Reader): Op {
  const number = input.u16();
  const kind = BY_NUMBER.get(number) ?? bad(`operation ${number} is unknown`);
  const side = SIDES[input.u8()] ?? bad('an operation runs nowhere');
  const ints = Array.from({ length: input.u8() }, () => input.i64());
  const strings = Array.from({ length: input.count() }, () => input.string());
  const row = OPS[kind];
  const op: Record<string, unknown> = { kind };
  if (row.side === 'own') op['side'] = side;
  const lists: [name: string, type: FieldType, count: number][] = [];
  const nextInt = (): bigint => ints.shift() ?? bad(`${kind} lacks an integer`);
  const nextString = (): Buffer => strings.shift() ?? bad(`${kind} lacks a string`);
  for (const [name, type] of row.fields as readonly Field[]) {
    if (type === 'texts' || type === 'blobs') lists.push([name, type, Number(nextInt())]);
    else if (type === 'text') op[name] = nextString().toString('utf8');
    else if (type === 'blob') op[name] = new Uint8Array(nextString());
    else if (type === 'u32s') op[name] = unpackU32(nextString());
    else op[name] = valueOf(nextInt(), type);
  }
  for (const [name, type, count] of lists) {
    if (count > strings.length) bad(`${kind}.${name} lacks strings`);
    const items = strings.splice(0, count);
    op[name] = type === 'texts' ? items.map((item) => item.toString('utf8')) : items.map((item) => new Uint8Array(item));
  }
  if (ints.length > 0 || strings.length > 0) bad(`${kind} has too many values`);
  return op as unknown as Op;
}

function integer(value: unknown, type: FieldType, where: string): bigint {
  if (type === 'flag') return value === true ? 1n : 0n;
  if (type === 'big') return BigInt.asIntN(64, value as bigint);
  if (type === 'int') return Number.isSafeInteger(value) ? BigInt(value as number) : fail('invalidArgument', `encoding a plan: ${where} is ${String(value)}`);
  const index = (type as readonly string[]).indexOf(value as string);
  return index < 0 ? fail('invalidArgument', `encoding a plan: ${where} is ${JSON.stringify(value)}`) : BigInt(index);
}

function valueOf(value: bigint, type: FieldType): unknown {
  if (type === 'flag') return value !== 0n;
  if (type === 'big') return BigInt.asUintN(64, value);
  if (type === 'int') return Number(value);
  return (type as readonly string[])[Number(value)] ?? bad(`there is no word ${value}`);
}

function textBytes(value: unknown, where: string): Uint8Array {
  if (typeof value !== 'string') fail('invalidArgument', `encoding a plan: ${where} is not a string`);
  if (value.includes('\0')) fail('invalidArgument', `encoding a plan: ${where} holds a NUL byte`);
  return Buffer.from(value, 'utf8');
}

function packU32(values: readonly number[], where: string): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) fail('invalidArgument', `encoding a plan: ${where} holds ${value}`);
    bytes.writeUInt32LE(value, index * 4);
  });
  return bytes;
}

function unpackU32(bytes: Buffer): number[] {
  if (bytes.length % 4 !== 0) bad('a list of numbers is cut');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(index * 4));
}
