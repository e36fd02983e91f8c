import { BPF, DATA, type Instruction, returns } from './bpf.ts';
import type { Condition, Verdict } from './rules.ts';

// Jumps inside one condition: to its end when it holds, out of the rule when it does not. Resolved by `place`.
type Target = 'next' | 'pass' | 'fail';
interface Step {
  readonly code: number;
  readonly k: number;
  readonly yes?: Target;
  readonly no?: Target;
}

/** The instructions of one verdict; always return. */
export function verdictProgram(verdict: Verdict, wide: boolean): Instruction[] {
  return [...verdict.alternatives.flatMap(({ conditions, action }) => alternative(conditions, action, wide)), returns(verdict.otherwise)];
}

function alternative(conditions: readonly Condition[], action: number, wide: boolean): Instruction[] {
  const steps = conditions.map((c) => (wide ? wideSteps(c) : narrowSteps(c)));
  const total = steps.reduce((sum, list) => sum + list.length, 0);
  let start = 0;
  const program = steps.flatMap((list) => {
    const placed = list.map((step, index) => place(step, start + index, start + list.length, total + 1));
    start += list.length;
    return placed;
  });
  return [...program, returns(action)];
}

function place(step: Step, at: number, pass: number, failed: number): Instruction {
  if (step.yes === undefined && step.no === undefined) return { code: step.code, k: step.k };
  const offset = (target: Target = 'next'): number => (target === 'next' ? 0 : (target === 'pass' ? pass : failed) - at - 1);
  return { code: step.code, k: step.k, jt: offset(step.yes), jf: offset(step.no) };
}

const low = (value: bigint): number => Number(BigInt.asUintN(32, value));
const high = (value: bigint): number => Number(BigInt.asUintN(32, value >> 32n));
const loadLow = (c: Condition): Step => ({ code: BPF.LOAD, k: DATA.ARGS + c.index * 8 });
const loadHigh = (c: Condition): Step => ({ code: BPF.LOAD, k: DATA.ARGS + c.index * 8 + 4 });

function narrowSteps(c: Condition): Step[] {
  const k = low(c.value);
  switch (c.op) {
    case 'SCMP_CMP_NE':
      return [loadLow(c), { code: BPF.EQUAL, k, yes: 'fail', no: 'next' }];
    case 'SCMP_CMP_LT':
      return [loadLow(c), { code: BPF.AT_LEAST, k, yes: 'fail', no: 'next' }];
    case 'SCMP_CMP_LE':
      return [loadLow(c), { code: BPF.GREATER, k, yes: 'fail', no: 'next' }];
    case 'SCMP_CMP_EQ':
      return [loadLow(c), { code: BPF.EQUAL, k, yes: 'next', no: 'fail' }];
    case 'SCMP_CMP_GE':
      return [loadLow(c), { code: BPF.AT_LEAST, k, yes: 'next', no: 'fail' }];
    case 'SCMP_CMP_GT':
      return [loadLow(c), { code: BPF.GREATER, k, yes: 'next', no: 'fail' }];
    default:
      return [loadLow(c), { code: BPF.AND, k }, { code: BPF.EQUAL, k: low(c.other & c.value), yes: 'next', no: 'fail' }];
  }
}

// 64 bits as two loads: the high half decides unless it is equal.
function wideSteps(c: Condition): Step[] {
  const equalHigh: Step = { code: BPF.EQUAL, k: high(c.value), yes: 'next', no: 'fail' };
  const first = loadHigh(c);
  const rest = narrowSteps(c);
  switch (c.op) {
    case 'SCMP_CMP_EQ':
      return [first, equalHigh, ...rest];
    case 'SCMP_CMP_NE':
      return [first, { code: BPF.EQUAL, k: high(c.value), yes: 'next', no: 'pass' }, ...rest];
    case 'SCMP_CMP_GT':
    case 'SCMP_CMP_GE':
      return [first, { code: BPF.GREATER, k: high(c.value), yes: 'pass', no: 'next' }, equalHigh, ...rest];
    case 'SCMP_CMP_LT':
    case 'SCMP_CMP_LE':
      return [first, { code: BPF.GREATER, k: high(c.value), yes: 'fail', no: 'next' }, { code: BPF.EQUAL, k: high(c.value), yes: 'next', no: 'pass' }, ...rest];
    default:
      if (high(c.value) === 0) return rest;
      return [first, { code: BPF.AND, k: high(c.value) }, { code: BPF.EQUAL, k: high(c.other & c.value), yes: 'next', no: 'fail' }, ...rest];
  }
}
