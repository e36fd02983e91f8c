import { fail } from '#base/errors.ts';
import { parseGoDuration } from '#base/go-duration.ts';
import type { HealthConfig } from '#spec/image.ts';

const DURATIONS: Readonly<Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** HEALTHCHECK of a Dockerfile: `[flags] CMD command` or `NONE`. Throws invalidArgument with Docker's texts. */
export function parseHealthcheck(text: string, flags: readonly string[], jsonList: (text: string) => string[] | undefined): HealthConfig {
  const [, type = '', command = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  if (type.toUpperCase() === 'NONE') {
    if (command !== '') fail('invalidArgument', 'HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  const options: HealthConfig = {};
  for (const flag of flags) applyFlag(options, flag);
  if (type.toUpperCase() !== 'CMD') fail('invalidArgument', `Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`);
  if (command === '') fail('invalidArgument', 'Missing command after HEALTHCHECK CMD');
  const list = jsonList(command);
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...options };
}

function applyFlag(options: HealthConfig, flag: string): void {
  const [name = '', value = ''] = flag.slice(2).split(/=(.*)/s);
  const key = DURATIONS[name];
  if (key !== undefined) {
    const duration = parseDuration(value, name);
    if (duration > 0) options[key] = duration;
  } else if (name === 'retries') {
    const retries = Number(value);
    if (!/^[+-]?[0-9]+$/.test(value) || Math.abs(retries) > 2 ** 31 - 1)
      fail('invalidArgument', `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (retries < 0) fail('invalidArgument', `--retries cannot be negative (${retries})`);
    if (retries > 0) options.Retries = retries;
  } else {
    fail('invalidArgument', `unknown flag: --${name}`);
  }
}

function parseDuration(value: string, name: string): number {
  if (value === '') return 0;
  const duration = parseGoDuration(value) ?? fail('invalidArgument', `time: invalid duration ${JSON.stringify(value)}`);
  if (duration !== 0n && duration < 1_000_000n) fail('invalidArgument', `Interval ${JSON.stringify(name)} cannot be less than 1ms`);
  return Number(duration);
}
