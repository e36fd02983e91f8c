import { fail, messageOf } from '#base/errors.ts';
import { GoRegexp } from '#base/go-regexp/regexp.ts';
import { compileTemplate } from '#base/go-template/eval.ts';
import { escapeHtmlInJson, goJson, GoStruct } from '#base/go-template/value.ts';
import type { ContainerRecord } from './container.ts';

/**
 * What json-file writes as "attrs" of every line: the labels and variables that `labels`, `labels-regex`, `env` and `env-regex`
 * select, and what the template `tag` gives. "" for nothing. Throws with the texts of dockerd's libraries.
 */
export function logAttributes(record: ContainerRecord, name: string, hostname: string): string {
  const { config } = record;
  const options = record.hostConfig.LogConfig?.Config ?? {};
  const attrs = new Map<string, string>();
  select(new Map(Object.entries(config.Labels ?? {})), options['labels'], options['labels-regex'], attrs);
  const env = (config.Env ?? []).filter((entry) => entry.includes('='));
  select(new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])), options['env'], options['env-regex'], attrs);
  const tag = options['tag'] ? logTag(options['tag'], record, name, hostname) : '';
  if (tag !== '') attrs.set('tag', tag);
  if (attrs.size === 0) return '';
  const entries = [...attrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return escapeHtmlInJson(`{${entries.map(([key, value]) => `${goJson(key)}:${goJson(value)}`).join(',')}}`);
}

function select(values: ReadonlyMap<string, string>, names = '', pattern = '', into: Map<string, string>): void {
  const regexp = pattern === '' ? undefined : expression(pattern);
  const wanted = new Set(names === '' ? [] : names.split(','));
  for (const [key, value] of values) if (wanted.has(key) || regexp?.test(key) === true) into.set(key, value);
}

function expression(pattern: string): GoRegexp {
  try {
    return new GoRegexp(pattern);
  } catch (error) {
    return fail('internal', messageOf(error), { cause: error });
  }
}

function logTag(template: string, record: ContainerRecord, name: string, hostname: string): string {
  try {
    return compileTemplate(template).execute(logInfo(record, name, hostname));
  } catch (error) {
    const text = messageOf(error).replace(/^template: :/, 'template: log-tag:').replace('executing ""', 'executing "log-tag"');
    return fail('internal', text, { cause: error });
  }
}

// What dockerd's loggers know of a container, under the names that templates use.
function logInfo(record: ContainerRecord, name: string, hostname: string): GoStruct {
  const { config, hostConfig } = record;
  const imageId: string = record.imageId;
  const image = config.Image ?? '';
  const fields: Readonly<Record<string, unknown>> = {
    Config: hostConfig.LogConfig?.Config ?? {}, ContainerID: record.id, ContainerName: `/${name}`, ContainerEntrypoint: record.path, ContainerArgs: [...record.args],
    ContainerImageID: imageId, ContainerImageName: image, ContainerCreated: record.created.replace('T', ' ').replace(/Z$/, ' +0000 UTC'),
    ContainerEnv: [...(config.Env ?? [])], ContainerLabels: { ...config.Labels }, DaemonName: 'docker',
    Hostname: hostname, Command: [record.path, ...record.args].join(' '), ID: record.id.slice(0, 12), FullID: record.id, Name: name,
    ImageID: imageId.slice(0, 12), ImageFullID: imageId, ImageName: image,
  };
  return new GoStruct('*logger.Info', Object.keys(fields), (field) => fields[field]);
}
