import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SeccompArg, SeccompRule, SeccompSpec } from '#spec/runtime.ts';
import { DEFAULT_CAPABILITIES } from '../capabilities.ts';
import { actionValue, BAD_ARCHITECTURE } from './actions.ts';
import { type Abi, abiOf, syscallNumber, X32_BIT } from './arch.ts';
import { BPF } from './bpf.ts';
import { compileSeccomp, selectAbis, unknownAction } from './compile.ts';
import { defaultSeccomp } from './default-seccomp.ts';
import { type Condition, verdicts } from './rules.ts';

interface Call {
  readonly audit: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

/** Runs a filter as the kernel would; throws for anything that its checker refuses. */
function run(program: Uint8Array, call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number >>> 0, true);
  data.setUint32(4, call.audit, true);
  call.args.forEach((arg, index) => data.setBigUint64(16 + index * 8, BigInt.asUintN(64, arg), true));
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let accumulator = 0;
  for (let pc = 0; ; pc++) {
    assert.ok(pc * 8 < program.length, 'ran off the end');
    const [op, jt, jf, k] = [code.getUint16(pc * 8, true), code.getUint8(pc * 8 + 2), code.getUint8(pc * 8 + 3), code.getUint32(pc * 8 + 4, true)];
    const jump = (taken: boolean): number => (taken ? jt : jf);
    if (op === BPF.RETURN) return k;
    else if (op === BPF.LOAD) accumulator = data.getUint32(k, true);
    else if (op === BPF.AND) accumulator = (accumulator & k) >>> 0;
    else if (op === BPF.JUMP) pc += k;
    else if (op === BPF.EQUAL) pc += jump(accumulator === k);
    else if (op === BPF.GREATER) pc += jump(accumulator > k);
    else if (op === BPF.AT_LEAST) pc += jump(accumulator >= k);
    else assert.fail(`unknown instruction ${op}`);
  }
}

/** True when a condition holds for an argument: the meaning that compiled filters must have. */
function holds(c: Condition, argument: bigint, wide: boolean): boolean {
  const bits = wide ? 64 : 32;
  const [a, value] = [BigInt.asUintN(bits, argument), BigInt.asUintN(bits, c.value)];
  switch (c.op) {
    case 'SCMP_CMP_NE':
      return a !== value;
    case 'SCMP_CMP_LT':
      return a < value;
    case 'SCMP_CMP_LE':
      return a <= value;
    case 'SCMP_CMP_EQ':
      return a === value;
    case 'SCMP_CMP_GE':
      return a >= value;
    case 'SCMP_CMP_GT':
      return a > value;
    default:
      return (a & value) === (BigInt.asUintN(bits, c.other) & value);
  }
}

/** What the profile says, without a program. */
function evaluate(spec: SeccompSpec, arch: 'x86_64' | 'aarch64', call: Call): number {
  const x32 = call.audit === 0xc000_003e && call.number >= X32_BIT;
  const abi = selectAbis(spec, arch).find((a) => a.audit === call.audit && (a.base !== 0) === x32);
  if (abi === undefined) return BAD_ARCHITECTURE;
  const { byNumber, highest } = verdicts(spec, abi);
  const verdict = byNumber.get(call.number);
  if (verdict === undefined) return highest >= 0 && call.number > highest ? unknownAction(spec) : actionValue(spec.defaultAction, spec.defaultErrnoRet);
  const hit = verdict.alternatives.find(({ conditions }) => conditions.every((c) => holds(c, call.args[c.index] ?? 0n, abi.wide)));
  return hit === undefined ? verdict.otherwise : hit.action;
}

