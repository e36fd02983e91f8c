import { fail } from '#base/errors.ts';
import { encodeDocument } from '#api/encode.ts';
import { compareVersions } from '#api/endpoints.ts';
import { documentTable } from '#api/tables.ts';
import type { Document } from '#api/schema.ts';
import { type Call, type Handler, type Reply, type Services, value } from './call.ts';

type ContainerIds =
  | 'ContainerList' | 'ContainerCreate' | 'ContainerInspect' | 'ContainerTop' | 'ContainerLogs' | 'ContainerStart' | 'ContainerStop'
  | 'ContainerRestart' | 'ContainerKill' | 'ContainerPause' | 'ContainerUnpause' | 'ContainerRename' | 'ContainerResize' | 'ContainerWait'
  | 'ContainerDelete' | 'ContainerStats' | 'ContainerUpdate' | 'ContainerPrune' | 'ContainerPlan' | 'ContainerWhy' | 'Explain' | 'ExecCreate' | 'ExecResize'
  | 'ExecInspect' | 'ExecList' | 'ContainerExecList' | 'ExecKill';

/** Handlers of containers and execs that answer and are done. */
export const containerHandlers: { readonly [Id in ContainerIds]: Handler<Id> } = {
  ContainerList: async ({ engine }, { query }) => {
    const filters = new Map(query.filters);
    // The two oldest parameters became filters.
    if (query.since !== undefined) filters.set('since', [...(filters.get('since') ?? []), query.since]);
    if (query.before !== undefined) filters.set('before', [...(filters.get('before') ?? []), query.before]);
    const limit = query.limit === undefined || query.limit <= 0 ? undefined : query.limit;
    return value(await engine.containers.list({ all: query.all, limit, size: query.size, filters }));
  },
  ContainerCreate: async ({ engine }, { query, body }) => {
    requireConfig(body);
    return value(await engine.containers.create({ name: query.name, platform: query.platform, body }));
  },
  ContainerInspect: async ({ engine }, { name, query }) => value(await engine.containers.inspect(name, { size: query.size })),
  ContainerTop: async ({ engine }, { name, query }) => value(await engine.containers.top(name, query.ps_args)),
  ContainerLogs: containerLogs,
  ContainerStats: containerStats,
  ContainerUpdate: async ({ engine }, { name, body }) => value(await engine.containers.update(name, body)),
  ContainerPrune: async ({ engine }, { query }) => value(await engine.containers.prune({ filters: query.filters })),
  ContainerStart: async ({ engine }, { name, query, head }) => {
    // Some clients send an empty object; anything longer was the host configuration of API 1.21.
    if (head.headers.has('transfer-encoding') || Number(head.headers.get('content-length') ?? 0) > 7) {
      fail('invalidArgument', 'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24');
    }
    if (query.checkpoint !== undefined) fail('notImplemented', 'starting a container from a checkpoint is not served by Berth');
    await engine.containers.start(name, { detachKeys: query.detachKeys });
    return value();
  },
  ContainerStop: async ({ engine }, { name, query }) => {
    await engine.containers.stop(name, { signal: query.signal, timeout: query.t });
    return value();
  },
  ContainerRestart: async ({ engine }, { name, query }) => {
    await engine.containers.restart(name, { signal: query.signal, timeout: query.t });
    return value();
  },
  ContainerKill: async ({ engine }, { name, query }) => {
    await engine.containers.kill(name, query.signal);
    return value();
  },
  ContainerPause: async ({ engine }, { name }) => value(await engine.containers.pause(name)),
  ContainerUnpause: async ({ engine }, { name }) => value(await engine.containers.unpause(name)),
  ContainerRename: async ({ engine }, { name, query }) => value(await engine.containers.rename(name, query.name ?? '')),
  ContainerResize: async ({ engine }, { name, query }) => {
    const { rows, columns } = terminalSize(query);
    return value(await engine.containers.resize(name, rows, columns));
  },
  ContainerWait: async ({ engine }, { name, query, signal }) => {
    const condition = query.condition ?? 'not-running';
    if (!['not-running', 'next-exit', 'removed'].includes(condition)) fail('invalidArgument', `invalid condition: ${JSON.stringify(condition)}`);
    const wait = await engine.containers.wait(name, condition, signal);
    return { kind: 'later', accepted: wait.accepted, value: wait.result };
  },
  ContainerDelete: async ({ engine }, { name, query }) => {
    await engine.containers.remove(name, { force: query.force, volumes: query.v, link: query.link });
    return value();
  },
  ContainerPlan: async ({ engine }, { name }) => value(await engine.containers.plan(name)),
  ContainerWhy: async ({ engine }, { name }) => value(await engine.containers.why(name)),
  Explain: async ({ engine }, { query, body }) => {
    requireConfig(body);
    return value(await engine.containers.explain({ name: query.name, body }));
  },
  ExecCreate: async ({ engine }, { name, body }) => {
    if (body.Cmd === undefined || body.Cmd === null || body.Cmd.length === 0) fail('invalidArgument', 'No exec command specified');
    return value(await engine.execs.create(name, body));
  },
  ExecResize: async ({ engine }, { name, query }) => {
    const { rows, columns } = terminalSize(query);
    return value(await engine.execs.resize(name, rows, columns));
  },
  ExecInspect: async ({ engine }, { name }) => value(await engine.execs.inspect(name)),
  ExecList: async ({ engine }, { query }) => value(await engine.execs.list(undefined, { all: query.all })),
  ContainerExecList: async ({ engine }, { name, query }) => value(await engine.execs.list(name, { all: query.all })),
  ExecKill: async ({ engine }, { name, query }) => value(await engine.execs.kill(name, query.signal)),
};

