import { readFileSync } from 'node:fs';
import { BOOL, INT, LIST, STRING } from '#cli/flag-types.ts';
import { parseFlags } from '#cli/flags.ts';
import type { FlagSpec, Flags } from '#cli/flags.ts';
import { errnoOf, fail, messageOf } from '#base/errors.ts';
import type { NetworkOptions } from '#network/options.ts';

/** How the daemon runs, from flags over the configuration file over defaults. */
export interface DaemonOptions {
  readonly hosts: readonly string[];
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidfile: string;
  readonly group: string;
  readonly logLevel: string;
  readonly debug: boolean;
  readonly labels: readonly string[];
  readonly cgroupParent: string;
  readonly cdiSpecDirs: readonly string[];
  /** Also serve /var/run/docker.sock when nobody else does. */
  readonly dockerSocket: boolean;
  readonly network: NetworkOptions;
}

const DEFAULT_CONFIG = '/etc/berth/daemon.json';

const FLAGS: readonly FlagSpec[] = [
  { name: 'host', short: 'H', type: LIST, usage: 'Daemon socket(s) to connect to (default unix:///run/berth/berth.sock)' },
  { name: 'data-root', type: STRING, usage: 'Root directory of persistent state', initial: '/var/lib/berth', shown: '"/var/lib/berth"' },
  { name: 'exec-root', type: STRING, usage: 'Root directory for execution state files', initial: '/run/berth', shown: '"/run/berth"' },
  { name: 'pidfile', short: 'p', type: STRING, usage: 'Path to use for daemon PID file (default EXEC-ROOT/berth.pid)' },
  { name: 'group', short: 'G', type: STRING, usage: 'Group for the unix socket', initial: 'docker', shown: '"docker"' },
  { name: 'config-file', type: STRING, usage: 'Daemon configuration file', initial: DEFAULT_CONFIG, shown: `"${DEFAULT_CONFIG}"` },
  { name: 'log-level', short: 'l', type: STRING, usage: 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal")', initial: 'info', shown: '"info"' },
  { name: 'debug', short: 'D', type: BOOL, usage: 'Enable debug mode' },
  { name: 'label', type: LIST, usage: 'Set key=value labels to the daemon' },
  { name: 'cgroup-parent', type: STRING, usage: 'Set parent cgroup for all containers', initial: '/berth', shown: '"/berth"' },
  { name: 'cdi-spec-dir', type: LIST, usage: 'CDI specification directories to use (default /etc/cdi and /var/run/cdi)' },
  { name: 'docker-socket', type: BOOL, usage: 'Also serve /var/run/docker.sock when nobody else does' },
  { name: 'bridge', short: 'b', type: STRING, usage: 'Attach containers to a network bridge' },
  { name: 'bip', type: STRING, usage: 'IPv4 address for the default bridge' },
  { name: 'fixed-cidr', type: STRING, usage: 'IPv4 subnet for the default bridge network' },
  { name: 'default-gateway', type: STRING, usage: 'Gateway IPv4 address for the default bridge network' },
  { name: 'mtu', type: INT, usage: 'Set the MTU for the default "bridge" network' },
  { name: 'icc', type: BOOL, usage: 'Enable inter-container communication for the default bridge network', initial: true, shown: 'true' },
  { name: 'ip-masq', type: BOOL, usage: 'Enable IP masquerading for the default bridge network', initial: true, shown: 'true' },
  { name: 'ip-forward', type: BOOL, usage: 'Enable IP forwarding in system configuration', initial: true, shown: 'true' },
  { name: 'iptables', type: BOOL, usage: 'Enable addition of firewall rules', initial: true, shown: 'true' },
  { name: 'ip', type: STRING, usage: 'Host IP for port publishing from the default bridge network', initial: '0.0.0.0', shown: '0.0.0.0' },
];

/** Keys of the configuration file: flag names, lists in the plural (dockerd's convention). */
const FILE_KEYS: Readonly<Record<string, string>> = { hosts: 'host', labels: 'label', 'cdi-spec-dirs': 'cdi-spec-dir' };

/** Help of `berth daemon`. */
export function daemonHelp(): string {
  const lines = FLAGS.map(({ name, short, type, usage, shown }) => `  ${short === undefined ? '    ' : `-${short}, `}--${`${name} ${type.label}`.padEnd(24)} ${usage}${shown === undefined ? '' : ` (default ${shown})`}`);
  return `\nUsage:  berth daemon [OPTIONS]\n\nRun the daemon\n\nOptions:\n${lines.join('\n')}\n`;
}

/** Parses the command line and the file that it names; 'help' when that was asked for. Throws invalidArgument. */
export function parseDaemonOptions(argv: readonly string[]): DaemonOptions | 'help' {
  const { flags, args, help } = parse(argv);
  if (help) return 'help';
  if (args.length > 0) fail('invalidArgument', `"berth daemon" accepts no arguments: ${JSON.stringify(args[0])}`);
  const file = readConfig(flags.str('config-file'), flags.changed('config-file'));
  applyFile(flags, file);
  const level = flags.bool('debug') ? 'debug' : flags.str('log-level');
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal'].includes(level)) fail('invalidArgument', `invalid logging level: ${level}`);
  for (const name of ['data-root', 'exec-root']) if (!flags.str(name).startsWith('/')) fail('invalidArgument', `--${name} must be an absolute path: ${flags.str(name)}`);
  const execRoot = clean(flags.str('exec-root'));
  const hosts = flags.list('host').map((host) => (host.includes('://') ? host : host.startsWith('/') ? `unix://${host}` : `tcp://${host}`));
  return {
    hosts: hosts.length > 0 ? hosts : [`unix://${execRoot}/berth.sock`],
    dataRoot: clean(flags.str('data-root')),
    execRoot,
    pidfile: flags.str('pidfile') || `${execRoot}/berth.pid`,
    group: flags.changed('group') ? flags.str('group') : defaultGroup(flags.str('group')),
    logLevel: level,
    debug: flags.bool('debug'),
    labels: flags.list('label'),
    cgroupParent: flags.str('cgroup-parent') || '/berth',
    cdiSpecDirs: cdiSpecDirs(flags.list('cdi-spec-dir')),
    dockerSocket: flags.bool('docker-socket'),
    network: networkOptions(flags),
  };
}

function parse(argv: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(FLAGS, argv, true);
  } catch (error) {
    return fail('invalidArgument', messageOf(error), { hint: "See 'berth daemon --help'." });
  }
}

