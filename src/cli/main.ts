import { isKind } from '#base/errors.ts';
import { Cli, type CliPorts, type GlobalOptions, program } from './cli.ts';
import { argumentError, type Command, StatusError, useLine } from './command.ts';
import { FlagError, type FlagSpec, type Parsed, parseFlags } from './flags.ts';
import { BOOL, LIST, STRING } from './flag-types.ts';
import { type Found, findCommand, groups } from './registry.ts';

export const clientVersion = '0.1.0';

function globalFlags(directory: string): FlagSpec[] {
  return [
    { name: 'config', type: STRING, usage: 'Location of client config files', shown: `"${directory}"`, initial: directory },
    { name: 'context', short: 'c', type: STRING, usage: 'Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")' },
    { name: 'debug', short: 'D', type: BOOL, usage: 'Enable debug mode' },
    { name: 'host', short: 'H', type: LIST, usage: 'Daemon socket to connect to' },
    { name: 'log-level', short: 'l', type: STRING, usage: 'Set the logging level ("debug", "info", "warn", "error", "fatal")', shown: '"info"', initial: 'info' },
    { name: 'tls', type: BOOL, usage: 'Use TLS; implied by --tlsverify' },
    { name: 'tlscacert', type: STRING, usage: 'Trust certs signed only by this CA', shown: `"${directory}/ca.pem"`, initial: `${directory}/ca.pem` },
    { name: 'tlscert', type: STRING, usage: 'Path to TLS certificate file', shown: `"${directory}/cert.pem"`, initial: `${directory}/cert.pem` },
    { name: 'tlskey', type: STRING, usage: 'Path to TLS key file', shown: `"${directory}/key.pem"`, initial: `${directory}/key.pem` },
    { name: 'tlsverify', type: BOOL, usage: 'Use TLS and verify the remote' },
    { name: 'version', short: 'v', type: BOOL, usage: 'Print version information and quit' },
  ];
}

/** Runs the client. Returns the exit code; everything the user sees has been written. */
export async function main(argv: readonly string[], ports: CliPorts, env: NodeJS.ProcessEnv): Promise<number> {
  const directory = env['DOCKER_CONFIG'] || `${env['HOME'] || '/root'}/.docker`;
  const specs = globalFlags(directory);
  let parsed: Parsed;
  try {
    parsed = parseFlags(specs, argv, false);
  } catch (error) {
    const cli = new Cli(globalOptions(parseFlags(specs, [], false), env), ports, env);
    cli.err.text(`${(error as Error).message}\n\nUsage:  ${program} [OPTIONS] COMMAND [ARG...]\n\nRun '${program} --help' for more information\n`);
    return 125;
  }
  const cli = new Cli(globalOptions(parsed, env), ports, env);
  try {
    const code = await dispatch(cli, parsed, specs);
    await Promise.all([cli.out.drained(), cli.err.drained()]);
    return code;
  } finally {
    await cli.close();
  }
}

function globalOptions(parsed: Parsed, env: NodeJS.ProcessEnv): GlobalOptions {
  const { flags } = parsed;
  const certs = env['DOCKER_CERT_PATH'] || '';
  const file = (flag: string, name: string): string => (certs === '' || flags.changed(flag) ? flags.str(flag) : `${certs}/${name}`);
  const tlsVerify = flags.bool('tlsverify') || (!flags.changed('tlsverify') && Boolean(env['DOCKER_TLS_VERIFY']));
  return {
    hosts: flags.list('host'), context: flags.str('context'), debug: flags.bool('debug'), configDir: flags.str('config'),
    tls: flags.bool('tls') || Boolean(env['DOCKER_TLS']) || tlsVerify, tlsVerify,
    tlsCaCert: file('tlscacert', 'ca.pem'), tlsCert: file('tlscert', 'cert.pem'), tlsKey: file('tlskey', 'key.pem'),
  };
}

async function dispatch(cli: Cli, parsed: Parsed, specs: readonly FlagSpec[]): Promise<number> {
  const { flags, args } = parsed;
  for (const notice of parsed.notices) cli.err.line(notice);
  if (parsed.help || (args.length === 0 && !flags.bool('version'))) return rootHelp(cli, specs);
  if (flags.bool('version')) {
    cli.out.line(`Berth version ${clientVersion}`);
    return 0;
  }
  if (!/^(trace|debug|info|warn|warning|error|fatal|panic)$/i.test(flags.str('log-level'))) {
    cli.err.line(`Unable to parse logging level: ${flags.str('log-level')}`);
    return 1;
  }
  if (args[0] === 'help') return help(cli, args.slice(1), specs);
  const found = findCommand(args);
  if (found !== undefined) return runFound(cli, found);
  return unknownCommand(cli, args);
}

