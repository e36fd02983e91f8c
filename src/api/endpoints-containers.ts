/** Endpoints of containers and execs. Notation: see `endpoints.ts`. */
export const containerEndpoints = {
  ContainerList: {
    method: 'GET', path: '/containers/json', answer: { status: 200, list: 'ContainerSummary' },
    query: { all: 'bool', limit: 'int', size: 'bool', filters: 'filters', since: 'string', before: 'string' },
  },
  ContainerCreate: {
    method: 'POST', path: '/containers/create', body: 'ContainerCreateBody', answer: { status: 201, document: 'ContainerCreateResponse' },
    query: { name: 'string', platform: 'string' },
  },
  ContainerInspect: {
    method: 'GET', path: '/containers/{name}/json', answer: { status: 200, document: 'ContainerInspect' }, query: { size: 'bool' },
  },
  ContainerTop: {
    method: 'GET', path: '/containers/{name}/top', answer: { status: 200, document: 'ContainerTop' }, query: { ps_args: 'string' },
  },
  ContainerStats: {
    method: 'GET', path: '/containers/{name}/stats', answer: { status: 200, stream: 'lines' }, query: { stream: 'bool=true', 'one-shot': 'bool' },
  },
  ContainerUpdate: {
    method: 'POST', path: '/containers/{name}/update', body: 'ContainerUpdateBody', answer: { status: 200, document: 'ContainerUpdateResponse' },
  },
  ContainerPrune: {
    method: 'POST', path: '/containers/prune', answer: { status: 200, document: 'ContainersPruneResponse' }, query: { filters: 'filters' }, since: '1.25',
  },
  ContainerLogs: {
    method: 'GET', path: '/containers/{name}/logs', answer: { status: 200, stream: 'frames' },
    query: {
      follow: 'bool', stdout: 'bool', stderr: 'bool', since: 'time', until: 'time', timestamps: 'bool', details: 'bool', tail: 'string',
    },
  },
  ContainerArchiveInfo: {
    method: 'HEAD', path: '/containers/{name}/archive', answer: { status: 200 }, query: { path: 'string' },
  },
  ContainerArchive: {
    method: 'GET', path: '/containers/{name}/archive', answer: { status: 200, stream: 'tar' }, query: { path: 'string' },
  },
  PutContainerArchive: {
    method: 'PUT', path: '/containers/{name}/archive', body: 'tar', answer: { status: 200 },
    query: { path: 'string', noOverwriteDirNonDir: 'bool', copyUIDGID: 'bool' },
  },
  ContainerExport: { method: 'GET', path: '/containers/{name}/export', answer: { status: 200, stream: 'tar' } },
  ContainerChanges: { method: 'GET', path: '/containers/{name}/changes', answer: { status: 200, list: 'FilesystemChange' } },
  ImageCommit: {
    method: 'POST', path: '/commit', body: 'CommitBody', answer: { status: 201, document: 'CommitResponse' },
    query: { container: 'string', repo: 'string', tag: 'string', comment: 'string', author: 'string', pause: 'string', changes: 'string[]' },
  },
  ContainerAttachWebsocket: {
    method: 'GET', path: '/containers/{name}/attach/ws', answer: { status: 101, stream: 'websocket' },
    query: { detachKeys: 'string', logs: 'bool', stream: 'bool', stdin: 'bool', stdout: 'bool', stderr: 'bool' },
  },
  ContainerAttach: {
    method: 'POST', path: '/containers/{name}/attach', answer: { status: 101, stream: 'hijack' },
    query: { detachKeys: 'string', logs: 'bool', stream: 'bool', stdin: 'bool', stdout: 'bool', stderr: 'bool' },
  },
  ContainerStart: {
    method: 'POST', path: '/containers/{name}/start', answer: { status: 204 }, query: { detachKeys: 'string', checkpoint: 'string', 'checkpoint-dir': 'string' },
  },
  ContainerStop: {
    method: 'POST', path: '/containers/{name}/stop', answer: { status: 204 }, query: { signal: 'string', t: 'int' },
  },
  ContainerRestart: {
    method: 'POST', path: '/containers/{name}/restart', answer: { status: 204 }, query: { signal: 'string', t: 'int' },
  },
  ContainerKill: { method: 'POST', path: '/containers/{name}/kill', answer: { status: 204 }, query: { signal: 'string' } },
  ContainerPause: { method: 'POST', path: '/containers/{name}/pause', answer: { status: 204 } },
  ContainerUnpause: { method: 'POST', path: '/containers/{name}/unpause', answer: { status: 204 } },
  ContainerRename: { method: 'POST', path: '/containers/{name}/rename', answer: { status: 204 }, query: { name: 'string' } },
  ContainerResize: { method: 'POST', path: '/containers/{name}/resize', answer: { status: 200 }, query: { h: 'string', w: 'string' } },
  ContainerWait: {
    method: 'POST', path: '/containers/{name}/wait', answer: { status: 200, document: 'ContainerWaitResponse' }, query: { condition: 'string' },
  },
  ContainerDelete: {
    method: 'DELETE', path: '/containers/{name}', answer: { status: 204 }, query: { v: 'bool', force: 'bool', link: 'bool' },
  },
  ContainerPlan: { method: 'GET', path: '/containers/{name}/plan', answer: { status: 200, document: 'Explanation' }, own: true },
  ContainerWhy: { method: 'GET', path: '/containers/{name}/why', answer: { status: 200, document: 'Why' }, own: true },
  Explain: {
    method: 'POST', path: '/berth/explain', body: 'ContainerCreateBody', answer: { status: 200, document: 'Explanation' }, own: true,
    query: { name: 'string' },
  },
  ExecCreate: {
    method: 'POST', path: '/containers/{name}/exec', body: 'ExecCreateBody', answer: { status: 201, document: 'ExecCreateResponse' },
  },
  ExecStart: {
    method: 'POST', path: '/exec/{name}/start', body: 'ExecStartBody', answer: { status: 101, stream: 'hijack' },
  },
  ExecResize: { method: 'POST', path: '/exec/{name}/resize', answer: { status: 200 }, query: { h: 'string', w: 'string' } },
  ExecInspect: { method: 'GET', path: '/exec/{name}/json', answer: { status: 200, document: 'ExecInspect' } },
  ExecList: { method: 'GET', path: '/berth/execs', answer: { status: 200, list: 'ExecSession' }, query: { all: 'bool' }, own: true },
  ContainerExecList: {
    method: 'GET', path: '/berth/containers/{name}/execs', answer: { status: 200, list: 'ExecSession' }, query: { all: 'bool' }, own: true,
  },
  ExecKill: { method: 'POST', path: '/exec/{name}/kill', answer: { status: 204 }, query: { signal: 'string' }, own: true },
} as const;
