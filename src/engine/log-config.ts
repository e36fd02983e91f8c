import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { ContainerRecord } from './container.ts';

/** What the shim has to know about a container's log; undefined: no log is written. */
export interface LogSettings {
  readonly maxSize: number;
  readonly maxFiles: number;
}

const DRIVERS = ['json-file', 'none'];
const JSON_FILE_OPTIONS = ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'mode', 'max-buffer-size', 'cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];

/** Checks driver and option names as dockerd does at create; values are checked at start ({@link logSettings}). */
export function checkLogConfig(config: wire.LogConfig): void {
  const type = config.Type ?? 'json-file';
  if (!DRIVERS.includes(type)) fail('invalidArgument', `error looking up logging plugin ${type}: plugin "${type}" not found`);
  if (type === 'none') return;
  const { mode } = config.Config ?? {};
  if (mode !== undefined && mode !== '' && mode !== 'blocking' && mode !== 'non-blocking') fail('invalidArgument', `logger: logging mode not supported: ${mode}`);
  for (const key of Object.keys(config.Config ?? {})) {
    if (!JSON_FILE_OPTIONS.includes(key)) fail('invalidArgument', `unknown log opt '${key}' for json-file log driver`);
  }
}

/** Rotation settings. Throws with dockerd's texts, which come at start. */
export function logSettings(config: wire.LogConfig): LogSettings | undefined {
  if (config.Type === 'none') return undefined;
  const options = config.Config ?? {};
  const maxSize = options['max-size'] === undefined ? -1 : parseLogSize(options['max-size']);
  const maxFiles = options['max-file'] === undefined ? 1 : parseCount(options['max-file']);
  if (options['max-size'] !== undefined && maxSize <= 0) refuse('max-size must be a positive number');
  return { maxSize, maxFiles };
}

function refuse(reason: string): never {
  fail('internal', `failed to create task for container: failed to initialize logging driver: ${reason}`);
}

function parseCount(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) refuse(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const count = Number(text);
  if (count < 1) refuse('max-file cannot be less than 1');
  return count;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4, p: 1024 ** 5 };

function parseLogSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kKmMgGtTpP])?(?:i?[bB])?)?$/.exec(text);
  if (match === null) refuse(`invalid size: '${text}'`);
  return Math.trunc(Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1));
}

/** The JSON object for "attrs" of every line: labels, env and tag that the options select, or "". */
export function logAttributes(record: ContainerRecord, name: string, hostname: string): string {
  const { config } = record;
  const options = record.hostConfig.LogConfig?.Config ?? {};
  const attrs: Record<string, string> = {};
  const labels = Object.entries(config.Labels ?? {});
  const env = (config.Env ?? []).map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)] as const);
  select(labels, options['labels'], options['labels-regex'], attrs);
  select(env, options['env'], options['env-regex'], attrs);
  if (options['tag']) attrs['tag'] = logTag(options['tag'], record, name, hostname);
  return Object.keys(attrs).length === 0 ? '' : JSON.stringify(attrs);
}

function select(entries: readonly (readonly [string, string])[], names: string | undefined, pattern: string | undefined, into: Record<string, string>): void {
  const wanted = new Set((names ?? '').split(',').filter((name) => name !== ''));
  const regex = pattern === undefined || pattern === '' ? undefined : new RegExp(pattern);
  for (const [key, value] of entries) if (wanted.has(key) || regex?.test(key) === true) into[key] = value;
}

/** The `tag` option: Docker's template over the container's names and ids. Throws at start for what is not just fields of it. */
function logTag(template: string, record: ContainerRecord, name: string, hostname: string): string {
  const imageId: string = record.imageId;
  const fields: Readonly<Record<string, string>> = {
    ID: record.id.slice(0, 12), FullID: record.id, Name: name, ImageID: imageId.replace(/^sha256:/, '').slice(0, 12), ImageFullID: imageId,
    ImageName: record.config.Image ?? '', Command: [record.path, ...record.args].join(' '), Hostname: hostname, DaemonName: 'docker',
  };
  return template.replace(/\{\{(.*?)\}\}/g, (whole, inner: string) => {
    const field = /^-?\s*\.(\w+)\s*-?$/.exec(inner)?.[1];
    return (field !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined) ?? refuse(`the log tag template ${JSON.stringify(whole)} is not supported: only fields of the container are`);
  });
}
