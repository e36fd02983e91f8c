import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags } from '../flags.ts';
import { STRING } from '../flag-types.ts';
import { inspectFormatUsage } from '../format-usage.ts';
import { contextName } from '../host.ts';
import { serverInfo } from '../info-text.ts';
import { clientVersion } from '../main.ts';

export const info: Command = {
  use: '[OPTIONS]',
  short: 'Display system-wide information',
  flags: [{ name: 'format', short: 'f', type: STRING, usage: inspectFormatUsage }],
  min: 0,
  max: 0,
  run: runInfo,
};

async function runInfo(cli: Cli, flags: Flags): Promise<void> {
  const format = flags.str('format');
  const api = await cli.api();
  const client = { Debug: cli.options.debug, Version: clientVersion, Context: contextName(cli.options, cli.env, cli.config), Plugins: [], Warnings: null };
  if (format !== '') {
    await formatted(cli, format, { ...(await api.call('SystemInfo')), ClientInfo: client });
    return;
  }
  cli.out.text(`Client:\n Version:    ${client.Version}\n Context:    ${client.Context}\n Debug Mode: ${client.Debug}\n\nServer:\n`);
  const server = await api.call('SystemInfo');
  cli.out.text(serverInfo(server));
  for (const warning of server.Warnings ?? []) cli.err.line(warning);
}

async function formatted(cli: Cli, format: string, data: unknown): Promise<void> {
  if (format === 'json') {
    cli.out.line(JSON.stringify(data));
    return;
  }
  const { compileTemplate } = await import('#base/go-template/eval.ts');
  try {
    cli.out.line(compileTemplate(format, { missingKeyIsError: true }).execute(data));
  } catch (error) {
    throw new StatusError(64, `template parsing error: ${(error as Error).message}`);
  }
}
