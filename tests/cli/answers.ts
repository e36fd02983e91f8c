import { type Canned, frame, type Routes } from './fake-daemon.ts';

/** What the fake daemon answers to both clients. */

const hex = (digit: string): string => digit.repeat(64);
const now = Math.floor(Date.now() / 1000);

const containers = [
  {
    Id: hex('a'), Names: ['/web'], Image: 'nginx:1.27', ImageID: `sha256:${hex('1')}`, Command: '/docker-entrypoint.sh nginx -g \'daemon off;\'', Created: now - 3700,
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { PrivatePort: 443, Type: 'tcp' },
      { IP: '0.0.0.0', PrivatePort: 9000, PublicPort: 9000, Type: 'udp' }, { IP: '0.0.0.0', PrivatePort: 9001, PublicPort: 9001, Type: 'udp' },
    ],
    Labels: { b: '2', a: '1', 'com.example.some-thing': 'x' }, State: 'running', Status: 'Up About an hour', HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: { bridge: {} } }, Mounts: [{ Type: 'volume', Name: 'a-very-long-volume-name', Driver: 'local', Destination: '/d' }], SizeRw: 1234, SizeRootFs: 190_000_000,
  },
  {
    Id: hex('b'), Names: ['/two', '/web/alias'], Image: `sha256:${hex('2')}`, ImageID: `sha256:${hex('2')}`, Command: 'sh', Created: now - 11_400, Ports: [], Labels: {}, State: 'exited',
    Status: 'Exited (0) 3 seconds ago', HostConfig: { NetworkMode: 'host' }, NetworkSettings: { Networks: { host: {} } }, Mounts: [],
  },
];

const images = [
  { Id: `sha256:${hex('1')}`, RepoTags: ['nginx:1.27'], RepoDigests: [`nginx@sha256:${hex('9')}`], Created: now - 86400 * 20, Size: 192_345_678, SharedSize: -1, Containers: -1, Labels: null },
  { Id: `sha256:${hex('2')}`, RepoTags: null, RepoDigests: [`busybox@sha256:${hex('8')}`], Created: now - 86400 * 400, Size: 4_261_550, SharedSize: -1, Containers: -1, Labels: null },
  { Id: `sha256:${hex('3')}`, RepoTags: [], RepoDigests: [], Created: now - 18_600, Size: 999, SharedSize: -1, Containers: -1, Labels: null },
];

const inspected = {
  Id: hex('a'), Created: '2026-01-02T03:04:05.678901234Z', Path: 'sh', Args: ['-c', 'echo <&>'], State: { Status: 'running', Running: true, Paused: false, Restarting: false, ExitCode: 0, Pid: 42 },
  Image: `sha256:${hex('1')}`, Name: '/web', RestartCount: 0, HostConfig: { Memory: 9_007_199_254_740_993n, Binds: null, NetworkMode: 'bridge', PortBindings: {} },
  Config: { Tty: false, OpenStdin: false, Env: ['A=1', 'PATH=/bin'], Cmd: ['sh', '-c'], Labels: { x: 'y' } }, NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } }, Ports: {} }, Mounts: [],
};

const jsonText = (value: unknown): string => JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `@@${inner}@@` : inner)).replaceAll(/"@@(\d+)@@"/g, '$1');

const notFound = (what: string): Canned => ({ status: 404, body: { message: what } });

const usage = {
  LayersSize: 200_000_000, Images: images.map((image, index) => ({ ...image, SharedSize: 1000, Containers: index === 0 ? 1 : 0 })), Containers: containers,
  Volumes: [{ Name: 'v1', UsageData: { RefCount: 0, Size: 1_000_000 } }, { Name: 'v2', UsageData: { RefCount: 1, Size: 500 } }], BuildCache: [],
};

