import { parseTime } from '#base/clock.ts';
import { timeOf } from '#logs/log-time.ts';
import { readJsonFile } from '#logs/json-file.ts';
import type * as wire from '#api/schema.ts';
import type { Container } from '../container.ts';
import type { EngineContext } from '../context.ts';
import { logPath } from '../create.ts';
import { logSettings } from '../log-config.ts';
import { isActive } from '../state.ts';
import { verdictOf } from './verdict.ts';
import type { Evidence } from './verdict.ts';

const tailLines = 20;
const lineLength = 500;
/** Lines that come a moment after the end still belong to it: the pipe is drained afterwards. */
const lateNs = 2_000_000_000n;

/** GET /containers/ID/why: the verdicts of a container's ends, newest first. */
export async function whyContainer(ctx: EngineContext, reference: string): Promise<wire.Why> {
  const container = ctx.registry.get(reference);
  const ends = ctx.ends.list(container.record.id);
  const verdicts: wire.Verdict[] = [];
  for (const evidence of ends) {
    const logTail = evidence.startError === '' ? await lastLines(ctx, container, evidence) : [];
    const { cause, summary, evidence: sentences, hints } = verdictOf({ ...evidence, logTail });
    const { code, signal, startedAt, finishedAt } = evidence;
    verdicts.push({ cause, summary, evidence: [...sentences], hints: [...hints], exitCode: code, signal, startedAt, finishedAt, logTail });
  }
  return { id: container.record.id, name: container.name, status: container.runtime.state.status, running: isActive(container.runtime.state), verdicts };
}

/** What the run printed last, from the log as it is now; nothing when the log is not kept here or was rotated away. */
async function lastLines(ctx: EngineContext, container: Container, { startedAt, finishedAt }: Evidence): Promise<string[]> {
  const { id, config, hostConfig } = container.record;
  const settings = hostConfig.LogConfig?.Type === 'none' ? undefined : logSettings(hostConfig.LogConfig ?? {});
  const [from, to] = [parseTime(startedAt), parseTime(finishedAt)];
  if (settings === undefined || from === undefined || to === undefined) return [];
  const bytes = readJsonFile({
    stdout: true, stderr: true, timestamps: false, details: false, tail: -1, frames: 'none',
    since: timeOf(from), until: timeOf(to + lateNs), path: logPath(ctx, id), rotated: settings.maxFiles - 1,
    follow: false, ended: Promise.resolve(), signal: AbortSignal.timeout(5_000),
  });
  // Only the end is wanted: of all that comes at most this much is held.
  let rest = Buffer.alloc(0);
  for await (const chunk of bytes) rest = Buffer.concat([rest, chunk]).subarray(-tailLines * lineLength);
  const lines = rest.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-tailLines).map((line) => (config.Tty === true ? line.replace(/\r$/, '') : line).slice(0, lineLength));
}
