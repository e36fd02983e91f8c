import { fail } from '#base/errors.ts';
import type { Int64, LinuxSpec, ProcessSpec, SchedulerSpec } from '#spec/runtime.ts';
import type { Op } from './plan.ts';

// include/uapi/linux/sched.h
const POLICIES: Readonly<Record<string, number>> = { SCHED_OTHER: 0, SCHED_FIFO: 1, SCHED_RR: 2, SCHED_BATCH: 3, SCHED_ISO: 4, SCHED_IDLE: 5, SCHED_DEADLINE: 6 };
const FLAGS: Readonly<Record<string, bigint>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x1n,
  SCHED_FLAG_RECLAIM: 0x2n,
  SCHED_FLAG_DL_OVERRUN: 0x4n,
  SCHED_FLAG_KEEP_POLICY: 0x8n,
  SCHED_FLAG_KEEP_PARAMS: 0x10n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40n,
};
// include/uapi/linux/ioprio.h
const IO_CLASSES: Readonly<Record<string, number>> = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };
// include/uapi/linux/personality.h
const PERSONALITIES: Readonly<Record<string, number>> = { LINUX: 0x0, LINUX32: 0x8 };
const MAX_CPU = 8191;

/** Scheduler, I/O priority, CPU affinity and personality of a process. `linux`: of the container, for the personality. */
export function compileScheduling(process: ProcessSpec, linux: LinuxSpec, exec: boolean): Op[] {
  const ops: Op[] = [];
  if (process.scheduler !== undefined) ops.push(scheduler(process.scheduler));
  if (process.ioPriority !== undefined) ops.push(ioPriority(process.ioPriority));
  const affinity = process.execCPUAffinity?.final ?? process.execCPUAffinity?.initial;
  if (exec && affinity !== undefined && affinity !== '') ops.push({ kind: 'proc.affinity', mask: cpuMask(affinity), note: affinity });
  if (linux.personality !== undefined) {
    const { domain, flags = [] } = linux.personality;
    const persona = PERSONALITIES[domain] ?? fail('invalidArgument', `invalid personality domain ${JSON.stringify(domain)}`);
    if (flags.length > 0) fail('invalidArgument', 'unsupported personality flag');
    ops.push({ kind: 'proc.personality', persona, note: domain });
  }
  return ops;
}

function scheduler(spec: SchedulerSpec): Op {
  const policy = POLICIES[spec.policy] ?? fail('invalidArgument', `invalid scheduler policy: ${spec.policy}`);
  const flags = (spec.flags ?? []).reduce((sum, flag) => sum | (FLAGS[flag] ?? fail('invalidArgument', `unknown scheduler flag: ${flag}`)), 0n);
  const nice = spec.nice ?? 0;
  const priority = spec.priority ?? 0;
  if (!Number.isInteger(nice) || nice < -20 || nice > 19) fail('invalidArgument', `invalid scheduler.nice: ${nice} when the scheduler.policy is ${spec.policy}`);
  const realtime = policy === 1 || policy === 2;
  if (!realtime && priority !== 0) fail('invalidArgument', 'scheduler.priority can only be specified for SchedFIFO or SchedRR policy');
  const times = [spec.runtime, spec.deadline, spec.period].map((value: Int64 | undefined) => BigInt(value ?? 0));
  if (policy !== 6 && times.some((time) => time !== 0n)) fail('invalidArgument', 'scheduler runtime/deadline/period can only be specified for SchedDeadline policy');
  const [runtime = 0n, deadline = 0n, period = 0n] = times;
  return { kind: 'proc.scheduler', policy, nice, priority, flags, runtime, deadline, period, note: spec.policy };
}

function ioPriority(spec: { class: string; priority?: number }): Op {
  const group = IO_CLASSES[spec.class] ?? fail('invalidArgument', `invalid ioPriority.class: ${spec.class}`);
  const priority = spec.priority ?? 0;
  if (!Number.isInteger(priority) || priority < 0 || priority > 7) fail('invalidArgument', 'invalid ioPriority.priority: must be between 0 and 7');
  return { kind: 'proc.ioprio', value: (group << 13) | priority, note: `${spec.class} ${priority}` };
}

/** A CPU list ("0-2,7") as the bytes of a cpu_set_t. */
export function cpuMask(list: string): Uint8Array {
  const cpus = list.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? fail('invalidArgument', `invalid CPU list ${JSON.stringify(list)}`);
    const [from, to] = [Number(first), Number(last)];
    if (from > to || to > MAX_CPU) fail('invalidArgument', `invalid CPU list ${JSON.stringify(list)}`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  // sched_setaffinity(2) reads whole words.
  const mask = new Uint8Array((Math.floor(Math.max(...cpus) / 64) + 1) * 8);
  for (const cpu of cpus) mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  return mask;
}
