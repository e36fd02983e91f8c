import { PassThrough, Readable } from 'node:stream';
import { fail } from '#base/errors.ts';
import type { AttachRequest, Engine } from '#engine/types.ts';
import type * as wire from '#api/schema.ts';

/** An engine in memory: containers are entries in a map, and the only program is one that echoes its input. */
export interface FakeEngine extends Engine {
  readonly calls: { readonly name: string; readonly arguments: readonly unknown[] }[];
  /** The engine's side of the last accepted stream. */
  readonly fake: { containers: Map<string, FakeContainer>; uploaded: number; aborted: number; onAttach?: (request: AttachRequest) => Promise<void> };
}

export interface FakeContainer {
  id: string;
  name: string;
  body: wire.ContainerCreateBody;
  running: boolean;
  exited: PromiseWithResolvers<void>;
}

const frame = (stream: number, text: string): Buffer => {
  const bytes = Buffer.from(text);
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
};

export function fakeEngine(): FakeEngine {
  const calls: { name: string; arguments: readonly unknown[] }[] = [];
  const containers = new Map<string, FakeContainer>();
  const fake: FakeEngine['fake'] = { containers, uploaded: 0, aborted: 0 };
  const find = (reference: string): FakeContainer =>
    [...containers.values()].find((each) => each.name === reference || each.id.startsWith(reference)) ?? fail('notFound', `No such container: ${reference}`);
  const record = <T extends object>(noun: string, service: T): T => new Proxy(service, {
    get: (target, property) => {
      const method: unknown = Reflect.get(target, property);
      if (typeof method !== 'function') return method;
      return (...parameters: unknown[]): unknown => {
        calls.push({ name: `${noun}.${String(property)}`, arguments: parameters });
        return Reflect.apply(method, target, parameters);
      };
    },
  });
  return {
    calls, fake,
    containers: record('containers', fakeContainers(fake, find)),
    execs: record('execs', fakeExecs()),
    images: record('images', fakeImages(fake)),
    networks: {
      list: async () => [],
      inspect: async (reference) => fail('notFound', `network ${reference} not found`),
    },
    volumes: { inspect: async (name) => fail('notFound', `get ${name}: no such volume`) },
    events: {
      publish: () => undefined,
      subscribe: async function* subscribe({ filters, until, signal }) {
        if (filters.has('nope')) fail('invalidArgument', "invalid filter 'nope'");
        yield { Type: 'container', Action: 'start', Actor: { ID: 'abc', Attributes: {} }, scope: 'local', time: 1, timeNano: 1_700_000_000_123_456_789n };
        if (until !== undefined) return;
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        fake.aborted++;
      },
    },
    system: {
      ping: () => ({ apiVersion: '1.51', osType: 'linux' }),
      version: async () => ({ Version: '0.1.0', ApiVersion: '1.51', MinAPIVersion: '1.24', GitCommit: '', GoVersion: '', Os: 'linux', Arch: 'amd64' }),
      info: async () => ({
        ID: 'x', Containers: containers.size, ServerVersion: '0.1.0', Name: 'fake', Labels: [], SecurityOptions: [], Runtimes: {},
        Plugins: { Volume: [], Network: [], Authorization: null, Log: [] },
        RuncCommit: { ID: 'abc' }, ContainerdCommit: { ID: '' }, InitCommit: { ID: '' },
      }) as unknown as wire.SystemInfo,
      diskUsage: async () => ({ LayersSize: 5, Images: [], Containers: [], Volumes: [], BuildCache: [] }),
    },
  };
}

