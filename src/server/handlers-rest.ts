import { fail } from '#base/errors.ts';
import { encodeDocument, encodeLine } from '#api/encode.ts';
import { openApiDocument } from '#api/openapi.ts';
import { type Call, type Handler, type PlainEndpointId, type Reply, type Services, value, type WriteLine } from './call.ts';
import { containerHandlers } from './handlers-containers.ts';
import { fileHandlers } from './handlers-files.ts';

type RestIds = Exclude<PlainEndpointId, keyof typeof containerHandlers | keyof typeof fileHandlers>;

const restHandlers: { readonly [Id in RestIds]: Handler<Id> } = {
  ImageList: async ({ engine }, { query }) => value(await engine.images.list({
    all: query.all, filters: query.filters, digests: query.digests, sharedSize: query['shared-size'],
  })),
  ImageCreate: imageCreate,
  ImageLoad: async ({ engine }, { query, tar, signal }) => ({
    kind: 'lines', atOnce: false, errorsInBand: true,
    run: (write) => withProgress(write, (progress) => engine.images.load(tar(), { quiet: query.quiet, platform: query.platform, signal }, progress)),
  }),
  ImageGetAll: async ({ engine }, { query }) => ({ kind: 'tar', body: await engine.images.save(query.names.flatMap((names) => names.split(','))) }),
  ImageGet: async ({ engine }, { name }) => ({ kind: 'tar', body: await engine.images.save([name]) }),
  ImageInspect: async ({ engine }, { name }) => value(await engine.images.inspect(name)),
  ImageHistory: async ({ engine }, { name }) => value(await engine.images.history(name)),
  ImageTag: async ({ engine }, { name, query }) => {
    // dockerd takes a request that names nothing for one that has nothing to do.
    if ((query.repo ?? '') === '') return { kind: 'value', status: 200 };
    return value(await engine.images.tag(name, query.repo ?? '', query.tag ?? ''));
  },
  ImageDelete: async ({ engine }, { name, query }) => {
    if (name.trim() === '') fail('invalidArgument', 'image name cannot be blank');
    return value(await engine.images.remove(name, { force: query.force, noprune: query.noprune }));
  },
  NetworkList: async ({ engine }, { query }) => value(await engine.networks.list({ filters: query.filters })),
  NetworkInspect: async ({ engine }, { name }) => value(await engine.networks.inspect(name)),
  VolumeInspect: async ({ engine }, { name }) => value(await engine.volumes.inspect(name)),
  // There are no plugins; clients that look for an object by its name ask here too.
  PluginInspect: async (_services, { name }) => fail('notFound', `plugin ${JSON.stringify(name)} not found`),
  Ping: ping,
  PingHead: ping,
  SystemVersion: async ({ engine }) => value(await engine.system.version()),
  SystemInfo: async ({ engine }) => value(await engine.system.info()),
  SystemEvents: systemEvents,
  SystemDataUsage: systemDataUsage,
  Metrics: async ({ metrics }) => {
    if (metrics === undefined) fail('notFound', 'page not found');
    const { contentType, text } = await metrics();
    return { kind: 'text', type: contentType, text };
  },
  OpenApi: async () => ({ kind: 'text', type: 'application/json', text: JSON.stringify(openApiDocument()) }),
};

/** The handler of every endpoint that doesn't take the connection over. */
export const handlers: { readonly [Id in PlainEndpointId]: Handler<Id> } = { ...containerHandlers, ...fileHandlers, ...restHandlers };

async function imageCreate({ engine }: Services, { query, tar, signal }: Call<'ImageCreate'>): Promise<Reply> {
  if (query.fromImage !== undefined) fail('notImplemented', 'pulling images (POST /images/create?fromImage) is not served by Berth yet');
  if (query.fromSrc === undefined) fail('invalidArgument', 'one of fromImage and fromSrc is required');
  if (query.fromSrc !== '-') fail('notImplemented', 'importing an image from a URL is not served by Berth: pipe the archive to it (fromSrc=-)');
  const { repo = '', tag = '', message = '', changes, platform } = query;
  return {
    kind: 'lines', atOnce: false, errorsInBand: false,
    run: (write) => withProgress(write, (progress) => engine.images.import(tar(), { repo, tag, message, changes, platform, signal }, progress)),
  };
}

/** Progress lines are written as they come; the next step of the work doesn't wait for a slow client, but its end does. */
async function withProgress(write: WriteLine, work: (progress: (line: object) => void) => Promise<void>): Promise<void> {
  let sent: Promise<void> | undefined;
  await work((line) => {
    const pending = write(encodeLine(line));
    // A client that left is noticed by the work through its signal.
    if (pending !== undefined) sent = pending.catch(() => undefined);
  });
  await sent;
}

async function ping({ engine }: Services): Promise<Reply> {
  const { osType } = engine.system.ping();
  return {
    kind: 'text', type: 'text/plain; charset=utf-8', text: 'OK',
    headers: { 'Builder-Version': '1', 'Cache-Control': 'no-cache, no-store, must-revalidate', Pragma: 'no-cache', Swarm: 'inactive', Ostype: osType },
  };
}

async function systemEvents({ engine }: Services, { query, signal }: Call<'SystemEvents'>): Promise<Reply> {
  const { since, until, filters } = query;
  if (since !== undefined && until !== undefined && since > until) {
    fail('invalidArgument', `\`since\` time (${since / 1_000_000_000n}) cannot be after \`until\` time (${until / 1_000_000_000n})`);
  }
  const iterator = engine.events.subscribe({ since, until, filters, signal })[Symbol.asyncIterator]();
  const first = iterator.next();
  // Wrong filters are found as soon as the subscription begins, and must be an answer, not a broken stream.
  await Promise.race([first, new Promise((resolve) => setImmediate(resolve))]);
  return {
    kind: 'lines', atOnce: true, errorsInBand: false,
    run: async (write) => {
      try {
        for (let next = await first; next.done !== true; next = await iterator.next()) await write(encodeDocument('EventMessage', next.value));
      } finally {
        await iterator.return?.();
      }
    },
  };
}

const usageTypes: Readonly<Record<string, readonly string[]>> = {
  container: ['Containers'], image: ['LayersSize', 'Images'], volume: ['Volumes'], 'build-cache': ['BuildCache'],
};

async function systemDataUsage({ engine }: Services, { query }: Call<'SystemDataUsage'>): Promise<Reply> {
  for (const type of query.type) if (usageTypes[type] === undefined) fail('invalidArgument', `unknown object type: ${type}`);
  const usage = await engine.system.diskUsage();
  if (query.type.length === 0) return value(usage);
  const wanted = query.type.flatMap((type) => usageTypes[type] ?? []);
  return value(Object.fromEntries(Object.entries(usage).filter(([key]) => wanted.includes(key))));
}
