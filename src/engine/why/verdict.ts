import type { OomKill } from '#kernel/kernel-log.ts';

/** Who sent a signal through the engine, and when (RFC 3339). */
export interface SentSignal {
  readonly by: 'stop' | 'restart' | 'kill' | 'remove' | 'health';
  readonly signal: number;
  readonly at: string;
  /** Seconds that a stop or restart waited before SIGKILL. */
  readonly timeout?: number;
}

/** What is known about the end of a run (or of the attempt to start one). Plain data; sizes in bytes, times RFC 3339. */
export interface Evidence {
  readonly code: number;
  /** The signal that ended the process, 0 when it exited. */
  readonly signal: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Text of a failed start; '' for a run that ended. */
  readonly startError: string;
  /** What is wrong with the program, when the start failed and that could be seen. */
  readonly programProblem: string;
  /** Why nobody saw the end. */
  readonly lost: '' | 'host-restart' | 'shim-died';
  readonly oomKills: number;
  readonly oomVictims: readonly OomKill[];
  /** Pid of the container's init as the host saw it. */
  readonly pid: number;
  readonly memoryLimit: number;
  readonly memoryPeak: number;
  readonly pidsLimit: number;
  /** Forks that the pids limit refused. */
  readonly pidsRefused: number;
  /** Share of the CPU periods in which the quota held the container back, 0…1. */
  readonly throttled: number;
  /** Signals that the engine sent in this run, oldest first. */
  readonly sent: readonly SentSignal[];
  /** Last results of the health check, when the container has one. */
  readonly health: { readonly status: string; readonly failingStreak: number; readonly output: string } | undefined;
  /** Host pressure at the end: share of the last 10 s in which some task waited, in percent. */
  readonly pressure: { readonly memory: number; readonly io: number; readonly cpu: number } | undefined;
  readonly logTail: readonly string[];
  readonly stopSignal: number;
  readonly user: string;
}

export type Cause =
  | 'finished' | 'failed' | 'stopped' | 'killed' | 'out-of-memory' | 'host-out-of-memory' | 'crashed' | 'signalled'
  | 'start-failed' | 'not-found' | 'not-executable' | 'host-restarted' | 'supervisor-died';

/** The answer to "why did it end?". `evidence` are sentences, the strongest first; `hints` say what can be done. */
export interface Verdict {
  readonly cause: Cause;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly hints: readonly string[];
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 4: 'SIGILL', 5: 'SIGTRAP', 6: 'SIGABRT', 7: 'SIGBUS', 8: 'SIGFPE', 9: 'SIGKILL', 10: 'SIGUSR1',
  11: 'SIGSEGV', 12: 'SIGUSR2', 13: 'SIGPIPE', 14: 'SIGALRM', 15: 'SIGTERM', 24: 'SIGXCPU', 25: 'SIGXFSZ', 31: 'SIGSYS',
};

/** Signals that a program brings upon itself. */
const FAULTS: Readonly<Record<number, string>> = {
  4: 'ran an instruction that this processor does not have',
  5: 'ran into a breakpoint or trap',
  6: 'gave up by abort(), as after a failed assertion or a corrupted heap',
  7: 'touched memory that has no backing (a truncated file, or a full /dev/shm)',
  8: 'divided by zero or the like',
  11: 'touched memory that is not its own',
  13: 'wrote into a pipe that nobody reads',
  24: 'used up its CPU time limit (ulimit cpu)',
  25: 'wrote more than its file size limit (ulimit fsize)',
  31: 'made a system call that the seccomp profile kills for',
};

const FAULT_HINTS: Readonly<Record<number, string>> = {
  4: 'An image for another processor generation? Compare its platform with the host (docker image inspect, /proc/cpuinfo).',
  7: 'If the program uses shared memory, give it more: --shm-size.',
  31: 'Find the call with --security-opt seccomp=unconfined and strace, then allow it in a profile of your own.',
};

export function signalName(signal: number): string {
  return NAMES[signal] ?? `signal ${signal}`;
}

/** The verdict for what is known. Pure. */
export function verdictOf(evidence: Evidence): Verdict {
  const found = lost(evidence) ?? startFailed(evidence) ?? outOfMemory(evidence) ?? asked(evidence) ?? bySignal(evidence) ?? byCode(evidence);
  return { ...found, evidence: [...found.evidence, ...circumstances(evidence, found.cause)] };
}

