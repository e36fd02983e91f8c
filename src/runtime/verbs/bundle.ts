import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, fail, messageOf } from '#base/errors.ts';
import type { ProcessSpec, RuntimeSpec } from '#spec/runtime.ts';

const MAX_CONFIG = 16 << 20;

/** Reads config.json of a bundle. */
export function readBundle(cwd: string, bundle: string): { readonly bundle: string; readonly spec: RuntimeSpec } {
  const path = resolve(cwd, bundle === '' ? '.' : bundle);
  const spec = readJson(join(path, 'config.json'), 'JSON specification file') as RuntimeSpec;
  return { bundle: path, spec };
}

/** Reads a process document (`exec --process`). */
export function readProcess(path: string): ProcessSpec {
  return readJson(path, 'process file') as ProcessSpec;
}

/** Reads a JSON object from a file. */
export function readJson(path: string, what: string): object {
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') fail('notFound', `${what} ${path} not found`, { cause: error });
    throw error;
  }
  if (text.length > MAX_CONFIG) fail('invalidArgument', `${what} ${path} is larger than ${MAX_CONFIG} bytes`);
  try {
    const value: unknown = JSON.parse(text.toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('invalidArgument', 'it is not an object');
    return value;
  } catch (error) {
    return fail('invalidArgument', `parsing ${what} ${path}: ${messageOf(error)}`, { cause: error });
  }
}
