/** Endpoints of images, networks and the daemon itself. Notation: see `endpoints.ts`. */
export const restEndpoints = {
  ImageList: {
    method: 'GET', path: '/images/json', answer: { status: 200, list: 'ImageSummary' },
    query: { all: 'bool', filters: 'filters', 'shared-size': 'bool', digests: 'bool', manifests: 'bool' },
  },
  ImageCreate: {
    method: 'POST', path: '/images/create', body: 'tar', answer: { status: 200, stream: 'lines' },
    query: {
      fromImage: 'string', fromSrc: 'string', repo: 'string', tag: 'string', message: 'string', changes: 'string[]', platform: 'string',
    },
  },
  ImageLoad: {
    method: 'POST', path: '/images/load', body: 'tar', answer: { status: 200, stream: 'lines' }, query: { quiet: 'bool', platform: 'string' },
  },
  ImageGetAll: {
    method: 'GET', path: '/images/get', answer: { status: 200, stream: 'tar' }, query: { names: 'string[]', platform: 'string' },
  },
  ImageGet: { method: 'GET', path: '/images/{name}/get', answer: { status: 200, stream: 'tar' }, query: { platform: 'string' } },
  ImageInspect: {
    method: 'GET', path: '/images/{name}/json', answer: { status: 200, document: 'ImageInspect' }, query: { manifests: 'bool', platform: 'string' },
  },
  ImageHistory: {
    method: 'GET', path: '/images/{name}/history', answer: { status: 200, list: 'ImageHistoryItem' }, query: { platform: 'string' },
  },
  ImageTag: { method: 'POST', path: '/images/{name}/tag', answer: { status: 201 }, query: { repo: 'string', tag: 'string' } },
  ImageDelete: {
    method: 'DELETE', path: '/images/{name}', answer: { status: 200, list: 'ImageDeleteItem' }, query: { force: 'bool', noprune: 'bool', platforms: 'string[]' },
  },
  NetworkList: { method: 'GET', path: '/networks', answer: { status: 200, list: 'NetworkInspect' }, query: { filters: 'filters' } },
  NetworkInspect: {
    method: 'GET', path: '/networks/{name}', answer: { status: 200, document: 'NetworkInspect' }, query: { verbose: 'bool', scope: 'string' },
  },
  VolumeInspect: { method: 'GET', path: '/volumes/{name}', answer: { status: 200, document: 'Volume' } },
  PluginInspect: { method: 'GET', path: '/plugins/{name}/json', answer: { status: 200 } },
  Ping: { method: 'GET', path: '/_ping', answer: { status: 200, stream: 'text' } },
  PingHead: { method: 'HEAD', path: '/_ping', answer: { status: 200, stream: 'text' } },
  SystemVersion: { method: 'GET', path: '/version', answer: { status: 200, document: 'SystemVersion' } },
  SystemInfo: { method: 'GET', path: '/info', answer: { status: 200, document: 'SystemInfo' } },
  SystemEvents: {
    method: 'GET', path: '/events', answer: { status: 200, stream: 'lines' }, query: { since: 'time', until: 'time', filters: 'filters' },
  },
  SystemDataUsage: { method: 'GET', path: '/system/df', answer: { status: 200, document: 'DiskUsage' }, query: { type: 'string[]' } },
  Metrics: { method: 'GET', path: '/metrics', answer: { status: 200, stream: 'text' }, own: true },
  OpenApi: { method: 'GET', path: '/openapi.json', answer: { status: 200, stream: 'text' }, own: true },
} as const;

/**
 * What the Docker Engine API has beyond the endpoints above: answered with 501 and its name, so that a client's user knows that it is
 * the engine and not the address that is lacking.
 */
export const unserved: readonly string[] = [
  'POST /auth', 'POST /build', 'POST /build/cancel', 'POST /build/prune', 'POST /session', 'POST /grpc',
  'POST /images/prune', 'POST /networks/prune', 'POST /volumes/prune',
  'GET /containers/{name}/checkpoints', 'POST /containers/{name}/checkpoints',
  'GET /images/search', 'POST /images/{name}/push', 'GET /distribution/{name}/json',
  'POST /networks/create', 'POST /networks/{name}/connect', 'POST /networks/{name}/disconnect', 'DELETE /networks/{name}',
  'GET /volumes', 'POST /volumes/create', 'PUT /volumes/{name}', 'DELETE /volumes/{name}',
  'GET /plugins', 'GET /plugins/privileges', 'POST /plugins/pull', 'POST /plugins/create',
  'POST /plugins/{name}/enable', 'POST /plugins/{name}/disable', 'POST /plugins/{name}/push', 'POST /plugins/{name}/upgrade',
  'POST /plugins/{name}/set', 'DELETE /plugins/{name}',
  'GET /swarm', 'POST /swarm/init', 'POST /swarm/join', 'POST /swarm/leave', 'POST /swarm/update', 'GET /swarm/unlockkey', 'POST /swarm/unlock',
  'GET /nodes', 'GET /nodes/{name}', 'POST /nodes/{name}/update', 'DELETE /nodes/{name}',
  'GET /services', 'GET /services/{name}', 'GET /services/{name}/logs', 'POST /services/create', 'POST /services/{name}/update', 'DELETE /services/{name}',
  'GET /tasks', 'GET /tasks/{name}', 'GET /tasks/{name}/logs',
  'GET /secrets', 'GET /secrets/{name}', 'POST /secrets/create', 'POST /secrets/{name}/update', 'DELETE /secrets/{name}',
  'GET /configs', 'GET /configs/{name}', 'POST /configs/create', 'POST /configs/{name}/update', 'DELETE /configs/{name}',
];
