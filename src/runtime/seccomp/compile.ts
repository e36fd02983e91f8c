import { fail } from '#base/errors.ts';
import type { SeccompSpec } from '#spec/runtime.ts';
import { actionValue, BAD_ARCHITECTURE, flagBits, isPermissive, NEW_LISTENER, NO_SYSTEM_CALL, NOTIFY, SPEC_ALLOW } from './actions.ts';
import { type Abi, abiOf, FAMILIES, KNOWN_ARCHITECTURES, X32_BIT } from './arch.ts';
import { BPF, branch, DATA, encodeProgram, type Instruction, MAX_INSTRUCTIONS, returns, whenEqual } from './bpf.ts';
import { verdictProgram } from './conditions.ts';
import { verdicts } from './rules.ts';

const ENOSYS = 38;

/** A filter for seccomp(2): struct sock_filter bytes and SECCOMP_FILTER_FLAG_* bits. */
export interface CompiledSeccomp {
  readonly program: Uint8Array;
  readonly flags: number;
}

// Most containers share one profile object; what is remembered goes with it.
const compiled = new WeakMap<SeccompSpec, CompiledSeccomp & { readonly arch: string }>();

/**
 * linux.seccomp → classic BPF for this machine and the ABIs that the profile names. The object must not be changed
 * afterwards: the result is remembered for it. Throws invalidArgument.
 */
export function compileSeccomp(spec: SeccompSpec, arch: 'x86_64' | 'aarch64'): CompiledSeccomp {
  const known = compiled.get(spec);
  if (known !== undefined && known.arch === arch) return known;
  const result = { ...compileProfile(spec, arch), arch };
  compiled.set(spec, result);
  return result;
}

function compileProfile(spec: SeccompSpec, arch: 'x86_64' | 'aarch64'): CompiledSeccomp {
  const abis = selectAbis(spec, arch);
  const program: Instruction[] = [{ code: BPF.LOAD, k: DATA.ARCH }];
  for (const audit of new Set(abis.map((abi) => abi.audit))) {
    program.push(...whenEqual(audit, [{ code: BPF.LOAD, k: DATA.NR }, ...callProgram(spec, abis.filter((abi) => abi.audit === audit))]));
  }
  program.push(returns(BAD_ARCHITECTURE));
  if (program.length > MAX_INSTRUCTIONS) fail('invalidArgument', `seccomp: the profile needs ${program.length} instructions, the kernel takes ${MAX_INSTRUCTIONS}`);
  const notify = checkNotify(spec);
  // Without flags: as runc does, speculation stays as the kernel's own default has it.
  const asked = spec.flags === undefined ? SPEC_ALLOW : flagBits(spec.flags);
  return { program: encodeProgram(program), flags: asked | (notify ? NEW_LISTENER : 0) };
}

/** ABIs that the filter lets through to its rules: the machine's own, and those named. */
export function selectAbis(spec: SeccompSpec, arch: 'x86_64' | 'aarch64'): Abi[] {
  const asked = spec.architectures ?? [];
  for (const name of asked) if (!KNOWN_ARCHITECTURES.includes(name)) fail('invalidArgument', `invalid seccomp architecture ${JSON.stringify(name)}`);
  const [native = '', ...others] = FAMILIES[arch];
  return [native, ...others.filter((name) => asked.includes(name))].flatMap((name) => abiOf(name) ?? []);
}

/** Action for numbers above everything that the profile knows: ENOSYS instead of a refusal, so that programs fall back (runc's rule). */
export function unknownAction(spec: SeccompSpec): number {
  const otherwise = actionValue(spec.defaultAction, spec.defaultErrnoRet);
  return isPermissive(spec.defaultAction) || spec.defaultErrnoRet === ENOSYS ? otherwise : NO_SYSTEM_CALL;
}

// ABIs with one audit value differ by the base of their numbers (x86-64 and x32).
function callProgram(spec: SeccompSpec, abis: readonly Abi[]): Instruction[] {
  const plain = abis.find((abi) => abi.base === 0);
  const offset = abis.find((abi) => abi.base !== 0);
  const low = plain === undefined ? [returns(BAD_ARCHITECTURE)] : search(ranges(spec, plain));
  if (plain?.name !== 'SCMP_ARCH_X86_64') return low;
  return branch(X32_BIT, low, offset === undefined ? [returns(BAD_ARCHITECTURE)] : search(ranges(spec, offset)));
}

/** Call numbers from `first` on have this leaf, up to the next range. */
interface Range {
  readonly first: number;
  readonly leaf: readonly Instruction[];
}

function ranges(spec: SeccompSpec, abi: Abi): Range[] {
  const { byNumber, highest } = verdicts(spec, abi);
  const otherwise = [returns(actionValue(spec.defaultAction, spec.defaultErrnoRet))];
  const result: Range[] = [{ first: abi.base, leaf: otherwise }];
  for (const number of [...byNumber.keys()].sort((a, b) => a - b)) {
    const verdict = byNumber.get(number);
    if (verdict !== undefined) result.push({ first: number, leaf: verdictProgram(verdict, abi.wide) }, { first: number + 1, leaf: otherwise });
  }
  // A profile that names no call of this ABI says nothing about which ones it knows.
  if (highest >= 0) result.push({ first: highest + 1, leaf: [returns(unknownAction(spec))] });
  return merge(result);
}

// Later entries for the same number win; neighbours with equal leaves become one.
function merge(list: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of list) {
    while (merged.length > 0 && (merged.at(-1)?.first ?? 0) >= range.first) merged.pop();
    if (!same(merged.at(-1)?.leaf, range.leaf)) merged.push(range);
  }
  return merged;
}

function same(a: readonly Instruction[] | undefined, b: readonly Instruction[]): boolean {
  return a !== undefined && a.length === b.length && a.every((x, i) => x.code === b[i]?.code && x.k === b[i]?.k && x.jt === b[i]?.jt && x.jf === b[i]?.jf);
}

// Binary search over the ranges; A holds the number.
function search(list: readonly Range[]): Instruction[] {
  const [only] = list;
  if (only === undefined) return [];
  if (list.length === 1) return [...only.leaf];
  const middle = list.length >> 1;
  return branch(list[middle]?.first ?? 0, search(list.slice(0, middle)), search(list.slice(middle)));
}

function checkNotify(spec: SeccompSpec): boolean {
  if (actionValue(spec.defaultAction, spec.defaultErrnoRet) === NOTIFY) fail('invalidArgument', 'SCMP_ACT_NOTIFY cannot be used as default action');
  const rules = (spec.syscalls ?? []).filter((rule) => rule.action === 'SCMP_ACT_NOTIFY');
  // The listener's fd is handed over by the filtered process itself, which has to write.
  if (rules.some((rule) => rule.names.includes('write'))) fail('invalidArgument', 'SCMP_ACT_NOTIFY cannot be used for the write syscall');
  if (rules.length > 0 && (spec.listenerPath ?? '') === '') fail('invalidArgument', 'seccomp: SCMP_ACT_NOTIFY needs a listenerPath');
  if (rules.length === 0 && (spec.listenerPath ?? '') !== '') fail('invalidArgument', 'seccomp: listenerPath is set but no rule uses SCMP_ACT_NOTIFY');
  return rules.length > 0;
}