// Modes are Go's: directory, symlink, character device.
const pathStats: Readonly<Record<string, readonly [mode: number, linkTarget: string]>> = {
  '/dir': [2 ** 31 + 0o755, ''], '/link': [2 ** 27 + 0o777, '/file'], '/tolink': [2 ** 27 + 0o777, '/dir'], '/null': [2 ** 26 + 2 ** 21 + 0o666, ''], '/file': [0o644, ''],
};

const archive = (body: boolean) => (request: { readonly path: string; readonly query: Readonly<Record<string, string>> }): Canned => {
  if (request.path.includes('nope')) return notFound('No such container: nope');
  const path = request.query['path'] ?? '';
  const [mode, linkTarget] = pathStats[path] ?? [undefined, ''];
  if (mode === undefined) return notFound(`Could not find the file ${path} in container web`);
  const stat = Buffer.from(JSON.stringify({ name: path.slice(1), size: 1, mode, mtime: '2020-01-01T00:00:00Z', linkTarget })).toString('base64');
  return { headers: { 'X-Docker-Container-Path-Stat': stat }, type: 'application/x-tar', body: body ? `TAR OF ${path}` : undefined };
};

const report = (name: string): Canned => ({ body: { Id: name } });

const processor = (total: number, system: number, online?: number): object => ({
  cpu_usage: { total_usage: total, percpu_usage: [total / 2, total / 2], usage_in_kernelmode: 0, usage_in_usermode: total }, system_cpu_usage: system,
  ...(online === undefined ? {} : { online_cpus: online }), throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
});
const link = (received: number, sent: number): object => ({ rx_bytes: received, rx_packets: 1, rx_errors: 0, rx_dropped: 0, tx_bytes: sent, tx_packets: 1, tx_errors: 0, tx_dropped: 0 });

const statistics = {
  web: {
    name: '/web', id: hex('a'), read: '2026-01-02T03:04:06Z', preread: '2026-01-02T03:04:05Z', pids_stats: { current: 12, limit: 100 },
    blkio_stats: { io_service_bytes_recursive: [{ major: 8, minor: 0, op: 'Read', value: 12_345_678 }, { major: 8, minor: 0, op: 'Write', value: 4096 }, { major: 8, minor: 0, op: 'Total', value: 99 }] },
    cpu_stats: processor(3_000_000_000, 40_000_000_000, 4), precpu_stats: processor(2_500_000_000, 38_000_000_000, 4),
    memory_stats: { usage: 123_456_789, limit: 268_435_456, stats: { total_inactive_file: 23_456_789, inactive_file: 1 } }, networks: { eth0: link(1_234_567, 89), eth1: link(1000, 900_000) },
  },
  two: {
    name: '/two', id: hex('b'), pids_stats: { current: 1 }, blkio_stats: { io_service_bytes_recursive: [{ major: 8, minor: 0, op: 'read', value: 5 }, { major: 8, minor: 0, op: 'write', value: 7_000_000_000 }] },
    cpu_stats: processor(900, 2000), precpu_stats: processor(100, 1000), memory_stats: { usage: 1000, limit: 0, stats: { inactive_file: 600 } },
  },
  idle: { name: '/idle', id: hex('c'), pids_stats: {}, blkio_stats: { io_service_bytes_recursive: null }, cpu_stats: { cpu_usage: { total_usage: 0 } }, precpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} },
};