function fakeContainers(fake: FakeEngine['fake'], find: (reference: string) => FakeContainer): Engine['containers'] {
  const { containers } = fake;
  const explanation: wire.Explanation = { warnings: [], lines: ['mount proc'], plan: { ops: [] } };
  return {
    create: async ({ name, body }) => {
      if (body.Image === 'absent') fail('notFound', 'No such image: absent:latest');
      const id = containers.size.toString(16).padStart(64, 'a');
      containers.set(id, { id, name: name ?? 'some_name', body, running: false, exited: Promise.withResolvers() });
      return { Id: id, Warnings: [] };
    },
    start: async (reference) => {
      const container = find(reference);
      if (container.running) fail('notModified', 'already started');
      container.running = true;
    },
    stop: async (reference) => { const container = find(reference); container.running = false; container.exited.resolve(); },
    restart: async () => undefined,
    stats: async function* () {},
    update: async () => ({ Warnings: null }),
    prune: async () => ({ ContainersDeleted: null, SpaceReclaimed: 0 }),
    kill: async (reference) => { find(reference); },
    remove: async (reference) => { containers.delete(find(reference).id); },
    pause: async () => { throw new TypeError('a bug'); },
    unpause: async () => undefined,
    rename: async () => undefined,
    resize: async () => undefined,
    wait: async (reference) => {
      const container = find(reference);
      return { accepted: Promise.resolve(), result: container.exited.promise.then(() => ({ StatusCode: 3 })) };
    },
    attach: async (reference, request) => {
      if (fake.onAttach !== undefined) return fake.onAttach(request);
      const container = find(reference);
      const tty = container.body.Tty === true;
      await echo(await request.accept(tty ? 'raw' : 'multiplexed'), tty);
      container.exited.resolve();
    },
    logs: async (reference, { follow, signal }) => {
      find(reference);
      const body = new PassThrough();
      body.write(frame(1, 'line\n'));
      if (!follow) body.end();
      signal.addEventListener('abort', () => {
        fake.aborted++;
        body.destroy();
      }, { once: true });
      return { multiplexed: true, body };
    },
    inspect: async (reference) => document(find(reference)),
    list: async () => [...containers.values()].map(({ id, name }) => ({
      Id: id, Names: [`/${name}`], Image: 'x', ImageID: 'sha256:0', Command: 'cat', Created: 1, Ports: [], Labels: {},
      State: 'running', Status: 'Up 1 second', HostConfig: {}, NetworkSettings: { Networks: {} }, Mounts: [],
    })),
    statPath: async (_reference, path) => ({ name: path, size: 1, mode: 0o644, mtime: '2020-01-01T00:00:00Z', linkTarget: '<&>' }),
    readArchive: async (_reference, path) => ({ stat: { name: path, size: 1, mode: 0o644, mtime: '2020-01-01T00:00:00Z', linkTarget: '' }, body: Readable.from([Buffer.alloc(1024)]) }),
    extractArchive: async (_reference, _options, input) => { for await (const _ of input()); },
    export: async () => Readable.from([Buffer.alloc(1024)]),
    changes: async () => null,
    commit: async () => ({ Id: 'sha256:0' }),
    top: async () => ({ Titles: ['PID'], Processes: [['1']] }),
    explain: async () => explanation,
    plan: async () => explanation,
    why: async (reference) => ({ id: find(reference).id, name: '', status: 'exited', running: false, verdicts: [] }),
  };
}

function document({ id, name, body, running }: FakeContainer): wire.ContainerInspect {
  return {
    State: { Running: running, Status: running ? 'running' : 'created' }, Name: `/${name}`, Id: id, Config: body,
    HostConfig: body.HostConfig ?? {}, NetworkSettings: { Networks: {} },
  } as unknown as wire.ContainerInspect;
}

/** Copies input to output until the input ends, then says goodbye: what half-closing is for. */
async function echo(stream: Awaited<ReturnType<AttachRequest['accept']>>, tty: boolean): Promise<void> {
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) stream.write(tty ? chunk : frame(1, String(chunk)));
  stream.write(tty ? 'bye' : frame(2, 'bye\n'));
}

function fakeExecs(): Engine['execs'] {
  return {
    create: async () => ({ Id: 'e1' }),
    start: async (id, { tty }, accept) => {
      if (id === 'nope') fail('notFound', 'No such exec instance: nope');
      if (accept === undefined) return;
      const stream = await accept(tty ? 'raw' : 'multiplexed');
      if (id === 'broken') fail('invalidArgument', 'OCI runtime exec failed: no such file');
      await echo(stream, tty);
    },
    inspect: async () => ({
      ID: 'e1', Running: false, ExitCode: 0, ProcessConfig: { tty: false, entrypoint: 'cat', arguments: [] }, OpenStdin: true, OpenStderr: true,
      OpenStdout: true, CanRemove: false, ContainerID: 'x', DetachKeys: '', Pid: 1,
    }),
    resize: async () => undefined,
    list: async (reference, { all }) => [{ Id: 'e1', ContainerID: reference ?? 'x', ContainerName: 'n', Command: ['cat'], Tty: false, User: '', Status: all ? 'exited' : 'running', Pid: 7, Processes: 1, ExitCode: null, StartedAt: '2026-01-02T03:04:05Z' }],
    kill: async (id) => { if (id === 'nope') fail('notFound', 'No such exec instance: nope'); },
  };
}

function fakeImages(fake: FakeEngine['fake']): Engine['images'] {
  const take = async (archive: Readable): Promise<void> => { for await (const piece of archive) fake.uploaded += (piece as Buffer).length; };
  return {
    list: async () => [],
    inspect: async (reference) => ({ Id: 'sha256:1', RepoTags: [reference], Size: 7, Config: { Cmd: ['sh'], Env: null } }) as unknown as wire.ImageInspect,
    history: async () => [],
    load: async (archive, { signal }, progress) => {
      signal.addEventListener('abort', () => { fake.aborted++; }, { once: true });
      await take(archive);
      if (fake.uploaded === 2) fail('invalidArgument', 'unexpected EOF');
      progress({ stream: `Loaded image: ${fake.uploaded}\n` });
    },
    import: async (tar, options, progress) => {
      if (options.repo === 'UP') fail('invalidArgument', 'invalid reference format: repository name (library/UP) must be lowercase');
      await take(tar);
      progress({ status: 'sha256:1' });
    },
    save: async () => Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536, 1))),
    tag: async () => undefined,
    remove: async (reference) => [{ Untagged: reference }],
  };
}
