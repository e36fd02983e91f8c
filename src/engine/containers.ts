import { fail } from '#base/errors.ts';
import { readJsonFile } from '#logs/json-file.ts';
import { timeOf } from '#logs/log-time.ts';
import * as actions from './actions.ts';
import { extractArchive, readArchive, statPath } from './archive.ts';
import { attachContainer } from './attach.ts';
import { commitContainer } from './commit.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { createContainer, logPath } from './create.ts';
import { explainRequest, recordedPlan } from './explain.ts';
import { containerChanges, exportContainer } from './export.ts';
import { inspectContainer } from './inspect.ts';
import { logOf } from './log-config.ts';
import { listContainers } from './list.ts';
import { pruneContainers } from './prune.ts';
import { isActive } from './state.ts';
import { containerStats, StatsSampler } from './stats-sampler.ts';
import { topContainer } from './top.ts';
import type { ContainersService, LogsRequest } from './types.ts';
import { updateContainer } from './update.ts';
import { waitContainer } from './wait.ts';
import { whyContainer } from './why/why.ts';

/** The containers of the engine as the server sees them. */
export function createContainers(ctx: EngineContext): ContainersService {
  const sampler = new StatsSampler();
  return {
    create: (request) => createContainer(ctx, request),
    start: async (reference, options): Promise<void> => {
      ctx.registry.get(reference).detachKeys = options?.detachKeys;
      await actions.startContainer(ctx, reference);
    },
    stop: (reference, options) => actions.stopContainer(ctx, reference, options),
    restart: (reference, options) => actions.restartContainer(ctx, reference, options),
    kill: (reference, signal) => actions.killContainer(ctx, reference, signal),
    remove: (reference, options) => actions.removeContainer(ctx, reference, options),
    pause: (reference) => actions.pauseContainer(ctx, reference),
    unpause: (reference) => actions.unpauseContainer(ctx, reference),
    rename: (reference, name) => actions.renameContainer(ctx, reference, name),
    resize: (reference, rows, cols) => actions.resizeContainer(ctx, reference, rows, cols),
    wait: async (reference, condition, signal) => waitContainer(ctx, reference, condition, signal),
    attach: (reference, request) => attachContainer(ctx, reference, request, (container) => Promise.resolve(wholeLog(ctx, container, request))),
    logs: async (reference, options) => logsOf(ctx, ctx.registry.get(reference), options),
    inspect: async (reference, options) => inspectContainer(ctx, ctx.registry.get(reference), options),
    list: (options) => listContainers(ctx, options),
    statPath: (reference, path, signal) => statPath(ctx, reference, path, signal),
    readArchive: (reference, path, signal) => readArchive(ctx, reference, path, signal),
    extractArchive: (reference, options, input) => extractArchive(ctx, reference, options, input),
    export: (reference, signal) => exportContainer(ctx, reference, signal),
    changes: (reference, signal) => containerChanges(ctx, reference, signal),
    commit: (reference, options) => commitContainer(ctx, reference, options),
    top: (reference, psArgs) => topContainer(ctx, reference, psArgs),
    stats: (reference, request) => containerStats(ctx, sampler, ctx.registry.get(reference), request),
    update: (reference, body) => updateContainer(ctx, reference, body),
    prune: ({ filters }) => pruneContainers(ctx, filters),
    explain: (request) => explainRequest(ctx, request),
    plan: async (reference) => recordedPlan(ctx, reference),
    why: (reference) => whyContainer(ctx, reference),
  };
}

function logsOf(ctx: EngineContext, container: Container, options: LogsRequest): { multiplexed: boolean; body: AsyncIterable<Buffer> } {
  const { config, hostConfig, id } = container.record;
  if (hostConfig.LogConfig?.Type === 'none') fail('notImplemented', 'configured logging driver does not support reading');
  const mux = config.Tty !== true;
  const { stdout, stderr, timestamps, details, tail, signal } = options;
  const body = readJsonFile({
    stdout, stderr, timestamps, details, tail, signal,
    frames: !mux ? 'none' : options.joinFrames ? 'joined' : 'lines',
    ...(options.since === undefined ? {} : { since: timeOf(options.since) }),
    ...(options.until === undefined ? {} : { until: timeOf(options.until) }),
    path: logPath(ctx, id),
    rotated: (logOf(container.record, container.name, ctx.hostname)?.maxFiles ?? 1) - 1,
    follow: options.follow && isActive(container.runtime.state),
    ended: container.task?.exited ?? Promise.resolve(),
  });
  return { multiplexed: mux, body };
}

/** What was written so far, for attach with logs=1. */
function wholeLog(ctx: EngineContext, container: Container, streams: { stdout: boolean; stderr: boolean }): AsyncIterable<Buffer> {
  return logsOf(ctx, container, { ...streams, follow: false, timestamps: false, details: false, tail: -1, joinFrames: false, signal: new AbortController().signal }).body;
}
