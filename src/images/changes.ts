import { constants } from 'node:os';
import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { portsOf } from './ports.ts';
import { expandWord, splitWords } from './words.ts';
import type { ImageRunConfig } from '#spec/image.ts';

/** One instruction: `rest` is the line after the flags. */
export interface Change {
  /** As it was written, for messages. */
  readonly word: string;
  readonly flags: readonly string[];
  readonly rest: string;
}

type Apply = (config: ImageRunConfig, change: Change) => void;

/**
 * Applies Dockerfile instructions to an image's configuration, as `docker import -c` and `docker commit -c` take them:
 * CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR. Throws invalidArgument with
 * Docker's texts. Returns a new configuration.
 */
export function applyChanges(base: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
  const config = structuredClone(base);
  if (changes.length === 0) return config;
  const parsed = parseChanges(changes.join('\n'));
  for (const change of parsed)
    if (!Object.hasOwn(INSTRUCTIONS, change.word.toLowerCase())) fail('invalidArgument', `${change.word} is not a valid change command`);
  for (const change of parsed) INSTRUCTIONS[change.word.toLowerCase()]?.(config, change);
  // An entry point of its own takes the old command back, unless a command comes with it.
  const words = new Set(parsed.map((change) => change.word.toLowerCase()));
  if (words.has('entrypoint') && !words.has('cmd')) delete config.Cmd;
  return config;
}

/** Joins continued lines, drops comments, and splits each instruction. Throws invalidArgument `file with no instructions`. */
function parseChanges(text: string): Change[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split('\n')) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const continued = /\\[ \t]*$/.test(raw);
    open = (open ?? '') + (open === undefined ? raw.trimStart() : raw).replace(/\\[ \t]*$/, '');
    if (continued) continue;
    lines.push(open.trim());
    open = undefined;
  }
  if (open !== undefined) lines.push(open.trim());
  if (lines.length === 0) fail('invalidArgument', 'file with no instructions');
  return lines.map(splitInstruction);
}

function splitInstruction(line: string): Change {
  const [, word = '', after = ''] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const flags: string[] = [];
  let rest = after;
  while (word.toLowerCase() !== 'onbuild') {
    const match = /^(--\S*)(?:\s+|$)/.exec(rest);
    if (match === null || match[1] === '--') break;
    flags.push(match[1] ?? '');
    rest = rest.slice(match[0].length);
  }
  if (flags.length > 0 && word.toLowerCase() !== 'healthcheck') fail('invalidArgument', `unknown flag: ${(flags[0] ?? '').split('=')[0]}`);
  return { word, flags, rest };
}

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  cmd: (config, change) => setOrDelete(config, 'Cmd', command(change, true)),
  entrypoint: (config, change) => setOrDelete(config, 'Entrypoint', command(change, false)),
  env: (config, change) => {
    for (const [name, value] of pairs(config, change)) {
      const env = config.Env ?? [];
      const at = env.findIndex((entry) => entry.startsWith(`${name}=`));
      config.Env = at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
    }
  },
  label: (config, change) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs(config, change)) };
  },
  expose: (config, change) => {
    const words = splitWords(needArguments(change))
      .flatMap((word) => expand(config, word).split(/\s+/))
      .filter((word) => word !== '');
    for (const port of words.flatMap(portsOf)) config.ExposedPorts = { ...config.ExposedPorts, [port]: {} };
  },
  volume: (config, change) => {
    const list = jsonList(needArguments(change)) ?? splitWords(change.rest);
    for (const word of list) {
      const path = expand(config, word).trim();
      if (path === '') fail('invalidArgument', 'VOLUME specified can not be an empty string');
      config.Volumes = { ...config.Volumes, [path]: {} };
    }
  },
  user: (config, change) => setOrDelete(config, 'User', expand(config, needOne(change))),
  workdir: (config, change) => {
    const path = expand(config, needOne(change));
    config.WorkingDir = posix.join(path.startsWith('/') ? '/' : `/${config.WorkingDir ?? ''}`, path).replace(/(.)\/$/, '$1');
  },
  stopsignal: (config, change) => {
    const signal = expand(config, needOne(change));
    if (!isSignal(signal)) fail('invalidArgument', `invalid signal: ${signal}`);
    config.StopSignal = signal;
  },
  healthcheck: (config, change) => {
    config.Healthcheck = parseHealthcheck(needArguments(change), change.flags, jsonList);
  },
  onbuild: (config, change) => {
    const trigger = splitWords(needArguments(change))[0]?.toUpperCase() ?? '';
    if (trigger === 'ONBUILD') fail('invalidArgument', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER') fail('invalidArgument', `${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), change.rest];
  },
};

function setOrDelete<K extends 'Cmd' | 'Entrypoint' | 'User'>(config: ImageRunConfig, key: K, value: ImageRunConfig[K] | undefined): void {
  if (value === undefined || value === null || value.length === 0) delete config[key];
  else config[key] = value;
}

function command(change: Change, shellWhenEmpty: boolean): string[] | undefined {
  const list = jsonList(change.rest);
  if (list !== undefined) return list;
  if (change.rest === '') return shellWhenEmpty ? ['/bin/sh', '-c'] : undefined;
  return ['/bin/sh', '-c', change.rest];
}

function jsonList(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

function expand(config: ImageRunConfig, word: string): string {
  return expandWord(word, (name) => config.Env?.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1));
}

function needArguments(change: Change): string {
  return change.rest === '' ? fail('invalidArgument', `${change.word.toUpperCase()} requires at least one argument`) : change.rest;
}

function needOne(change: Change): string {
  return change.rest === '' ? fail('invalidArgument', `${change.word.toUpperCase()} requires exactly one argument`) : change.rest;
}

/** `NAME=VALUE …`, or the old form `NAME rest of the line`. */
function pairs(config: ImageRunConfig, change: Change): [string, string][] {
  const instruction = change.word.toUpperCase();
  const words = splitWords(needArguments(change));
  const first = words[0] ?? '';
  if (!first.includes('=')) {
    const value = change.rest.slice(change.rest.indexOf(first) + first.length).trim();
    if (value === '') fail('invalidArgument', `${instruction} must have two arguments`);
    return [[expand(config, first), expand(config, value)]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) fail('invalidArgument', `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    const name = expand(config, word.slice(0, equals));
    if (name === '') fail('invalidArgument', `${instruction} names can not be blank`);
    return [name, expand(config, word.slice(equals + 1))];
  });
}

function isSignal(text: string): boolean {
  if (/^[0-9]+$/.test(text)) return Number(text) > 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.hasOwn(constants.signals, `SIG${name}`) || /^RTM(IN(\+([1-9]|1[0-5]))?|AX(-([1-9]|1[0-4]))?)$/.test(name);
}
