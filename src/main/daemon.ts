import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { BerthError, errnoOf, fail, messageOf } from '#base/errors.ts';
import { replaceFile } from '#base/durable-file.ts';
import { apiVersion, minimumApiVersion } from '#api/endpoints.ts';
import { contentMigrations, openContentStore } from '#content/store.ts';
import { createEngine } from '#engine/engine.ts';
import { containerMigrations } from '#engine/registry.ts';
import { openFileHelpers } from '#engine/files/pool.ts';
import { endMigrations } from '#engine/why/ends.ts';
import { openRootFiles } from '#engine/root-files.ts';
import { loadBaseImage } from '#engine/base-image.ts';
import { imageMigrations } from '#images/schema.ts';
import { openImageService } from '#images/service.ts';
import { readHostFacts } from '#kernel/facts.ts';
import { closeFd } from '#kernel/fs-at.ts';
import { nativeFile } from '#kernel/native.ts';
import { openNetlink } from '#kernel/netlink.ts';
import { createNft, runNft } from '#kernel/nft.ts';
import { watchRules } from '#kernel/nft-watch.ts';
import { createPrograms } from '#kernel/programs.ts';
import { socketPair } from '#kernel/sockets.ts';
import { readSysctl, writeSysctl } from '#kernel/sysctl.ts';
import { createNetworkService } from '#network/service.ts';
import { networkMigrations } from '#network/table.ts';
import { compile } from '#runtime/compile.ts';
import { defaultSeccomp } from '#runtime/seccomp/default-seccomp.ts';
import { parseProfile, resolveProfile } from '#runtime/seccomp/profile.ts';
import { createServer } from '#server/server.ts';
import { createMetrics } from '#server/metrics.ts';
import { openSnapshotter, snapshotMigrations } from '#snapshots/snapshotter.ts';
import { takeLock } from '#store/lock.ts';
import { openStore } from '#store/store.ts';
import { createTaskService } from '#tasks/service.ts';
import { createVolumeService, volumeMigrations } from '#volumes/local.ts';
import { daemonHelp, parseDaemonOptions } from './daemon-options.ts';
import type { DaemonOptions } from './daemon-options.ts';

const version = '0.1.0';
/** Time that running requests get at the end. */
const graceMs = 5_000;

/** Runs the daemon until SIGTERM or SIGINT; containers go on. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseDaemonOptions(argv);
    if (options === 'help') {
      process.stdout.write(daemonHelp());
      return 0;
    }
    if (process.geteuid?.() !== 0) fail('forbidden', 'berth daemon needs root: it makes namespaces, mounts, cgroups and network interfaces', { hint: 'run it with sudo' });
    await runDaemon(options);
    return 0;
  } catch (error) {
    const hint = error instanceof BerthError && error.hint !== undefined ? `\n${error.hint}` : '';
    process.stderr.write(`berth daemon: ${messageOf(error)}${hint}\n`);
    if (!(error instanceof BerthError)) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
    return 1;
  }
}

/** Composition root: constructs everything, serves until told to end, and takes it down in reverse. */
async function runDaemon(options: DaemonOptions): Promise<void> {
  const log = pino({ level: options.logLevel, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'unexpected error'));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unexpected rejection'));
  await using stack = new AsyncDisposableStack();
  mkdirSync(options.dataRoot, { recursive: true, mode: 0o710 });
  chmodSync(options.dataRoot, 0o710); // nobody else may reach roots and volumes, and their set-uid files (CVE-2021-41091)
  mkdirSync(options.execRoot, { recursive: true, mode: 0o711 });
  const stop = stopSignal();
  const engine = stack.use(await compose(options, log, stack));
  takePidfile(options.pidfile, stack);
  const metrics = createMetrics(async () => {
    const info = await engine.system.info();
    const states = { running: info.ContainersRunning, paused: info.ContainersPaused, stopped: info.ContainersStopped };
    return [
      { name: 'berth_containers', help: 'Containers by state', type: 'gauge', samples: Object.entries(states).map(([state, value]) => ({ value, labels: { state } })) },
      { name: 'berth_images', help: 'Images', type: 'gauge', samples: [{ value: info.Images }] },
    ];
  });
  const server = createServer({ engine, logger: log, group: options.group, metrics });
  stack.defer(() => server.close(AbortSignal.timeout(graceMs)));
  const { background } = await engine.start();
  for (const host of options.hosts) await server.listen(host);
  if (options.dockerSocket) await server.listen('unix:///var/run/docker.sock').catch((error: unknown) => log.warn({ err: error }, `not serving /var/run/docker.sock: ${messageOf(error)}`));
  log.info({ pid: process.pid, version }, 'berth daemon is ready');
  void background.catch((error: unknown) => log.error({ err: error }, 'restarting containers'));
  log.info({ signal: await stop }, 'ending; containers keep running');
}