async function containerStats({ engine }: Services, { name, query, version, signal }: Call<'ContainerStats'>): Promise<Reply> {
  const oneShot = query['one-shot'] && compareVersions(version, '1.41') >= 0;
  const samples = engine.containers.stats(name, { stream: query.stream, oneShot, signal })[Symbol.asyncIterator]();
  // The first sample comes before the head is sent: what is wrong with the request is its answer then.
  const first = await samples.next();
  if (!query.stream) return { kind: 'text', type: 'application/json', text: first.done === true ? '' : encodeDocument('StatsResponse', first.value) };
  return {
    kind: 'lines', atOnce: true, errorsInBand: false, untyped: true,
    run: async (write) => {
      try {
        for (let next = first; next.done !== true; next = await samples.next()) await write(encodeDocument('StatsResponse', next.value));
      } finally {
        await samples.return?.();
      }
    },
  };
}

async function containerLogs({ engine }: Services, { name, query, head, signal }: Call<'ContainerLogs'>): Promise<Reply> {
  if (!query.stdout && !query.stderr) fail('invalidArgument', 'Bad parameters: you must choose at least one stream');
  const { multiplexed, body } = await engine.containers.logs(name, {
    follow: query.follow, stdout: query.stdout, stderr: query.stderr, since: query.since, until: query.until === 0n ? undefined : query.until,
    timestamps: query.timestamps, details: query.details, tail: tailOf(query.tail), joinFrames: joinsFrames(head.headers.get('user-agent')), signal,
  });
  return { kind: 'frames', multiplexed, body };
}

// Programs on Docker's libraries take each frame for a line, as dockerd sends them. The command-line clients only put frames together
// again, one write for each: they get as many lines in one as there are.
function joinsFrames(userAgent: string | undefined): boolean {
  return userAgent !== undefined && /^(Docker|Berth)-Client\//.test(userAgent);
}

// "all" and, as in dockerd, whatever is no number of lines.
function tailOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

function terminalSize(query: { readonly h: string | undefined; readonly w: string | undefined }): { rows: number; columns: number } {
  return { rows: dimension('height', query.h), columns: dimension('width', query.w) };
}

function dimension(what: string, text = ''): number {
  if (!/^\d+$/.test(text)) fail('invalidArgument', `invalid resize ${what} ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (number > 0xffff_ffff) fail('invalidArgument', `invalid resize ${what} ${JSON.stringify(text)}: value out of range`);
  return number;
}

// A body without any field of the container's own configuration is what dockerd calls empty.
function requireConfig(body: Document<'ContainerCreateBody'>): void {
  if (!Object.keys(body).some((key) => documentTable('ContainerConfig').byName.has(key.toLowerCase()))) {
    fail('invalidArgument', 'config cannot be empty in order to create a container');
  }
}
