/**
 * Bundles the entry points into CommonJS files in the directory given as argument. Run by tools/setup.
 *
 * Entry points are every `src/main/*.ts`, which become DIR/<name>.cjs (cli.ts: berth.cjs), and every `src/**` file
 * named `*worker.ts` (worker threads), which become DIR/<folder>-<name>.cjs; `new URL('./worker.ts', import.meta.url)`
 * is rewritten to that. A dynamic `import()` of another entry point inside src/main stays an import of its bundle, so that
 * `berth ps` never reads the daemon's code; every other dynamic import is bundled and only evaluated late.
 * The programs that run for milliseconds ({@link compiledAhead}) come as DIR/<name>.code, source and V8's compiled form of it in
 * one file, which a few lines in DIR/<name>.cjs run. A Node of another version compiles the source itself.
 * CommonJS has no top-level await, so entry points call an async main(). `import.meta.main`, `import.meta.url` and
 * `import.meta.dirname` hold for the bundle.
 */
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const root = dirname(import.meta.dirname);

/** Names of the bundles whose start is a good part of their life. */
const compiledAhead: readonly string[] = ['berth', 'runtime'];

function entryPoints(): string[] {
  const files = [...globSync('src/main/*.ts', { cwd: root }), ...globSync('src/**/*worker.ts', { cwd: root })];
  return [...new Set(files)].filter((file) => !file.endsWith('.test.ts')).sort();
}

/** Name of an entry's bundle, without extension. */
function bundleName(entry: string): string {
  if (entry === 'src/main/cli.ts') return 'berth';
  const path = relative('src', entry).replace(/\.ts$/, '');
  return path.startsWith('main/') ? basename(path) : path.replaceAll('/', '-');
}

/** Urls of worker threads' sources become urls of their bundles. */
const workersByUrl: Plugin = {
  name: 'workers-by-url',
  setup(setup) {
    setup.onLoad({ filter: /\/src\/.*\.ts$/ }, (args) => {
      const source = readFileSync(args.path, 'utf8');
      const contents = source.replace(/new URL\('(\.\/[\w/-]*worker\.ts)', import\.meta\.url\)/g, (_, path: string) => {
        const entry = relative(root, resolve(dirname(args.path), path));
        return `new URL('./${bundleName(entry)}.cjs', import.meta.url)`;
      });
      return { contents, loader: 'ts' };
    });
  },
};

function otherEntriesStayOut(entries: readonly string[]): Plugin {
  const absolute = new Set(entries.map((entry) => join(root, entry)));
  return {
    name: 'other-entries-stay-out',
    setup(setup) {
      setup.onResolve({ filter: /^(\.\/|#main\/)/ }, (args) => {
        if (args.kind !== 'dynamic-import') return undefined;
        const file = args.path.startsWith('#main/') ? join(root, 'src/main', args.path.slice('#main/'.length)) : resolve(args.resolveDir, args.path);
        return absolute.has(file) ? { path: `./${bundleName(relative(root, file))}.cjs`, external: true } : undefined;
      });
    },
  };
}

// DIR/<name>.code: lengths of the compiled form and of the source (32 bits each, little-endian), then both. One file, so that
// they always belong together. The source is ASCII, which is how esbuild writes it.
const loader = `'use strict';const file=require('node:fs').readFileSync(__filename.slice(0,-3)+'code'),end=8+file.readUInt32LE(0);
const {Script}=process.getBuiltinModule('node:vm');
new Script(file.latin1Slice(end,end+file.readUInt32LE(4)),{filename:__filename,cachedData:file.subarray(8,end)}).runInThisContext()(exports,require,module,__filename,__dirname);
`;

/** Turns DIR/<name>.cjs into DIR/<name>.code and its loader. */
function compileAhead(path: string): void {
  const bundle = readFileSync(path, 'latin1');
  const source = Buffer.from(`(function(exports,require,module,__filename,__dirname){${bundle}\n})`, 'latin1');
  // All functions at once: those that a command needs are most of a command's time, the others cost little to read.
  setFlagsFromString('--no-lazy');
  const script = new Script(source.toString('latin1'), { filename: path });
  setFlagsFromString('--lazy');
  const compiled = script.createCachedData();
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(compiled.length, 0);
  lengths.writeUInt32LE(source.length, 4);
  writeFileSync(path.replace(/cjs$/, 'code'), Buffer.concat([lengths, compiled, source]));
  writeFileSync(path, loader);
}

async function main(outdir: string): Promise<void> {
  const entries = entryPoints();
  if (entries.length === 0) throw new Error('no entry point: src/main has no .ts file');
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map((entry) => [bundleName(entry), entry])),
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    legalComments: 'none',
    charset: 'ascii',
    minifySyntax: true,
    minifyWhitespace: true,
    define: { 'import.meta.url': '__bundleUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename', 'import.meta.main': '__bundleMain' },
    banner: { js: "'use strict';const __bundleUrl=require('node:url').pathToFileURL(__filename).href,__bundleMain=require.main===module;" },
    supported: { 'dynamic-import': false }, // require() instead: it does not start the ESM loader
    plugins: [otherEntriesStayOut(entries), workersByUrl],
    logLevel: 'warning',
  });
  for (const name of compiledAhead) if (entries.some((entry) => bundleName(entry) === name)) compileAhead(join(outdir, `${name}.cjs`));
}

main(resolve(process.argv[2] ?? 'build')).catch((error: unknown) => {
  // esbuild has printed its own errors, with the place in the source.
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exitCode = 1;
});
