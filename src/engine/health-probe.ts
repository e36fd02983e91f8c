import type { Readable } from 'node:stream';
import { formatTime, nowNs } from '#base/clock.ts';
import { formatGoDuration } from '#base/go-duration.ts';
import { signalSession } from '#kernel/session.ts';
import type { Plan } from '#runtime/plan.ts';
import type { TaskExec } from '#tasks/types.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import type { Exec } from './exec.ts';
import { execPlan } from './exec-plan.ts';
import { addExec, launchExec } from './exec-run.ts';
import type { HealthSettings } from './health-state.ts';
import { userOf } from './prepare-start.ts';
import { execFailure } from './start-failure.ts';

const maxOutput = 4096;
const SIGKILL = 9;

/** The health check command of one run of a container: each {@link run} is an exec of its own. */
export class HealthProbe {
  /** Aborted when nobody wants results any more; a probe that runs is killed then. */
  readonly signal: AbortSignal;
  readonly #ctx: EngineContext;
  readonly #container: Container;
  readonly #settings: HealthSettings;
  readonly #body: wire.ExecCreateBody;
  /** The plan is the same for each probe as long as its user is; compiling it costs more than running it. */
  #plan: { readonly user: string; readonly plan: Plan } | undefined;

  constructor(ctx: EngineContext, container: Container, settings: HealthSettings, signal: AbortSignal) {
    this.#ctx = ctx;
    this.#container = container;
    this.#settings = settings;
    this.signal = signal;
    const { User, WorkingDir } = container.record.config;
    this.#body = { Cmd: [...settings.command], AttachStdout: true, AttachStderr: true, User, WorkingDir };
  }

  /** Runs the command once. What keeps it from running is a result as well. */
  async run(): Promise<wire.HealthcheckResult> {
    const Start = formatTime(nowNs());
    const exec = addExec(this.#ctx, this.#container, this.#body);
    exec.status = 'starting';
    let process: TaskExec;
    try {
      process = await launchExec(this.#ctx, exec, () => this.#planOf(exec), { stdin: false, stdout: true, stderr: true });
    } catch (error) {
      return { Start, End: formatTime(nowNs()), ExitCode: -1, Output: execFailure(error).text };
    }
    const { code, output } = await this.#watch(process);
    return { Start, End: formatTime(nowNs()), ExitCode: code, Output: output };
  }

  async #watch(process: TaskExec): Promise<{ code: number; output: string }> {
    const output = process.stream === undefined ? undefined : collect(process.stream.duplex, maxOutput);
    let timedOut = false;
    const kill = (): void => {
      const pids = async (): Promise<readonly number[]> => (await this.#container.task?.pids()) ?? [];
      signalSession(process, SIGKILL, pids).catch((error: unknown) => this.#ctx.log.warn({ container: this.#container.record.id, err: error }, 'killing a health check'));
    };
    const timer = this.#ctx.timers.after(this.#settings.timeout, () => {
      timedOut = true;
      kill();
    });
    this.signal.addEventListener('abort', kill, { once: true });
    try {
      const { code } = await process.exited;
      const text = (await output) ?? '';
      if (!timedOut) return { code, output: text };
      const limit = formatGoDuration(BigInt(Math.round(this.#settings.timeout * 1e6)));
      return { code: -1, output: `Health check exceeded timeout (${limit})${text === '' ? '' : `: ${text}`}` };
    } finally {
      timer.cancel();
      this.signal.removeEventListener('abort', kill);
    }
  }

  #planOf(exec: Exec): Plan {
    const { record } = this.#container;
    const user = JSON.stringify(userOf(this.#ctx, record, record.config.User ?? '', record.hostConfig.GroupAdd ?? []));
    if (this.#plan?.user !== user) this.#plan = { user, plan: execPlan(this.#ctx, exec) };
    return this.#plan.plan;
  }
}

/** Reads a multiplexed stream to its end; the text of both streams, cut at `limit` bytes with "..." behind. */
export async function collect(stream: Readable, limit: number): Promise<string> {
  const kept: Buffer[] = [];
  let size = 0;
  let cut = false;
  const head = Buffer.alloc(8);
  let have = 0; // bytes of `head`
  let left = 0; // bytes of the present frame
  const keep = (bytes: Buffer): void => {
    const part = bytes.subarray(0, limit - size);
    if (part.length < bytes.length) cut = true;
    if (part.length > 0) kept.push(Buffer.from(part));
    size += part.length;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        if (left === 0) {
          const taken = chunk.copy(head, have, at, at + 8 - have);
          at += taken;
          have += taken;
          if (have < 8) continue;
          have = 0;
          left = head.readUInt32BE(4);
          continue;
        }
        const end = Math.min(chunk.length, at + left);
        keep(chunk.subarray(at, end));
        left -= end - at;
        at = end;
      }
    }
  } catch {
    // The shim is gone with its container: what came is what there is.
  }
  return `${Buffer.concat(kept).toString('utf8')}${cut ? '...' : ''}`;
}
