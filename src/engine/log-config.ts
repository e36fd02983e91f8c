import { fail, messageOf } from '#base/errors.ts';
import { quote } from '#base/go-quote.ts';
import type * as wire from '#api/schema.ts';
import type { ContainerRecord } from './container.ts';
import { logAttributes } from './log-attributes.ts';

/** What the shim has to know about a container's log; undefined: no log is written. */
export interface LogSettings {
  readonly maxSize: number;
  readonly maxFiles: number;
  /** Rotated files are compressed. */
  readonly compress: boolean;
}

const DRIVERS = ['json-file', 'none'];
const JSON_FILE_OPTIONS = ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'mode', 'max-buffer-size', 'cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];

/** Checks driver and option names as dockerd does at create; values are checked at start ({@link logSettings}). */
export function checkLogConfig(config: wire.LogConfig): void {
  const type = config.Type ?? 'json-file';
  if (!DRIVERS.includes(type)) fail('invalidArgument', `error looking up logging plugin ${type}: plugin "${type}" not found`);
  if (type === 'none') return;
  const { mode, 'max-buffer-size': buffer } = config.Config ?? {};
  if (mode !== undefined && mode !== '' && mode !== 'blocking' && mode !== 'non-blocking') fail('invalidArgument', `logger: logging mode not supported: ${mode}`);
  if (buffer !== undefined && mode !== 'non-blocking') fail('invalidArgument', "logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (buffer !== undefined && !sizePattern.test(buffer)) fail('invalidArgument', `error parsing option max-buffer-size: invalid size: '${buffer}'`);
  for (const key of Object.keys(config.Config ?? {})) {
    if (!JSON_FILE_OPTIONS.includes(key)) fail('invalidArgument', `unknown log opt '${key}' for json-file log driver`);
  }
}

/** Rotation settings. Throws with dockerd's texts, which come at start and when the log is read. */
export function logSettings(config: wire.LogConfig): LogSettings | undefined {
  if (config.Type === 'none') return undefined;
  const options = config.Config ?? {};
  const maxSize = options['max-size'] === undefined ? -1 : parseLogSize(options['max-size']);
  if (options['max-size'] !== undefined && maxSize <= 0) fail('internal', 'max-size must be a positive number');
  const maxFiles = options['max-file'] === undefined ? 1 : parseCount(options['max-file']);
  const compress = options['compress'] !== undefined && parseBool(options['compress']);
  if (compress && (maxFiles < 2 || maxSize < 0)) fail('internal', 'compress cannot be true when max-file is less than 2 or max-size is not set');
  return { maxSize, maxFiles, compress };
}

function parseCount(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) fail('internal', `strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
  const count = Number(text);
  if (count < 1) fail('internal', 'max-file cannot be less than 1');
  return count;
}

function parseBool(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : fail('internal', `strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

const sizePattern = /^(\d+(?:\.\d+)?) ?(?:([kKmMgGtTpP])?(?:i?[bB])?)?$/;

// Powers of 1000, however the unit is written (k, kB, KiB).
const UNITS = 'bkmgtp';

/** A size as go-units reads it: everything up to the last digit, dot or blank is the number, what follows the unit. */
function parseLogSize(text: string): number {
  const [, digits, suffix = ''] = /^(.*[\d. ])(.*)$/s.exec(text) ?? fail('internal', `invalid size: '${text}'`);
  const number = (digits ?? '').replace(/ $/, '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number)) fail('internal', `strconv.ParseFloat: parsing ${quote(number)}: invalid syntax`);
  const size = Number(number);
  if (size < 0) fail('internal', `invalid size: '${text}'`);
  const unit = suffix.toLowerCase();
  if (!/^(b|[kmgtp](b|ib)?)?$/.test(unit)) fail('internal', `invalid suffix: '${suffix.length > 3 ? suffix : unit}'`);
  return Math.trunc(size * 1000 ** Math.max(UNITS.indexOf(unit.slice(0, 1)), 0));
}

/** All that the shim gets to know of a container's log; undefined: no log is written. Throws with the text of a failed start. */
export function logOfStart(record: ContainerRecord, name: string, hostname: string): (LogSettings & { readonly attrs: string }) | undefined {
  try {
    return logOf(record, name, hostname);
  } catch (error) {
    return fail('internal', `failed to create task for container: failed to initialize logging driver: ${messageOf(error)}`, { cause: error });
  }
}

/** The same for reading, for which dockerd checks all options again. */
export function logOf(record: ContainerRecord, name: string, hostname: string): (LogSettings & { readonly attrs: string }) | undefined {
  const settings = logSettings(record.hostConfig.LogConfig ?? {});
  return settings === undefined ? undefined : { ...settings, attrs: logAttributes(record, name, hostname) };
}
