import { apiVersion } from '#api/endpoints.ts';
import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags } from '../flags.ts';
import { STRING } from '../flag-types.ts';
import { inspectFormatUsage } from '../format-usage.ts';
import { ansic } from '../go-time.ts';
import { contextName } from '../host.ts';
import { clientVersion } from '../main.ts';
import { align } from '../tabwriter.ts';

export const version: Command = {
  use: '[OPTIONS]',
  short: 'Show the Docker version information',
  flags: [{ name: 'format', short: 'f', type: STRING, usage: inspectFormatUsage }],
  min: 0,
  max: 0,
  run: runVersion,
};

interface Component {
  readonly Name: string;
  readonly Version: string;
  readonly Details?: Readonly<Record<string, string>> | null;
}

interface ServerVersion {
  readonly Platform?: { readonly Name?: string };
  readonly Components?: readonly Component[] | null;
  readonly [key: string]: unknown;
}

async function runVersion(cli: Cli, flags: Flags): Promise<void> {
  const format = flags.str('format');
  const template = format === '' || format === 'json' ? undefined : (await import('#base/go-template/eval.ts')).compileTemplate;
  let compiled;
  try {
    compiled = template?.(format);
  } catch (error) {
    throw new StatusError(64, `template parsing error: ${(error as Error).message.replace('template: :', 'template: version:')}`);
  }
  let server: ServerVersion | undefined;
  let failure: Error | undefined;
  let negotiated = apiVersion;
  try {
    const api = await cli.api();
    server = await api.call('SystemVersion');
    negotiated = api.version;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  const client = clientInfo(cli, negotiated);
  if (format === 'json') cli.out.line(JSON.stringify({ Client: client, Server: server ?? null }));
  else if (compiled !== undefined) cli.out.line(compiled.execute({ Client: client, Server: server ?? null }));
  else cli.out.text(clientText(client, negotiated) + (server === undefined ? '' : serverText(server)));
  if (failure !== undefined) throw failure;
}

function clientInfo(cli: Cli, negotiated: string): Record<string, unknown> {
  return {
    Version: clientVersion, ApiVersion: negotiated, DefaultAPIVersion: apiVersion, NodeVersion: process.version, Os: process.platform,
    Arch: process.arch === 'x64' ? 'amd64' : process.arch, Context: contextName(cli.options, cli.env, cli.config),
  };
}

function clientText(client: Record<string, unknown>, negotiated: string): string {
  const shown = negotiated === apiVersion ? apiVersion : `${negotiated} (downgraded from ${apiVersion})`;
  const rows = [
    ['Version:', client['Version']], ['API version:', shown], ['Node version:', client['NodeVersion']], ['OS/Arch:', `${client['Os']}/${client['Arch']}`],
    ['Context:', client['Context']],
  ];
  return `Client:\n${rows.map(([name, value]) => ` ${String(name).padEnd(18)} ${String(value)}\n`).join('')}`;
}

function serverText(server: ServerVersion): string {
  const components = server.Components ?? [];
  const platform = server.Platform?.Name ?? '';
  const blocks = components.map((component) => {
    const details = component.Details ?? {};
    if (component.Name !== 'Engine') return [` ${component.Name}:`, row('Version', component.Version), ...Object.keys(details).sort().map((key) => row(key, details[key] ?? ''))];
    return [
      ' Engine:', row('Version', component.Version), row('API version', `${details['ApiVersion']} (minimum version ${details['MinAPIVersion']})`),
      row('Go version', details['GoVersion'] ?? ''), row('Git commit', details['GitCommit'] ?? ''), row('Built', built(details['BuildTime'] ?? '')),
      row('OS/Arch', `${details['Os']}/${details['Arch']}`), row('Experimental', details['Experimental'] ?? 'false'),
    ];
  });
  return align(`\nServer:${platform === '' ? '' : ` ${platform}`}\n${blocks.flat().map((line) => `${line}\n`).join('')}`, 20, 1);
}

function row(name: string, value: string): string {
  return `  ${`${name}:`.padEnd(17)} ${value}`;
}

function built(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : ansic(ms);
}