async function rootHelp(cli: Cli, specs: readonly FlagSpec[]): Promise<number> {
  const { rootPage } = await import('./root-page.ts');
  cli.out.text(rootPage(specs, columns()));
  return 0;
}

async function unknownCommand(cli: Cli, args: readonly string[]): Promise<number> {
  const [first = '', second] = args;
  if (Object.hasOwn(groups, first)) {
    const page = await import('./root-page.ts');
    const wantsHelp = second === undefined || second === '--help' || second === '-h' || second === 'help';
    if (wantsHelp) {
      (second === undefined ? cli.err : cli.out).text(page.groupPage(first));
      return 0;
    }
    if (second.startsWith('-')) {
      const what = second.startsWith('--') ? `unknown flag: ${second.split('=')[0]}` : `unknown shorthand flag: '${second[1]}' in ${second}`;
      cli.err.text(`${what}\n\nUsage:  ${program} ${first} COMMAND\n\nRun '${program} ${first} --help' for more information\n`);
      return 125;
    }
    cli.err.text(`${program}: unknown command: ${program} ${first} ${second}\n\nUsage:  ${program} ${first}\n\nRun '${program} ${first} --help' for more information\n`);
    return 1;
  }
  cli.err.text(`${program}: unknown command: ${program} ${first}\n\nRun '${program} --help' for more information\n`);
  return 1;
}

async function help(cli: Cli, topic: readonly string[], specs: readonly FlagSpec[]): Promise<number> {
  if (topic.length === 0) return rootHelp(cli, specs);
  const found = findCommand(topic);
  if (found !== undefined) {
    await showHelp(cli, found, await found.entry.load());
    return 0;
  }
  if (Object.hasOwn(groups, topic[0] as string)) return unknownCommand(cli, [topic[0] as string, '--help']);
  cli.err.line(`unknown help topic: ${topic.join(' ')}`);
  return 1;
}

/** Runs one command and turns what it throws into Docker's texts and exit codes. */
async function runFound(cli: Cli, found: Found): Promise<number> {
  const command = await found.entry.load();
  const path = `${program} ${found.path}`;
  try {
    if (command.raw === true) return (await command.run(cli, parseFlags([], [], false).flags, [...found.rest])) ?? 0;
    const parsed = parseFlags(command.flags, found.rest, command.interspersed !== false);
    for (const notice of parsed.notices) cli.out.line(notice);
    if (parsed.help) {
      await showHelp(cli, found, command);
      return 0;
    }
    const wrong = argumentError(command, path, parsed.args.length);
    if (wrong !== undefined) throw new StatusError(1, wrong);
    return (await command.run(cli, parsed.flags, parsed.args)) ?? 0;
  } catch (error) {
    return reported(cli, error, path, command);
  }
}

function reported(cli: Cli, error: unknown, path: string, command: Command): number {
  if (error instanceof FlagError) {
    cli.err.text(`${error.message}\n\nUsage:  ${useLine(path, command)}\n\nRun '${path} --help' for more information\n`);
    return 125;
  }
  if (error instanceof StatusError) {
    if (error.text !== '') cli.err.line(error.text);
    return error.code;
  }
  if (!(error instanceof Error)) throw error;
  if (cli.options.debug && !isKind(error, 'unavailable')) cli.err.line(error.stack ?? '');
  cli.err.line(error.message);
  return 1;
}

async function showHelp(cli: Cli, found: Found, command: Command): Promise<void> {
  const { commandHelp } = await import('./usage.ts');
  cli.out.text(commandHelp({
    useLine: useLine(`${program} ${found.path}`, command),
    short: command.long ?? command.short,
    aliases: (found.entry.aliases ?? []).map((path) => `${program} ${path}`),
    flags: command.flags,
    listHelpFlag: command.flags.some((spec) => spec.short === 'h'),
    columns: columns(),
  }));
}

function columns(): number {
  // process.stdout is loaded only for help pages.
  return (process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : 80) - 1;
}
