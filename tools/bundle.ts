/**
 * Bundles the entry points into CommonJS files in the directory given as argument. Run by tools/setup.
 *
 * Entry points are every `src/main/*.ts`, which become DIR/<name>.cjs (cli.ts: berth.cjs), and every `src/**` file
 * named `*worker.ts` (worker threads), which become DIR/<folder>-<name>.cjs; `new URL('./worker.ts', import.meta.url)`
 * is rewritten to that. A dynamic `import()` of another entry point inside src/main stays an import of its bundle, so that
 * `berth ps` never reads the daemon's code; every other dynamic import is bundled and only evaluated late.
 * CommonJS has no top-level await, so entry points call an async main(). `import.meta.main` is false in a bundle (so what
 * follows it may await); `import.meta.url` and `import.meta.dirname` hold for the bundle.
 */
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

const root = dirname(import.meta.dirname);

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
    minifySyntax: true,
    minifyWhitespace: true,
    define: { 'import.meta.url': '__bundleUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename', 'import.meta.main': 'false' },
    banner: { js: "'use strict';const __bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
    supported: { 'dynamic-import': false }, // require() instead: it does not start the ESM loader
    plugins: [otherEntriesStayOut(entries), workersByUrl],
    logLevel: 'warning',
  });
}

main(resolve(process.argv[2] ?? 'build')).catch((error: unknown) => {
  // esbuild has printed its own errors, with the place in the source.
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exitCode = 1;
});
