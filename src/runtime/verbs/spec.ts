import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, fail } from '#base/errors.ts';
import { defaultSpec } from '../default-spec.ts';
import type { Call } from './deps.ts';
import type { FlagTable } from './flags.ts';

export const SPEC_FLAGS: FlagTable = { options: { bundle: 'text', rootless: 'bool' }, short: { b: 'bundle' } };

/** `spec`: writes a config.json to start from. */
export async function spec(call: Call): Promise<number> {
  const rootless = call.flags.bool('rootless') ? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 } : undefined;
  const path = join(resolve(call.deps.cwd, call.flags.text('bundle') || '.'), 'config.json');
  const text = `${JSON.stringify(defaultSpec(rootless, call.deps.facts().cgroup.version), null, 2)}\n`;
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o666 });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') fail('conflict', 'File config.json exists. Remove it first', { cause: error });
    throw error;
  }
  return 0;
}
