import { fail } from '#base/errors.ts';
import type { SeccompArg, SeccompRule, SeccompSpec } from '#spec/runtime.ts';
import { actionValue } from './actions.ts';
import { type Abi, syscallNumber } from './arch.ts';

/** A comparison of one argument, 64 bits unsigned. For MASKED_EQ `value` is the mask and `other` the wanted result. */
export interface Condition {
  readonly index: number;
  readonly op: string;
  readonly value: bigint;
  readonly other: bigint;
}

/** What happens to one call: the first alternative whose conditions all hold decides, else `otherwise`. */
export interface Verdict {
  readonly alternatives: readonly { readonly conditions: readonly Condition[]; readonly action: number }[];
  readonly otherwise: number;
}

const OPERATORS: readonly string[] = ['SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ'];

/** Names for `features`. */
export const OPERATOR_NAMES: readonly string[] = OPERATORS;

/**
 * Verdicts of an ABI by call number, with libseccomp's rules: a rule without conditions wins over rules with some; rules that
 * say what the default says add nothing; names that the ABI lacks are skipped; a rule that tests one argument twice counts as
 * one rule per test (runc, libcontainer/seccomp). `highest` is the greatest number named at all, or -1.
 */
export function verdicts(spec: SeccompSpec, abi: Abi): { readonly byNumber: ReadonlyMap<number, Verdict>; readonly highest: number } {
  const otherwise = actionValue(spec.defaultAction, spec.defaultErrnoRet);
  const byNumber = new Map<number, { alternatives: { conditions: readonly Condition[]; action: number }[]; otherwise: number; final: boolean }>();
  let highest = -1;
  for (const rule of spec.syscalls ?? []) {
    const action = actionValue(rule.action, rule.errnoRet);
    const groups = conditionGroups(rule);
    for (const name of rule.names) {
      const number = syscallNumber(abi, name);
      if (number === undefined) continue;
      highest = Math.max(highest, number);
      if (action === otherwise) continue;
      const verdict = byNumber.get(number) ?? { alternatives: [], otherwise, final: false };
      byNumber.set(number, verdict);
      if (verdict.final) continue;
      if (groups.length > 0) verdict.alternatives.push(...groups.map((conditions) => ({ conditions, action })));
      else Object.assign(verdict, { alternatives: [], otherwise: action, final: true });
    }
  }
  return { byNumber, highest };
}

function conditionGroups(rule: SeccompRule): Condition[][] {
  if (!Array.isArray(rule.names) || rule.names.length === 0) fail('invalidArgument', 'seccomp: a rule without system call names');
  const conditions = (rule.args ?? []).map(condition);
  if (conditions.length === 0) return [];
  const repeated = new Set(conditions.map((c) => c.index)).size < conditions.length;
  return repeated ? conditions.map((c) => [c]) : [conditions];
}

function condition(arg: SeccompArg): Condition {
  if (!OPERATORS.includes(arg.op)) fail('invalidArgument', `invalid seccomp operator ${JSON.stringify(arg.op)}`);
  if (!Number.isInteger(arg.index) || arg.index < 0 || arg.index > 5) fail('invalidArgument', `seccomp: system calls have no argument ${arg.index}`);
  return { index: arg.index, op: arg.op, value: BigInt.asUintN(64, BigInt(arg.value)), other: BigInt.asUintN(64, BigInt(arg.valueTwo ?? 0)) };
}
