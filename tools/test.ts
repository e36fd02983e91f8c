/**
 * The test command behind ./test, after set-up.
 *
 *   ./test              the checks, the unit tests, and every ring in tests/ (as root)
 *   ./test unit         the checks and the unit tests (no root)
 *   ./test checks       only the checks
 *   ./test NAME…        parts: a folder of tests/ (differential, shim…), a folder of src/, or a test file
 *
 * Ends with "N passed, N failed" and exit code 0 or 1. A check counts as one test.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Counts } from './count-reporter.ts';

interface Part {
  readonly name: string;
  readonly files: readonly string[];
  /** Test files at the same time. Rings that use the host's kernel run one by one. */
  readonly concurrency: number;
}

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const root = dirname(import.meta.dirname);

/** Order of the rings: from the kernel upwards; others follow by name. */
const RINGS = ['support', 'shim', 'kernel', 'network', 'images', 'runtime', 'tasks', 'api', 'cli', 'launcher', 'engine', 'conformance', 'differential', 'security', 'fault', 'fuzz', 'bench-smoke', 'vm'];

const CHECKS: readonly Check[] = [
  { name: 'layers', command: [process.execPath, 'tools/check-layers.ts'] },
  { name: 'sizes', command: [process.execPath, 'tools/check-sizes.ts'] },
  { name: 'bans', command: [process.execPath, 'tools/check-bans.ts'] },
  { name: 'types', command: [process.execPath, 'node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'lint', command: ['node_modules/.bin/oxlint', '--type-aware', '--quiet', 'src', 'tests', 'tools', 'bench'] },
  { name: 'unused code', command: [process.execPath, 'node_modules/knip/bin/knip.js', '--no-progress'] },
];

function unitTests(under = 'src'): string[] {
  return [...globSync(`${under}/**/*.test.ts`, { cwd: root }), ...(under === 'src' ? globSync('tools/**/*.test.ts', { cwd: root }) : [])].sort();
}

function ringFiles(name: string): string[] {
  return globSync(`tests/${name}/**/*.test.ts`, { cwd: root }).sort();
}

function rings(): string[] {
  const place = (name: string): number => (RINGS.includes(name) ? RINGS.indexOf(name) : RINGS.length);
  const names = readdirSync(join(root, 'tests'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.filter((name) => ringFiles(name).length > 0).sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** What the arguments ask for; undefined for a name that nothing answers to. */
function partsOf(args: readonly string[]): Part[] | undefined {
  const unit = { name: 'unit', files: unitTests(), concurrency: 2 };
  const ring = (name: string): Part => ({ name, files: ringFiles(name), concurrency: 1 });
  if (args.length === 0) return [unit, ...rings().map(ring)];
  const parts: Part[] = [];
  for (const arg of args) {
    if (arg === 'unit') parts.push(unit);
    else if (arg === 'checks') continue;
    else if (rings().includes(arg)) parts.push(ring(arg));
    else if (existsSync(join(root, 'src', arg))) parts.push({ name: `src/${arg}`, files: unitTests(`src/${arg}`), concurrency: 2 });
    else if (arg.endsWith('.test.ts') && existsSync(join(root, arg))) parts.push({ name: arg, files: [arg], concurrency: 1 });
    else return undefined;
  }
  return parts;
}

function execute(command: readonly string[], quiet: boolean): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'] });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ code: 1, output: `${program} cannot be started: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

async function runCheck(check: Check): Promise<boolean> {
  const start = performance.now();
  const { code, output } = await execute(check.command, true);
  console.log(`${code === 0 ? '✔' : '✖'} check: ${check.name} (${Math.round(performance.now() - start)}ms)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}

async function runPart(part: Part): Promise<Counts> {
  console.log(`\n── ${part.name}: ${part.files.length} files`);
  const scratch = mkdtempSync(join(tmpdir(), 'berth-test-'));
  const counts = join(scratch, 'counts');
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=./tools/count-reporter.ts', `--test-reporter-destination=${counts}`];
  const limits = [`--test-concurrency=${part.concurrency}`, '--test-timeout=600000'];
  const { code } = await execute([process.execPath, '--test', ...limits, ...reporters, ...part.files], false);
  const found = existsSync(counts) ? readFileSync(counts, 'utf8') : '';
  rmSync(scratch, { recursive: true });
  // A runner that died before it could count has failed, whatever passed.
  if (found === '') return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(found) as Counts;
  return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
}

async function main(args: readonly string[]): Promise<number> {
  const parts = partsOf(args);
  if (parts === undefined) {
    console.error(`./test: no such part in "${args.join(' ')}"; there are: unit checks ${rings().join(' ')}, folders of src/, and files *.test.ts`);
    return 1;
  }
  let [passed, failed, skipped] = [0, 0, 0];
  const checks = args.length === 0 || args.includes('unit') || args.includes('checks') ? CHECKS : [];
  for (const check of checks) {
    if (await runCheck(check)) passed++;
    else failed++;
  }
  const needsRoot = parts.filter((part) => part.name !== 'unit' && !part.name.startsWith('src/'));
  if (needsRoot.length > 0 && process.getuid?.() !== 0) {
    console.error(`./test: ${needsRoot.map((part) => part.name).join(', ')}: run as root (they start engines in network namespaces of their own); ./test unit needs no root`);
    return 1;
  }
  for (const part of parts) {
    const counts = await runPart(part);
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped;
  }
  if (skipped > 0) console.log(`\n${skipped} skipped or left to do, which counts as failed`);
  console.log(`\n${passed} passed, ${failed + skipped} failed`);
  return failed + skipped === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
