import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Outcome, run, type RunOptions, uniqueId } from '../support/command.ts';
import { cgroupDirectories } from '../support/leaks.ts';
import { makeNetworkNamespace, type NetworkNamespace } from '../support/netns.ts';
import { fetchOracle, oracleEnv } from '../support/oracle.ts';
import { makeScratch } from '../support/scratch.ts';
import { Bundle } from './harness.ts';

/** The program that users name to their engines. */
export const LAUNCHER: string = join(import.meta.dirname, '../../berth-runtime');

/** podman and buildah with one OCI runtime: their own storage, configuration, network namespace and cgroup parent. */
export interface Peer extends AsyncDisposable {
  readonly runtime: string;
  readonly scratch: string;
  readonly namespace: NetworkNamespace;
  /** Top cgroup of its containers. */
  readonly cgroupParent: string;
  podman(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  buildah(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** A script of the same programs, in which $PARENT is the cgroup parent. Its stderr goes to its stdout. */
  script(text: string): Promise<string>;
}

/** Downloads (once) and unpacks podman and buildah; the path of their root. */
function fetchPeers(): Promise<string> {
  return must(join(import.meta.dirname, '../support/fetch-peers'), [], { timeoutMs: 600_000 });
}

/** Sets podman and buildah up with the runtime `berth` or `runc`, and the image `box` (busybox). */
export async function startPeer(runtime: 'berth' | 'runc'): Promise<Peer> {
  const [oracle, peers] = [await fetchOracle(), await fetchPeers()];
  const id = `${runtime}${uniqueId()}`;
  await using stack = new AsyncDisposableStack();
  const namespace = stack.use(await makeNetworkNamespace(id));
  const scratch = stack.use(await makeScratch(id, 'tmpfs', 1024)).path;
  const cgroupParent = `b-${id}`;
  const program = runtime === 'berth' ? LAUNCHER : join(oracle, 'usr/sbin/runc');
  configure(scratch, peers, runtime, program);
  const env = { ...peerEnv(scratch, oracle, peers), BUILDAH_ISOLATION: 'oci', BUILDAH_RUNTIME: program, PARENT: `/${cgroupParent}` };
  const holder = stack.use(await holdLibraries(namespace, scratch, oracle, peers));
  // podman waits until conmon is reaped, which a machine's first process may be slow at: tini does it at once.
  const reaper = [join(oracle, 'usr/bin/tini-static'), '-s', '--'];
  const inside = (name: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
    run('nsenter', ['--target', String(holder.pid), '--mount', '--net', `--wdns=${scratch}`, ...reaper, name, ...args], { ...options, env: { ...env, ...options.env } });
  const podman = (args: readonly string[], options?: RunOptions): Promise<Outcome> => inside(join(peers, 'usr/bin/podman'), args, options);
  stack.defer(async () => {
    await podman(['pod', 'rm', '-fa', '-t', '0']);
    await podman(['rm', '-fa', '-t', '0']);
    removeCgroups(cgroupParent);
  });
  await importBox(scratch, podman);
  const owned = stack.move();
  return {
    runtime, scratch, namespace, cgroupParent, podman,
    buildah: (args, options) => inside(join(peers, 'usr/bin/buildah'), args, options),
    script: async (text) => (await inside('sh', ['-c', `exec 2>&1\n${text}`])).stdout,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * A mount namespace in which the unpacked libraries lie over the system's: podman starts itself again with an environment
 * of its own choice, which LD_LIBRARY_PATH is not part of. /dev/shm, where its locks are, is its own too. It lasts as long as the process that holds it.
 */
async function holdLibraries(namespace: NetworkNamespace, scratch: string, oracle: string, peers: string): Promise<AsyncDisposable & { readonly pid: number }> {
  const machine = process.arch === 'x64' ? 'x86_64-linux-gnu' : 'aarch64-linux-gnu';
  const lower = [`${peers}/usr/lib/${machine}`, `${peers}/lib/${machine}`, `${oracle}/usr/lib/${machine}`, `/usr/lib/${machine}`].join(':');
  const script = `mount -t overlay -o lowerdir=${lower} libraries /usr/lib/${machine} && mount -t tmpfs locks /dev/shm && echo ready && exec sleep infinity`;
  const child = spawn('nsenter', [`--net=${namespace.path}`, 'setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'slave', 'sh', '-c', script], { cwd: scratch, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await Promise.race([new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true))), ended.then(() => false)]);
  if (!ready || child.pid === undefined) throw new Error(`the libraries of podman cannot be mounted over /usr/lib/${machine}`);
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function importBox(scratch: string, podman: Peer['podman']): Promise<void> {
  await using bundle = new Bundle('peers');
  writeFileSync(bundle.path('rootfs/etc/group'), 'root:x:0:\nuser:x:1000:\n');
  const archive = join(scratch, 'box.tar');
  await must('tar', ['-C', bundle.path('rootfs'), '-cf', archive, '.']);
  const { code, stderr } = await podman(['import', '-q', '-c', 'CMD ["sh"]', archive, 'box']);
  if (code !== 0) throw new Error(`podman import ended with ${code}: ${stderr}`);
}

// Nothing of this machine's configuration, storage or locks is used.
function configure(scratch: string, peers: string, runtime: string, program: string): void {
  mkdirSync(join(scratch, 'home/.config/containers'), { recursive: true });
  const lists = {
    'containers.conf': `[containers]
log_driver = "k8s-file"
init_path = "${peers}/usr/bin/catatonit"
seccomp_profile = "${peers}/usr/share/containers/seccomp.json"
default_ulimits = ["nofile=1024:1024", "nproc=8192:8192"]
[engine]
runtime = "${runtime}"
runtime_supports_json = ["berth", "runc"]
cgroup_manager = "cgroupfs"
events_logger = "file"
conmon_path = ["${peers}/usr/bin/conmon"]
helper_binaries_dir = ["${peers}/usr/lib/podman", "${peers}/usr/bin"]
static_dir = "${scratch}/static"
tmp_dir = "${scratch}/tmp"
volume_path = "${scratch}/volumes"
[engine.runtimes]
${runtime} = ["${program}"]
[network]
network_backend = "netavark"
network_config_dir = "${scratch}/networks"
`,
    'storage.conf': `[storage]\ndriver = "overlay"\ngraphroot = "${scratch}/graph"\nrunroot = "${scratch}/run"\n`,
    'registries.conf': 'unqualified-search-registries = []\n',
    'home/.config/containers/policy.json': '{"default":[{"type":"insecureAcceptAnything"}]}\n',
  };
  for (const [name, text] of Object.entries(lists)) writeFileSync(join(scratch, name), text);
}

function peerEnv(scratch: string, oracle: string, peers: string): Record<string, string> {
  return {
    PATH: `${peers}/usr/bin:${oracleEnv(oracle)['PATH'] ?? ''}`,
    HOME: join(scratch, 'home'),
    LC_ALL: 'C',
    CONTAINERS_CONF: join(scratch, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(scratch, 'storage.conf'),
    CONTAINERS_REGISTRIES_CONF: join(scratch, 'registries.conf'),
  };
}

// Both engines leave the parents of their containers' cgroups; children come after their parents in the list.
function removeCgroups(parent: string): void {
  const parents = ['', ...readdirSync('/sys/fs/cgroup')].map((hierarchy) => join('/sys/fs/cgroup', hierarchy, parent));
  for (const path of [...cgroupDirectories(parent).reverse(), ...parents]) {
    if (existsSync(path)) rmdirSync(path);
  }
}

/** What differs from run to run: ids, times and the runtime's own name. */
export function normalised(text: string, peer: Peer): string {
  return text
    .replaceAll(peer.scratch, 'SCRATCH')
    .replaceAll(peer.cgroupParent, 'PARENT')
    .replace(/\b[0-9a-f]{64}\b/g, 'ID')
    .replace(/time="[^"]*" /g, '')
    .replace(/\S*\/runc|\S*\/berth-runtime/g, 'RUNTIME')
    .replace(/berth: berth runtime|runc: runc/g, 'NAME: NAME')
    .replace(/berth runtime create|runc create/g, 'NAME create')
    .replace(/berth runtime|runc/g, 'NAME');
}
