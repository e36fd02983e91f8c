/**
 * The layer check (docs/ARCHITECTURE.md, "Layers"): a file imports only from a lower rank or its own folder, there are no
 * cycles, every file is reachable from an entry point, and only `kernel` starts programs or loads native code.
 * Prints every violation and fails when there is one.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { importsOf } from './imports.ts';
import type { Import } from './imports.ts';

const root = dirname(import.meta.dirname);

/** The table of the design. Add a layer only by adding a row here and there. */
const RANKS: Readonly<Record<string, number>> = {
  base: 0,
  spec: 1,
  api: 2, kernel: 2, store: 2,
  content: 3, snapshots: 3, distribution: 3, runtime: 3, network: 3, volumes: 3, logs: 3,
  images: 4, tasks: 4,
  build: 5, engine: 5,
  server: 6, registry: 6,
  client: 7,
  compose: 8,
  cli: 9,
  main: 10,
};

/** Layers that see less than everything below them. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  registry: ['base', 'spec', 'store', 'content'],
  client: ['base', 'spec', 'api'],
};

/** Modules that start programs or call native code. */
const KERNEL_ONLY = new Set(['node:child_process', 'child_process', 'node:ffi', 'node:cluster']);

/** Files that only tests use say so by their names. */
const FOR_TESTS = /(\.test|\.suite|\.fake|\.fixture)\.ts$/;

interface File {
  readonly path: string;
  readonly layer: string;
  readonly imports: readonly (Import & { readonly target?: string })[];
}

function readFiles(): Map<string, File> {
  const files = new Map<string, File>();
  for (const path of globSync('src/**/*.ts', { cwd: root }).sort()) {
    const imports = importsOf(readFileSync(join(root, path), 'utf8')).map((found) => ({ ...found, target: resolveImport(path, found.specifier) }));
    files.set(path, { path, layer: path.split('/')[1] ?? '', imports });
  }
  return files;
}

function resolveImport(from: string, specifier: string): string | undefined {
  const layered = /^#(\w+)\/(.+)$/.exec(specifier);
  if (layered !== null) return `src/${layered[1]}/${layered[2]}`;
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : undefined;
}

function checkImport(file: File, found: File['imports'][number]): string | undefined {
  const { target, specifier } = found;
  const test = FOR_TESTS.test(file.path);
  if (KERNEL_ONLY.has(specifier) && file.layer !== 'kernel' && !test) return `${specifier} is for kernel only`;
  if (target === undefined) return undefined;
  if (target.startsWith('tests/')) return test ? undefined : `${specifier}: sources do not import tests`;
  if (!existsSync(join(root, target))) return `${specifier} does not exist`;
  if (FOR_TESTS.test(target) && !test) return `${specifier} is for tests only`;
  const layer = target.split('/')[1] ?? '';
  if (layer === file.layer) return specifier.startsWith('#') ? `${specifier}: inside a folder write ./` : undefined;
  if (!specifier.startsWith('#')) return `${specifier}: across layers write #${layer}/`;
  const [from, to] = [RANKS[file.layer], RANKS[layer]];
  if (from === undefined || to === undefined) return `${specifier}: no such layer in the table`;
  if (to >= from) return `${specifier}: ${file.layer} (rank ${from}) must not see ${layer} (rank ${to})`;
  const only = ONLY[file.layer];
  return only === undefined || only.includes(layer) || test ? undefined : `${specifier}: ${file.layer} sees only ${only.join(', ')}`;
}

/** One line per cycle of imports that exist at run time. */
function findCycles(files: ReadonlyMap<string, File>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, stack: readonly string[]): void => {
    const at = stack.indexOf(path);
    if (at >= 0) cycles.push(`cycle: ${[...stack.slice(at), path].join(' → ')}`);
    if (at >= 0 || done.has(path)) return;
    for (const found of files.get(path)?.imports ?? []) {
      if (found.target !== undefined && !found.typeOnly && !found.dynamic) visit(found.target, [...stack, path]);
    }
    done.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  return cycles;
}

/** Files that no entry point leads to; files for tests may be reached from tests. */
function findUnreachable(files: ReadonlyMap<string, File>): string[] {
  const reached = new Set<string>();
  const reach = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const found of files.get(path)?.imports ?? []) if (found.target !== undefined) reach(found.target);
  };
  for (const path of files.keys()) if (/^src\/main\/|worker\.ts$/.test(path) && !FOR_TESTS.test(path)) reach(path);
  return [...files.keys()].filter((path) => !reached.has(path) && !FOR_TESTS.test(path)).map((path) => `${path}: no entry point in src/main leads to it`);
}

function main(): void {
  const files = readFiles();
  const violations: string[] = [];
  for (const file of files.values()) {
    if (RANKS[file.layer] === undefined) violations.push(`${file.path}: ${file.layer} is not a layer of the table`);
    for (const found of file.imports) {
      const violation = checkImport(file, found);
      if (violation !== undefined) violations.push(`${file.path}:${found.line}: ${violation}`);
    }
  }
  violations.push(...findCycles(files), ...findUnreachable(files));
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) console.error(`layers: ${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

main();