const NAMES = ['read', 'write', 'openat', 'clone', 'clone3', 'socket', 'ptrace', 'personality', 'mount', 'accept', 'ioctl', 'execve', 'futex_wait', 'no_such_call'];
const VALUES = [0n, 1n, 40n, 0xffff_ffffn, 0x1_0000_0000n, 0x1_0000_0028n, 0x7e02_0000n, (1n << 64n) - 1n, 1n << 63n];
const value = fc.oneof(fc.constantFrom(...VALUES), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
const action = fc.constantFrom('SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_LOG', 'SCMP_ACT_TRAP');
const arg: fc.Arbitrary<SeccompArg> = fc.record({
  index: fc.nat(5),
  value,
  valueTwo: value,
  op: fc.constantFrom('SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ'),
});
const rule: fc.Arbitrary<SeccompRule> = fc.record({ names: fc.subarray(NAMES, { minLength: 1 }), action, args: fc.array(arg, { maxLength: 3 }) });
const profile: fc.Arbitrary<SeccompSpec> = fc.record({
  defaultAction: action,
  architectures: fc.subarray(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM', 'SCMP_ARCH_S390X']),
  syscalls: fc.array(rule, { maxLength: 12 }),
});
const AUDITS = [0xc000_003e, 0x4000_0003, 0xc000_00b7, 0x4000_0028, 0x1234];

function numbersOf(abis: readonly Abi[]): number[] {
  return abis.flatMap((abi) => NAMES.flatMap((name) => syscallNumber(abi, name) ?? [])).flatMap((n) => [n - 1, n, n + 1].filter((x) => x >= 0));
}

test('a compiled filter decides like its profile', () => {
  const all = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'].flatMap((name) => abiOf(name) ?? []);
  const number = fc.oneof(fc.constantFrom(...numbersOf(all)), fc.nat(600), fc.constantFrom(X32_BIT, X32_BIT + 5, 0xffff_ffff, 0x7fff_ffff));
  const call: fc.Arbitrary<Call> = fc.record({ audit: fc.constantFrom(...AUDITS), number, args: fc.array(value, { minLength: 6, maxLength: 6 }) });
  fc.assert(
    fc.property(profile, fc.constantFrom('x86_64' as const, 'aarch64' as const), fc.array(call, { minLength: 20, maxLength: 40 }), (spec, arch, calls) => {
      const { program } = compileSeccomp(spec, arch);
      for (const one of calls) assert.equal(run(program, one), evaluate(spec, arch, one), JSON.stringify(one, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)));
    }),
    { numRuns: 300 },
  );
});

const HOST = { arch: 'x86_64', kernel: { release: '6.1.0', major: 6, minor: 1 } } as const;
const ALLOW = 0x7fff_0000;
const errno = (code: number): number => 0x0005_0000 + code;

function decide(caps: readonly string[], name: string, args: readonly bigint[] = [], abiName = 'SCMP_ARCH_X86_64'): number {
  const abi = abiOf(abiName);
  assert.ok(abi);
  const { program } = compileSeccomp(defaultSeccomp(caps, HOST), 'x86_64');
  return run(program, { audit: abi.audit, number: syscallNumber(abi, name) ?? assert.fail(name), args });
}

test('the default profile allows what programs need and refuses what changes the host', () => {
  for (const name of ['read', 'execve', 'openat2', 'ptrace', 'chroot', 'uretprobe', 'memfd_create']) assert.equal(decide(DEFAULT_CAPABILITIES, name), ALLOW, name);
  for (const name of ['mount', 'umount2', 'unshare', 'setns', 'bpf', 'keyctl', 'add_key', 'kexec_load', 'userfaultfd', 'io_uring_setup', 'reboot', 'init_module', 'perf_event_open', 'swapon']) {
    assert.equal(decide(DEFAULT_CAPABILITIES, name), errno(1), name);
  }
  assert.equal(decide(DEFAULT_CAPABILITIES, 'clone3'), errno(38));
  assert.equal(decide(DEFAULT_CAPABILITIES, 'clone', [0x11n]), ALLOW);
  assert.equal(decide(DEFAULT_CAPABILITIES, 'clone', [0x1000_0011n]), errno(1));
  assert.equal(decide(DEFAULT_CAPABILITIES, 'socket', [2n]), ALLOW);
  assert.equal(decide(DEFAULT_CAPABILITIES, 'socket', [40n]), errno(1));
  assert.equal(decide(DEFAULT_CAPABILITIES, 'personality', [8n]), ALLOW);
  assert.equal(decide(DEFAULT_CAPABILITIES, 'personality', [9n]), errno(1));
});

test('calls newer than the profile do not exist, in every ABI', () => {
  const { program } = compileSeccomp(defaultSeccomp(DEFAULT_CAPABILITIES, HOST), 'x86_64');
  for (const [audit, number] of [[0xc000_003e, 5000], [0x4000_0003, 5000], [0xc000_003e, X32_BIT + 5000]] as const) assert.equal(run(program, { audit, number, args: [] }), errno(38));
});

test('capabilities bring their calls', () => {
  const caps = [...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN'];
  for (const name of ['mount', 'unshare', 'clone3', 'bpf']) assert.equal(decide(caps, name), ALLOW, name);
  assert.equal(decide(caps, 'mount', [], 'SCMP_ARCH_X86'), ALLOW);
  assert.equal(decide(['CAP_SYS_BOOT'], 'reboot'), ALLOW);
});

test('the default profile is small and the same object compiles once', () => {
  const spec = defaultSeccomp(DEFAULT_CAPABILITIES, HOST);
  assert.equal(defaultSeccomp([...DEFAULT_CAPABILITIES].reverse(), HOST), spec);
  assert.equal(compileSeccomp(spec, 'x86_64'), compileSeccomp(spec, 'x86_64'));
  assert.ok(compileSeccomp(spec, 'x86_64').program.length / 8 < 1000);
  assert.equal(compileSeccomp(spec, 'x86_64').flags, 4);
});

test('impossible profiles are refused', () => {
  const bad = (spec: Partial<SeccompSpec>, text: RegExp): void => {
    assert.throws(() => compileSeccomp({ defaultAction: 'SCMP_ACT_ALLOW', ...spec }, 'x86_64'), text);
  };
  bad({ defaultAction: 'SCMP_ACT_NO' }, /invalid seccomp action "SCMP_ACT_NO"/);
  bad({ architectures: ['SCMP_ARCH_VAX'] }, /invalid seccomp architecture/);
  bad({ syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }] }, /no argument 6/);
  bad({ syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 0, op: 'EQ' }] }] }, /invalid seccomp operator/);
  bad({ syscalls: [{ names: ['write'], action: 'SCMP_ACT_NOTIFY' }], listenerPath: '/x' }, /cannot be used for the write syscall/);
  bad({ syscalls: [{ names: ['read'], action: 'SCMP_ACT_NOTIFY' }] }, /needs a listenerPath/);
  bad({ flags: ['SECCOMP_FILTER_FLAG_X'] }, /unknown seccomp flag/);
});
