import { quote } from '#base/go-quote.ts';
import { isKind } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import { segment } from '#client/encode.ts';
import { detailOfRefusal } from '#client/errors.ts';
import type { Cli } from '../cli.ts';
import { type Command, StatusError } from '../command.ts';
import type { Flags, FlagSpec } from '../flags.ts';
import { BOOL, STRING } from '../flag-types.ts';
import { inspectFormatUsage } from '../format-usage.ts';
import { indentJson, parseJson } from '../go-json.ts';

/** `inspect` and its kin: what the daemon answers, indented, or put through a template. */

const formatFlag: FlagSpec = { name: 'format', short: 'f', type: STRING, usage: inspectFormatUsage };
const sizeFlag = (usage: string): FlagSpec => ({ name: 'size', short: 's', type: BOOL, usage });

type Fetch = (api: Client, name: string) => Promise<string>;

const getContainer = (size: boolean): Fetch => (api, name) => api.text('ContainerInspect', { name, query: { size: size || undefined } });
const getImage = (platform = ''): Fetch => (api, name) => api.text('ImageInspect', { name, query: { platform: platformJson(platform) } });
const getNetwork = (verbose = false): Fetch => (api, name) => api.text('NetworkInspect', { name, query: { verbose: verbose || undefined } });

function platformJson(platform: string): string | undefined {
  if (platform === '') return undefined;
  const [os, architecture, variant] = platform.split('/');
  return JSON.stringify({ os, architecture, ...(variant && { variant }) });
}

export const containerInspect: Command = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]', short: 'Display detailed information on one or more containers', min: 1,
  flags: [formatFlag, sizeFlag('Display total file sizes')],
  run: (cli, flags, args) => inspectAll(cli, args, flags.str('format'), getContainer(flags.bool('size'))),
};

export const imageInspect: Command = {
  use: '[OPTIONS] IMAGE [IMAGE...]', short: 'Display detailed information on one or more images', min: 1,
  flags: [formatFlag, {
    name: 'platform', type: STRING,
    usage: 'Inspect a specific platform of the multi-platform image.\nIf the image or the server is not multi-platform capable, the command will error out if the platform does not match.\n\'os[/arch[/variant]]\': Explicit platform (eg. linux/amd64)',
  }],
  run: (cli, flags, args) => inspectAll(cli, args, flags.str('format'), getImage(flags.str('platform'))),
};

export const networkInspect: Command = {
  use: '[OPTIONS] NETWORK [NETWORK...]', short: 'Display detailed information on one or more networks', min: 1,
  flags: [formatFlag, { name: 'verbose', short: 'v', type: BOOL, usage: 'Verbose output for diagnostics' }],
  run: (cli, flags, args) => inspectAll(cli, args, flags.str('format'), getNetwork(flags.bool('verbose'))),
};

export const inspect: Command = {
  use: '[OPTIONS] NAME|ID [NAME|ID...]', short: 'Return low-level information on Docker objects', min: 1,
  flags: [formatFlag, sizeFlag('Display total file sizes if the type is container'), { name: 'type', type: STRING, usage: 'Only inspect objects of the given type' }],
  run: (cli, flags, args) => inspectAll(cli, args, flags.str('format'), anyKind(flags)),
};

const everyday = ['container', 'image', 'network', 'volume', 'plugin'];
const types = ['config', 'container', 'image', 'network', 'node', 'plugin', 'secret', 'service', 'task', 'volume'];

function anyKind(flags: Flags): Fetch {
  const type = flags.str('type');
  if (flags.changed('type') && type === '') throw new Error('type is empty: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"');
  if (type !== '' && !types.includes(type)) throw new Error(`unknown type: ${quote(type)}: must be one of ${types.map(quote).join(', ')}`);
  const plain = (path: string): Fetch => (api, name) => api.raw.text({ method: 'GET', path: `${path}/${segment(name)}` });
  // The kinds of swarms are looked for only when asked for.
  const kinds: readonly (readonly [string, Fetch])[] = [
    ['container', getContainer(flags.bool('size'))], ['image', getImage()], ['network', getNetwork()], ['volume', (api, name) => api.text('VolumeInspect', { name })], ['service', plain('/services')],
    ['task', plain('/tasks')], ['node', plain('/nodes')], ['plugin', (api, name) => api.text('PluginInspect', { name })], ['secret', plain('/secrets')], ['config', plain('/configs')],
  ];
  return async (api, name) => {
    for (const [kind, fetch] of kinds) {
      if (type === '' ? !everyday.includes(kind) : kind !== type) continue;
      try {
        return await fetch(api, name);
      } catch (error) {
        if (type !== '' || !skips(error)) throw error;
      }
    }
    throw new Error(`Error: No such object: ${name}`);
  };
}

// Kinds that this daemon does not know, or that it has none of, are passed over.
function skips(error: unknown): boolean {
  const detail = detailOfRefusal(error);
  if (detail === undefined) return false;
  return isKind(error, 'notFound') || isKind(error, 'notImplemented') || isKind(error, 'unavailable') || /swarm|not supported|page not found/i.test(detail);
}

async function inspectAll(cli: Cli, names: readonly string[], format: string, fetch: Fetch): Promise<void> {
  const show = format === '' || format === 'json' ? undefined : await templateOf(format);
  const api = await cli.api();
  const found: string[] = [];
  let shown = '';
  const errors: string[] = [];
  for (const name of names) {
    try {
      const text = await fetch(api, name);
      if (show === undefined) found.push(text.trim());
      else shown += `${show(text)}\n`;
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  if (show !== undefined) cli.out.text(shown === '' ? '\n' : shown);
  else cli.out.line(format === 'json' ? compact(found) : indentJson(`[${found.join(',')}]`));
  if (errors.length > 0) throw new StatusError(1, errors.join('\n'));
}

function compact(found: readonly string[]): string {
  return indentJson(`[${found.join(',')}]`, '', '').replaceAll('\n', '').replace(/": /g, '":');
}

async function templateOf(format: string): Promise<(text: string) => string> {
  const { compileTemplate } = await import('#base/go-template/eval.ts');
  const { withStructs } = await import('../inspect-shapes.ts');
  let template: ReturnType<typeof compileTemplate>;
  try {
    template = compileTemplate(format, { missingKeyIsError: true });
  } catch (error) {
    throw new StatusError(64, `template parsing error: ${(error as Error).message}`);
  }
  return (text) => {
    const data = parseJson(text);
    try {
      return template.execute(withStructs(data));
    } catch { /* by the wire's names, then */ }
    try {
      return template.execute(data);
    } catch (error) {
      throw new Error(`template parsing error: ${(error as Error).message}`, { cause: error });
    }
  };
}