export const routes: Routes = {
  'POST /containers/create': (request) => {
    const { Image: image } = JSON.parse(request.body) as { Image: string };
    if (image === 'missing') return notFound('No such image: missing:latest');
    if (image === 'bad') return { status: 400, body: { message: 'bad parameter' } };
    if (image === 'warned') return { status: 201, body: { Id: hex('d'), Warnings: ['careful'] } };
    return { status: 201, body: { Id: image === 'noexec' ? hex('e') : hex('a'), Warnings: [] } };
  },
  'POST /images/create': (request) => (request.query['fromSrc'] === undefined
    ? notFound('pull access denied for missing, repository does not exist or may require \'docker login\'')
    : { body: `{"status":"sha256:${hex('4')}"}\n` }),
  'POST /containers/*/attach': (request) => ({
    stream: request.path.includes(hex('e')) ? Buffer.alloc(0) : Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, 'three')]), echo: request.query['stdin'] === '1',
  }),
  'POST /containers/*/wait': { body: { StatusCode: 7 } },
  'POST /containers/*/start': (request) => {
    if (request.path.includes(hex('e'))) return { status: 400, body: { message: 'failed to create task: exec: "foo": executable file not found in $PATH: unknown' } };
    return request.path.includes('nope') ? notFound('No such container: nope') : { status: 204 };
  },
  'GET /containers/nope/json': notFound('No such container: nope'),
  'GET /containers/web/json': { body: jsonText(inspected) },
  'GET /containers/tty/logs': { body: 'raw output\n', type: 'application/vnd.docker.raw-stream' },
  'GET /containers/tty/json': { body: { ...inspected, Id: 'tty', HostConfig: {}, Config: { Tty: true } } },
  'GET /containers/*/json': { body: { ...inspected, HostConfig: { AutoRemove: false } } },
  'GET /containers/nope/logs': notFound('No such container: nope'),
  'GET /containers/*/logs': { body: Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n')]), type: 'application/vnd.docker.multiplexed-stream' },
  'HEAD /containers/*/archive': archive(false),
  'GET /containers/*/archive': archive(true),
  'PUT /containers/*/archive': { status: 200 },
  'GET /containers/nope/changes': notFound('No such container: nope'),
  'GET /containers/two/changes': { body: 'null' },
  'GET /containers/*/changes': { body: [{ Path: '/etc', Kind: 0 }, { Path: '/etc/new', Kind: 1 }, { Path: '/old', Kind: 2 }] },
  'GET /containers/nope/export': notFound('No such container: nope'),
  'GET /containers/*/export': { body: 'TAR BYTES', type: 'application/octet-stream' },
  'POST /commit': (request) => (request.query['container'] === 'nope' ? notFound('No such container: nope') : { status: 201, body: { Id: `sha256:${hex('5')}` } }),
  'GET /containers/json': { body: containers },
  'GET /images/json': { body: images },
  'GET /images/*/json': (request) => (request.path.includes('nope') ? notFound('No such image: nope') : { body: { Id: `sha256:${hex('1')}`, RepoTags: ['nginx:1.27'], Config: { Env: ['A=b'] } } }),
  'GET /images/*/history': {
    body: [
      { Id: `sha256:${hex('1')}`, Created: now - 7200, CreatedBy: '/bin/sh -c #(nop)\tCMD ["a-long-command" "with many" "arguments"]', Comment: 'note', Size: 1_234_567, Tags: null },
      { Id: '<missing>', Created: now - 86400 * 3, CreatedBy: 'ADD', Comment: '', Size: 0, Tags: null },
    ],
  },
  'POST /containers/nope/exec': notFound('No such container: nope'),
  'POST /containers/*/exec': { status: 201, body: { Id: 'e1' } },
  'POST /exec/*/start': (request) => (JSON.parse(request.body).Detach === true ? { status: 200 } : { stream: frame(1, 'from exec\n') }),
  'GET /exec/*/json': { body: { ID: 'e1', ExitCode: 4, Running: false } },
  'POST /containers/nope/stop': notFound('No such container: nope'),
  'POST /containers/*/stop': { status: 204 },
  'POST /containers/*/restart': { status: 204 },
  'POST /containers/nope/kill': notFound('No such container: nope'),
  'POST /containers/*/kill': { status: 204 },
  'POST /containers/*/pause': { status: 204 },
  'POST /containers/*/unpause': { status: 204 },
  'POST /containers/nope/rename': notFound('No such container: nope'),
  'POST /containers/*/rename': { status: 204 },
  'DELETE /containers/nope': notFound('No such container: nope'),
  'DELETE /containers/*': { status: 204 },
  'GET /containers/*/top': { body: { Titles: ['UID', 'PID', 'CMD'], Processes: [['root', '1', 'sh'], ['a-user-with-a-very-long-name', '22', 'sleep 5']] } },
  'GET /containers/nope/stats': notFound('No such container: nope'),
  'GET /containers/nope2/stats': notFound('No such container: nope2'),
  'GET /containers/*/stats': ({ path }) => ({ body: `${JSON.stringify(statistics[path.split('/')[2] as keyof typeof statistics] ?? statistics.idle)}\n` }),
  'POST /containers/nope/update': notFound('No such container: nope'),
  'POST /containers/*/update': ({ path }) => ({ body: { Warnings: path.includes('warned') ? ['careful', 'twice'] : null } }),
  'POST /images/*/tag': { status: 201 },
  'DELETE /images/nope': notFound('No such image: nope:latest'),
  'DELETE /images/*': { body: [{ Untagged: 'nginx:1.27' }, { Deleted: `sha256:${hex('1')}` }] },
  'POST /images/load': { body: '{"stream":"Loaded image: nginx:1.27\\n"}\n' },
  'GET /images/get': { body: 'TAR BYTES', type: 'application/x-tar' },
  'POST /containers/prune': { body: { ContainersDeleted: [hex('b')], SpaceReclaimed: 1234 } },
  'POST /images/prune': { body: { ImagesDeleted: [{ Untagged: 'x:y' }, { Deleted: 'sha256:1' }], SpaceReclaimed: 99 } },
  'GET /events': {
    body: ['{"status":"start","id":"abc","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"abc","Attributes":{"image":"busybox","name":"n"}},"scope":"local","time":1700000000,"timeNano":1700000000123456789}',
      '{"Type":"network","Action":"connect","Actor":{"ID":"net"},"scope":"local","time":1700000001,"timeNano":1700000001000000000}'].map((line) => `${line}\n`).join(''),
  },
  'GET /networks': {
    body: [
      { Name: 'net10', Id: hex('c'), Created: '2026-01-02T03:04:05.5Z', Scope: 'local', Driver: 'bridge', EnableIPv4: true, EnableIPv6: false, Internal: true, Labels: { k: 'v' } },
      { Name: 'net2', Id: hex('d'), Created: '2026-01-02T03:04:05Z', Scope: 'local', Driver: 'host', EnableIPv4: true, EnableIPv6: false, Internal: false, Labels: {} },
    ],
  },
  'GET /networks/bridge': report('bridge'),
  'GET /system/df': { body: usage },
  'GET /info': {
    body: {
      ID: 'the-id', Name: 'host', Containers: 3, ContainersRunning: 1, ContainersPaused: 0, ContainersStopped: 2, Images: 4, Driver: 'overlay2', DriverStatus: [['Backing Filesystem', 'extfs']],
      ServerVersion: '28.5.2', LoggingDriver: 'json-file', CgroupDriver: 'cgroupfs', CgroupVersion: '1', Plugins: { Volume: ['local'], Network: ['bridge', 'host'], Authorization: null, Log: ['json-file', 'local'] },
      CDISpecDirs: ['/etc/cdi'], Swarm: { LocalNodeState: 'inactive' }, Runtimes: { runc: { path: 'runc' } }, DefaultRuntime: 'runc', InitBinary: 'docker-init', ContainerdCommit: { ID: 'c1' }, RuncCommit: { ID: 'r1' },
      InitCommit: { ID: 'i1' }, SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'], KernelVersion: '6.1', OperatingSystem: 'Debian', OSType: 'linux', Architecture: 'x86_64', NCPU: 2, MemTotal: 8_000_000_000,
      DockerRootDir: '/var/lib/docker', Debug: false, Labels: ['l=1'], ExperimentalBuild: false, RegistryConfig: { IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true } }, InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'], Mirrors: [] },
      LiveRestoreEnabled: false, Warnings: ['WARNING: something'], DefaultAddressPools: null,
    },
  },
};