type StartableEngine = ReturnType<typeof createEngine>;

async function compose(options: DaemonOptions, log: Logger, stack: AsyncDisposableStack): Promise<StartableEngine> {
  const { dataRoot, execRoot } = options;
  const host = readHostFacts();
  const store = stack.use(openStore(`${dataRoot}/berth.db`, [...contentMigrations, ...snapshotMigrations, ...imageMigrations, ...networkMigrations, ...volumeMigrations, ...containerMigrations, ...endMigrations]));
  stack.use(takeLock(`${execRoot}/berth.lock`, { what: 'exec root', flag: '--exec-root' }));
  const engineId = daemonId(`${dataRoot}/engine-id`);
  const snapshots = stack.use(openSnapshotter(`${dataRoot}/snapshots`, store));
  const content = openContentStore(`${dataRoot}/content`, store);
  const images = stack.use(openImageService({ store, content, snapshots, directory: `${dataRoot}/snapshots` }));
  await loadBaseImage(images, baseImageArchive(), onceFile(`${dataRoot}/base-image-loaded`));
  const netlink = stack.use(openNetlink());
  const warn = (text: string): void => log.warn({}, text);
  const networks = stack.use(createNetworkService(store, { engineId, netlink, nft: createNft(), nftRun: runNft, watchRules, readSysctl, writeSysctl, nameservers: nameservers(), warn }, options.network));
  await networks.setUp();
  const programs = createPrograms();
  const shim = programs.sealed(nativeFile('berth-shim'));
  const tasks = createTaskService({ root: `${execRoot}/tasks`, launch: (cwd) => launchShim(shim, cwd) });
  return createEngine({
    store, images, snapshots, networks, tasks, host, log,
    volumes: createVolumeService(store, `${dataRoot}/volumes`),
    hostname: hostname(),
    version,
    paths: { dataRoot, execRoot, containers: `${dataRoot}/containers`, init: nativeFile('berth-init') },
    cgroupParent: options.cgroupParent,
    cdiSpecDirs: options.cdiSpecDirs,
    compile: (input) => compile(input, host),
    seccomp: (capabilities, profile) => (profile === '' ? defaultSeccomp(capabilities, host) : resolveProfile(parseProfile(profile), capabilities, host)),
    files: stack.use(openFileHelpers()),
    openRoot: openRootFiles,
    daemon: { version, gitCommit: '', buildTime: '', apiVersion, minApiVersion: minimumApiVersion, id: engineId, labels: options.labels, debug: options.debug },
  });
  function launchShim(program: number, cwd: string): Socket {
    const [ours, theirs] = socketPair();
    try {
      programs.spawnDetached({ program, argv: ['berth-shim', 'supervise'], env: [], fds: { 3: theirs }, cwd });
    } catch (error) {
      closeFd(ours);
      throw error;
    } finally {
      closeFd(theirs);
    }
    return new Socket({ fd: ours, readable: true, writable: true, allowHalfOpen: true });
  }
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    process.on('SIGHUP', () => undefined);
  });
}

/** The archive that the set-up made, beside the bundle or in build/ of the source tree. */
function baseImageArchive(): string {
  const here = import.meta.dirname;
  return [`${here}/base-image.tar`, `${here}/../../build/base-image.tar`].find((path) => existsSync(path)) ?? '';
}

function onceFile(path: string): { get(): boolean; set(): void } {
  return { get: () => existsSync(path), set: () => replaceFile(path, '', { sync: true }) };
}

/** A UUID that stays with the data root. */
function daemonId(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const hex = randomBytes(16).toString('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  replaceFile(path, `${id}\n`, { sync: true });
  return id;
}

function nameservers(): string[] {
  try {
    return [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  } catch {
    return [];
  }
}

/** Refuses when the daemon that wrote the file still runs; removes the file at the end. */
function takePidfile(path: string, stack: AsyncDisposableStack): void {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    const name = Number.isInteger(pid) && pid > 1 && pid !== process.pid ? readFileSync(`/proc/${pid}/cmdline`, 'latin1') : '';
    if (name.includes('daemon')) fail('conflict', `process with PID ${pid} is still running, but its pidfile ${path} is wanted by another daemon`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ESRCH') throw error;
  }
  replaceFile(path, `${process.pid}\n`, { mode: 0o644 });
  stack.defer(() => rmSync(path, { force: true }));
}

if (import.meta.main) void main(process.argv.slice(2)).then((code) => process.exit(code));
