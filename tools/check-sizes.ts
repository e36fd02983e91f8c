/**
 * Files up to 300 lines, functions up to 70; oxlint counts them (tools/sizes.oxlintrc.json). tools/size-exceptions.txt lists what is
 * larger, one "PATH LINES" or "PATH:FUNCTION LINES" each. The list only shrinks: an entry whose thing is larger, smaller or gone fails.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Diagnostic {
  readonly message: string;
  readonly filename: string;
}

const root = dirname(import.meta.dirname);
const EXCEPTIONS = 'tools/size-exceptions.txt';

/** Things above the limits: their keys and sizes in lines. */
function tooLarge(): Map<string, number> {
  const args = ['--config', 'tools/sizes.oxlintrc.json', '--format', 'json', 'src', 'tools', 'bench', 'tests'];
  const { stdout, stderr, error } = spawnSync('node_modules/.bin/oxlint', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error !== undefined || !stdout.startsWith('{')) throw new Error(`oxlint did not answer: ${error?.message ?? ''}${stderr}${stdout}`);
  const found = new Map<string, number>();
  for (const { message, filename } of (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics) {
    const size = Number(/\((\d+)\)/.exec(message)?.[1] ?? Number.NaN);
    if (Number.isNaN(size)) throw new Error(`oxlint says what this check does not understand: ${filename}: ${message}`);
    const name = /`([^`]+)`/.exec(message)?.[1];
    found.set(message.startsWith('File') ? filename : `${filename}:${name ?? 'anonymous'}`, size);
  }
  return found;
}

function readExceptions(): Map<string, number> {
  const lines = readFileSync(join(root, EXCEPTIONS), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

function main(): void {
  const found = tooLarge();
  const exceptions = readExceptions();
  const violations: string[] = [];
  for (const [key, size] of found) {
    const allowed = exceptions.get(key);
    if (allowed === undefined) violations.push(`${key}: ${size} lines (300 for a file, 70 for a function)`);
    else if (size !== allowed) violations.push(`${key}: ${size} lines, ${EXCEPTIONS} says ${allowed}${size < allowed ? ': lower it' : ''}`);
  }
  for (const key of exceptions.keys()) if (!found.has(key)) violations.push(`${key}: no longer too large: take it out of ${EXCEPTIONS}`);
  for (const violation of violations.sort()) console.error(violation);
  if (violations.length > 0) console.error(`sizes: ${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

main();
