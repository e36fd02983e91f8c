import { fail } from '#base/errors.ts';
import type { Int64, RlimitSpec } from '#spec/runtime.ts';
import { hasCapability } from './capabilities.ts';
import { type Context, warn } from './context.ts';
import { RLIM_INFINITY } from './linux.ts';
import type { Op } from './plan.ts';

// include/uapi/asm-generic/resource.h: the index is the number.
const RLIMITS: readonly string[] = ['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'];

/** Number of the limit of open files. */
export const RLIMIT_NOFILE: number = RLIMITS.indexOf('NOFILE');

/** Limits of the process. A hard limit above ours cannot be given without CAP_SYS_RESOURCE: it is lowered to ours with a warning. */
export function compileRlimits(context: Context, limits: readonly RlimitSpec[] | undefined): Extract<Op, { kind: 'rlimit' }>[] {
  const seen = new Set<string>();
  return (limits ?? []).map((limit) => {
    const resource = RLIMITS.indexOf(limit.type.replace(/^RLIMIT_/, ''));
    if (resource < 0 || !limit.type.startsWith('RLIMIT_')) fail('invalidArgument', `process.rlimits: invalid rlimit type ${JSON.stringify(limit.type)}`);
    if (seen.has(limit.type)) fail('invalidArgument', `process.rlimits: ${limit.type} is given twice`);
    seen.add(limit.type);
    const hard = toLimit(limit.type, limit.hard);
    const soft = toLimit(limit.type, limit.soft);
    if (soft > hard) fail('invalidArgument', `process.rlimits: ${limit.type} has a soft limit ${text(soft)} above its hard limit ${text(hard)}`);
    return { kind: 'rlimit', resource, ...lowered(context, limit.type, soft, hard), note: limit.type.slice(7).toLowerCase() };
  });
}

function lowered(context: Context, type: string, soft: bigint, hard: bigint): { soft: bigint; hard: bigint } {
  const ours = context.host.rlimits?.[type]?.hard;
  if (ours === undefined || hard <= ours || hasCapability(context.host.boundingCaps, 'CAP_SYS_RESOURCE')) return { soft, hard };
  warn(context, `${type}: the hard limit ${text(hard)} is above the host's ${text(ours)}, which is used instead (CAP_SYS_RESOURCE is missing)`);
  return { soft: soft < ours ? soft : ours, hard: ours };
}

// -1 and everything that JSON readers round to 2^64 mean "no limit".
function toLimit(type: string, value: Int64): bigint {
  if (typeof value === 'number' && !Number.isInteger(value)) fail('invalidArgument', `process.rlimits: ${type}: ${value} is not an integer`);
  const exact = BigInt(value);
  if (exact < -1n) fail('invalidArgument', `process.rlimits: ${type}: ${exact} is negative`);
  return exact === -1n || exact > RLIM_INFINITY ? RLIM_INFINITY : exact;
}

function text(value: bigint): string {
  return value === RLIM_INFINITY ? 'unlimited' : String(value);
}

/** The name (RLIMIT_NOFILE) of a resource number. */
export function rlimitName(resource: number): string {
  return `RLIMIT_${RLIMITS[resource] ?? resource}`;
}