function networkOptions(flags: Flags): NetworkOptions {
  return {
    bridge: flags.str('bridge'),
    bip: flags.str('bip') || undefined,
    fixedCidr: flags.str('fixed-cidr') || undefined,
    defaultGateway: flags.str('default-gateway') || undefined,
    mtu: flags.int('mtu') || undefined,
    icc: flags.bool('icc'),
    ipMasq: flags.bool('ip-masq'),
    ipForward: flags.bool('ip-forward'),
    firewall: flags.bool('iptables'),
    hostBinding: flags.str('ip'),
  };
}

// One empty name turns CDI off, as for dockerd.
function cdiSpecDirs(asked: readonly string[]): string[] {
  return asked.length === 0 ? ['/etc/cdi', '/var/run/cdi'] : asked.filter((directory) => directory !== '').map(clean);
}

function clean(path: string): string {
  return path.replace(/(.)\/+$/, '$1');
}

// The group of Docker's socket is used when the host has it; without it the socket is root's alone.
function defaultGroup(name: string): string {
  try {
    return readFileSync('/etc/group', 'utf8').split('\n').some((line) => line.startsWith(`${name}:`)) ? name : '';
  } catch {
    return '';
  }
}

function readConfig(path: string, required: boolean): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !required) return {};
    return fail('invalidArgument', `unable to configure the daemon with file ${path}: ${messageOf(error)}`);
  }
  try {
    const value = JSON.parse(text.trim() === '' ? '{}' : text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not a JSON object');
    return value as Record<string, unknown>;
  } catch (error) {
    return fail('invalidArgument', `unable to configure the daemon with file ${path}: ${messageOf(error)}`);
  }
}

function applyFile(flags: Flags, file: Record<string, unknown>): void {
  const specs = new Map(FLAGS.map((spec) => [spec.name, spec]));
  const unknown = Object.keys(file).filter((key) => !specs.has(FILE_KEYS[key] ?? key));
  if (unknown.length > 0) fail('invalidArgument', `the following directives don't match any configuration option: ${unknown.join(', ')}`);
  for (const [key, value] of Object.entries(file)) {
    const name = FILE_KEYS[key] ?? key;
    if (flags.changed(name)) fail('invalidArgument', `the following directives are specified both as a flag and in the configuration file: ${key}: (from flag: ${String(flags.get(name))}, from file: ${String(value)})`);
    const initial = specs.get(name)?.type.initial;
    const fits = Array.isArray(initial) ? Array.isArray(value) && value.every((item) => typeof item === 'string') : typeof value === typeof initial;
    if (!fits) fail('invalidArgument', `the configuration option ${key} has a value of the wrong type: ${JSON.stringify(value)}`);
    flags.set(name, value, true);
  }
}