function lost({ lost: how }: Evidence): Verdict | undefined {
  if (how === '') return undefined;
  if (how === 'host-restart') {
    return { cause: 'host-restarted', summary: 'It ended with the host: the machine was restarted (or lost power) while it ran.', evidence: ['the boot id of the host is not the one under which it was started'], hints: ['A restart policy brings it back: docker update --restart unless-stopped NAME.'] };
  }
  return { cause: 'supervisor-died', summary: 'Nobody saw its end: its supervisor (berth-shim) died before it could leave a record, so the exit code is not known.', evidence: ['there is no exit record in its run directory'], hints: ['Look for who killed berth-shim: the host’s OOM killer (dmesg), or a person with kill.'] };
}

function startFailed({ startError, programProblem, code }: Evidence): Verdict | undefined {
  if (startError === '') return undefined;
  const own = startError.replace(/^.*unable to start container process: /s, ''); // without the chain of programs that Docker's text tells
  const evidence = [own, ...(programProblem === '' ? [] : [programProblem])];
  const reason = `: ${programProblem === '' ? own : programProblem}`;
  if (code === 127) return { cause: 'not-found', summary: `It never ran${reason}`, evidence, hints: ['Check the command, its path and PATH in the image: docker run --rm --entrypoint ls IMAGE -l /path.'] };
  if (code === 126) return { cause: 'not-executable', summary: `It never ran${reason}`, evidence, hints: ['Check the mode of the file (chmod +x), its user, and its format and platform.'] };
  return { cause: 'start-failed', summary: `It never ran${reason}`, evidence, hints: [] };
}

function outOfMemory(e: Evidence): Verdict | undefined {
  const own = e.oomVictims.filter((victim) => victim.scope === 'container');
  const host = e.oomVictims.find((victim) => victim.scope === 'host' && victim.pid === e.pid);
  if (host !== undefined) {
    return { cause: 'host-out-of-memory', summary: `The host ran out of memory and the kernel chose ${host.name} (pid ${host.pid}) of this container.`, evidence: [victimLine(host)], hints: ['Give containers memory limits (-m), so that the one that grows is the one that ends.', 'oom_score_adj (--oom-score-adj) says who goes first.'] };
  }
  if (e.oomKills === 0 || (e.signal === 0 && e.code === 0)) return undefined;
  const initKilled = e.signal === 9 && !askedFor(e, 9);
  const limit = e.memoryLimit > 0 ? `its memory limit of ${bytes(e.memoryLimit)}` : 'a memory limit above it';
  const evidence = [`the kernel counted ${e.oomKills} OOM kill${e.oomKills === 1 ? '' : 's'} in its cgroup`, ...own.map(victimLine)];
  if (e.memoryPeak > 0) evidence.push(`its memory peaked at ${bytes(e.memoryPeak)}`);
  const hints = ['Give it more memory (docker update -m), or find what grows: docker stats, and the application’s own limits (-Xmx, --max-old-space-size, …).'];
  if (initKilled) return { cause: 'out-of-memory', summary: `It reached ${limit}, and the kernel killed it.`, evidence, hints };
  if (askedFor(e, e.signal)) return undefined;
  return { cause: 'out-of-memory', summary: `A process in it reached ${limit} and was killed by the kernel; the main process then ended with code ${e.code}.`, evidence, hints };
}

function victimLine(victim: OomKill): string {
  return `the kernel killed ${victim.name} (pid ${victim.pid} on the host, uid ${victim.uid}${victim.anonKiB === undefined ? '' : `, using ${bytes(victim.anonKiB * 1024)}`})`;
}

function askedFor({ sent }: Evidence, signal: number): boolean {
  return signal !== 0 && sent.some((one) => one.signal === signal);
}

/** Ended because somebody asked the engine for it. */
function asked(e: Evidence): Verdict | undefined {
  const first = e.sent.find((one) => one.by !== 'kill' || one.signal === 9 || one.signal === e.stopSignal || one.signal === e.signal);
  if (first === undefined) return undefined;
  const evidence = e.sent.map((one) => `${actOf(one.by)} sent ${signalName(one.signal)} at ${one.at}`);
  const what = { stop: 'docker stop', restart: 'docker restart', kill: 'docker kill', remove: 'docker rm -f', health: 'its health check' }[first.by];
  if (first.by === 'health') return { cause: 'stopped', summary: 'It was ended because its health check failed.', evidence, hints: [] };
  const forced = e.signal === 9 && first.signal !== 9;
  if (forced) {
    return {
      cause: 'killed', evidence,
      summary: `It was told to end (${what}, ${signalName(first.signal)}), did not within ${first.timeout ?? 10} seconds, and was killed.`,
      hints: [`Its main process takes no notice of ${signalName(first.signal)}: a shell as pid 1 hands nothing on (use exec, or --init), or the image needs another STOPSIGNAL.`],
    };
  }
  if (first.by === 'kill' || first.by === 'remove') return { cause: 'killed', summary: `It was ended by ${what} (${signalName(first.signal)})${e.signal === 0 ? ` and exited with code ${e.code}` : ''}.`, evidence, hints: [] };
  return { cause: 'stopped', summary: `It was ended by ${what} (${signalName(first.signal)})${e.signal === 0 ? ` and exited by itself with code ${e.code}` : ''}.`, evidence, hints: [] };
}

