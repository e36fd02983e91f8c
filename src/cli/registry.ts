import type { Command } from './command.ts';

/** Where every command lives: its path, aliases and file. Files are loaded only when their command runs. */

export interface Entry {
  /** Paths without the program's name; the last one listed is the short form that help is filed under. */
  readonly paths: readonly string[];
  /** Shown as Docker's "Aliases:"; empty for none. */
  readonly aliases?: readonly string[];
  readonly short: string;
  load(): Promise<Command>;
}

const container = (verb: string, short: string, load: () => Promise<Command>): Entry => ({
  paths: [`container ${verb}`, verb], aliases: [`container ${verb}`, verb], short, load,
});
const image = (verb: string, short: string, load: () => Promise<Command>): Entry => ({
  paths: [`image ${verb}`, verb], aliases: [`image ${verb}`, verb], short, load,
});

/** All commands, in no order that matters. */
export const entries: readonly Entry[] = [
  container('run', 'Create and run a new container from an image', async () => (await import('./commands/run.ts')).run),
  container('create', 'Create a new container', async () => (await import('./commands/create.ts')).create),
  container('start', 'Start one or more stopped containers', async () => (await import('./commands/start.ts')).start),
  container('attach', 'Attach local standard input, output, and error streams to a running container', async () => (await import('./commands/attach.ts')).attach),
  container('wait', 'Block until one or more containers stop, then print their exit codes', async () => (await import('./commands/simple.ts')).wait),
  container('logs', 'Fetch the logs of a container', async () => (await import('./commands/logs.ts')).logs),
  container('exec', 'Execute a command in a running container', async () => (await import('./commands/exec.ts')).exec),
  { paths: ['exec ls'], short: 'List exec sessions', load: async () => (await import('./commands/exec-sessions.ts')).execLs },
  { paths: ['exec kill'], short: 'Kill all processes of an exec session', load: async () => (await import('./commands/exec-sessions.ts')).execKill },
  container('stop', 'Stop one or more running containers', async () => (await import('./commands/simple.ts')).stop),
  container('restart', 'Restart one or more containers', async () => (await import('./commands/simple.ts')).restart),
  container('kill', 'Kill one or more running containers', async () => (await import('./commands/simple.ts')).kill),
  container('pause', 'Pause all processes within one or more containers', async () => (await import('./commands/simple.ts')).pause),
  container('unpause', 'Unpause all processes within one or more containers', async () => (await import('./commands/simple.ts')).unpause),
  container('rename', 'Rename a container', async () => (await import('./commands/simple.ts')).rename),
  container('cp', 'Copy files/folders between a container and the local filesystem', async () => (await import('./commands/cp.ts')).cp),
  container('commit', "Create a new image from a container's changes", async () => (await import('./commands/commit.ts')).commit),
  container('diff', "Inspect changes to files or directories on a container's filesystem", async () => (await import('./commands/diff.ts')).diff),
  container('export', "Export a container's filesystem as a tar archive", async () => (await import('./commands/export.ts')).exportContainer),
  container('stats', 'Display a live stream of container(s) resource usage statistics', async () => (await import('./commands/stats.ts')).stats),
  container('update', 'Update configuration of one or more containers', async () => (await import('./commands/update.ts')).update),
  container('top', 'Display the running processes of a container', async () => (await import('./commands/top.ts')).top),
  {
    paths: ['container rm', 'container remove', 'rm'], aliases: ['container rm', 'container remove', 'rm'],
    short: 'Remove one or more containers', load: async () => (await import('./commands/simple.ts')).rm,
  },
  {
    paths: ['container ls', 'container list', 'container ps', 'ps'], aliases: ['container ls', 'container list', 'container ps', 'ps'],
    short: 'List containers', load: async () => (await import('./commands/ps.ts')).ps,
  },
  { paths: ['container inspect'], short: 'Display detailed information on one or more containers', load: async () => (await import('./commands/inspect.ts')).containerInspect },
  { paths: ['container prune'], short: 'Remove all stopped containers', load: async () => (await import('./commands/prune.ts')).containerPrune },
  { paths: ['inspect'], short: 'Return low-level information on Docker objects', load: async () => (await import('./commands/inspect.ts')).inspect },
  { paths: ['image ls', 'image list', 'images'], aliases: ['image ls', 'image list', 'images'], short: 'List images', load: async () => (await import('./commands/images.ts')).images },
  { paths: ['image rm', 'image remove', 'rmi'], aliases: ['image rm', 'image remove', 'rmi'], short: 'Remove one or more images', load: async () => (await import('./commands/rmi.ts')).rmi },
  { paths: ['image inspect'], short: 'Display detailed information on one or more images', load: async () => (await import('./commands/inspect.ts')).imageInspect },
  { paths: ['image prune'], short: 'Remove unused images', load: async () => (await import('./commands/prune.ts')).imagePrune },
  image('load', 'Load an image from a tar archive or STDIN', async () => (await import('./commands/load.ts')).load),
  image('save', 'Save one or more images to a tar archive (streamed to STDOUT by default)', async () => (await import('./commands/save.ts')).save),
  image('import', 'Import the contents from a tarball to create a filesystem image', async () => (await import('./commands/import.ts')).importImage),
  image('tag', 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', async () => (await import('./commands/simple.ts')).tag),
  image('history', 'Show the history of an image', async () => (await import('./commands/history.ts')).history),
  { paths: ['system events', 'events'], aliases: ['system events', 'events'], short: 'Get real time events from the server', load: async () => (await import('./commands/events.ts')).events },
  { paths: ['system info', 'info'], aliases: ['system info', 'info'], short: 'Display system-wide information', load: async () => (await import('./commands/info.ts')).info },
  { paths: ['system df'], short: 'Show docker disk usage', load: async () => (await import('./commands/df.ts')).df },
  { paths: ['network ls', 'network list'], aliases: ['network ls', 'network list'], short: 'List networks', load: async () => (await import('./commands/network-ls.ts')).networkLs },
  { paths: ['network inspect'], short: 'Display detailed information on one or more networks', load: async () => (await import('./commands/inspect.ts')).networkInspect },
  { paths: ['version'], short: 'Show the Docker version information', load: async () => (await import('./commands/version.ts')).version },
  { paths: ['why'], short: 'Tell why a container ended, with the evidence', load: async () => (await import('./commands/why.ts')).why },
  { paths: ['explain run', 'explain create'], short: 'Print every step of starting a container, without running it', load: async () => (await import('./commands/explain.ts')).explain },
  { paths: ['daemon'], short: 'Run the daemon', load: async () => (await import('./commands/roots.ts')).daemon },
  { paths: ['runtime'], short: 'Run or manage one container as an OCI runtime', load: async () => (await import('./commands/roots.ts')).runtime },
];

/** Commands that only hold others. */
export const groups: Readonly<Record<string, string>> = {
  container: 'Manage containers',
  explain: 'Show what a command would do, step by step',
  image: 'Manage images',
  network: 'Manage networks',
  system: 'Manage Docker',
};

/** The root page's first block, in Docker's order. */
export const common: readonly string[] = ['run', 'exec', 'ps', 'images', 'version', 'info'];

export interface Found {
  readonly entry: Entry;
  /** Canonical path: "container ls" also for "container ps". */
  readonly path: string;
  readonly rest: readonly string[];
}

/** Finds the command that argv starts with. Undefined when it names none. */
export function findCommand(argv: readonly string[]): Found | undefined {
  const [first, second] = argv;
  if (first === undefined) return undefined;
  // `exec` is a command with verbs of its own: a container of such a name is reached by its id.
  const isGroup = Object.hasOwn(groups, first) || (first === 'exec' && entries.some(({ paths }) => paths.includes(`exec ${second}`)));
  const wanted = isGroup ? `${first} ${second ?? ''}` : first;
  const entry = entries.find((candidate) => candidate.paths.includes(wanted));
  if (entry === undefined) return undefined;
  const path = isGroup ? (entry.paths.find((candidate) => candidate.startsWith(`${first} `)) as string) : first;
  // Explain keeps its verbs apart: they differ in nothing but the name.
  return { entry, path: first === 'explain' ? wanted : path, rest: argv.slice(isGroup ? 2 : 1) };
}