function actOf(by: SentSignal['by']): string {
  return { stop: 'stop', restart: 'restart', kill: 'kill', remove: 'a forced removal', health: 'the health check' }[by];
}

function bySignal(e: Evidence): Verdict | undefined {
  if (e.signal === 0) return undefined;
  const name = signalName(e.signal);
  const fault = FAULTS[e.signal];
  if (fault !== undefined) {
    const hint = FAULT_HINTS[e.signal];
    return { cause: 'crashed', summary: `It crashed: its main process ${fault} (${name}).`, evidence: [`the process was ended by ${name}; nobody asked the engine for that`], hints: hint === undefined ? [] : [hint] };
  }
  return {
    cause: 'signalled',
    summary: `It was ended by ${name}, which did not come through the engine.`,
    evidence: [`the process was ended by ${name}; the engine sent nothing, and its cgroup counts ${e.oomKills} OOM kills`],
    hints: ['The sender is a process of the container itself or one of the host with the right to do so (kill, systemd, another OOM daemon such as systemd-oomd or earlyoom).'],
  };
}

function byCode(e: Evidence): Verdict {
  if (e.code === 0) return { cause: 'finished', summary: 'Its main process ended by itself, successfully (code 0).', evidence: [], hints: [] };
  return { cause: 'failed', summary: `Its main process ended by itself with code ${e.code}${meaning(e.code)}.`, evidence: [], hints: hintsOf(e) };
}

/** What a code usually says; programs are free to mean something else. */
function meaning(code: number): string {
  if (code === 2) return ', which in shells means wrong usage';
  if (code === 126) return ', which in shells means that a command was found but could not be run';
  if (code === 127) return ', which in shells means that a command was not found';
  if (code > 128 && code < 128 + 65) return `, which in shells means that its last command was ended by ${signalName(code - 128)}`;
  return '';
}

function hintsOf(e: Evidence): string[] {
  const last = e.logTail.join('\n');
  const hints: string[] = [];
  if (/permission denied|EACCES|operation not permitted|EPERM/i.test(last)) hints.push(`Its last lines speak of missing permission: it runs as user ${e.user === '' ? 'root' : e.user}; check the owner of what it writes to, --cap-add and --read-only.`);
  if (/no space left on device|ENOSPC/i.test(last)) hints.push('Its last lines speak of a full disk: docker system df, df.');
  if (/address already in use|EADDRINUSE/i.test(last)) hints.push('Its last lines speak of an address in use: with --network host, another program has that port.');
  if (/resource temporarily unavailable|EAGAIN|cannot fork/i.test(last) && e.pidsLimit > 0) hints.push(`Its last lines speak of failed forks: its limit is ${e.pidsLimit} processes (--pids-limit).`);
  return hints;
}

/** What else was so, whatever the cause. */
function circumstances(e: Evidence, cause: Cause): string[] {
  const lines: string[] = [];
  if (e.pidsRefused > 0) lines.push(`its limit of ${e.pidsLimit} processes refused ${e.pidsRefused} forks`);
  if (e.throttled >= 0.1) lines.push(`its CPU quota held it back in ${Math.round(e.throttled * 100)} % of the periods`);
  if (e.oomKills > 0 && cause !== 'out-of-memory') lines.push(`the kernel counted ${e.oomKills} OOM kills in its cgroup`);
  if (e.memoryLimit > 0 && cause !== 'out-of-memory' && e.memoryPeak >= e.memoryLimit * 0.9) lines.push(`its memory peaked at ${bytes(e.memoryPeak)} of ${bytes(e.memoryLimit)}`);
  if (e.health !== undefined && e.health.status === 'unhealthy') lines.push(`its health check had failed ${e.health.failingStreak} times in a row${e.health.output === '' ? '' : `, last with: ${e.health.output}`}`);
  for (const kind of ['memory', 'io', 'cpu'] as const) {
    const share = e.pressure?.[kind] ?? 0;
    if (share >= 20) lines.push(`the host was short of ${kind === 'io' ? 'disk I/O' : kind}: some task waited for it in ${Math.round(share)} % of the last 10 seconds`);
  }
  return lines;
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let index = 0;
  let rest = value;
  for (; rest >= 1024 && index < units.length - 1; index++) rest /= 1024;
  return `${Number(rest.toFixed(rest < 10 ? 2 : 1))} ${units[index]}`;
}
