/**
 * Things that must not be in the sources (docs/DEPENDENCIES.md has the reasons), and places of one machine that must not be in any file
 * of the project: its directories and the hosts of its package registries, which are read from its own configuration.
 */
import { execFileSync } from 'node:child_process';
import { globSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Ban {
  readonly files: RegExp;
  readonly pattern: RegExp;
  readonly why: string;
  /** A file that matches this is meant to be left alone. */
  readonly unless?: RegExp;
}

const root = dirname(import.meta.dirname);

const BANS: readonly Ban[] = [
  { files: /^src\/.*\.ts$/, pattern: /(?<![\w.#])fetch\s*\(/, why: 'global fetch decodes Brotli whatever was asked for (CVE-2026-111497): use node:http', unless: /\bfetch: |\bfetch\]|(function|const) fetch\b/ },
  { files: /^src\/.*\.ts$/, pattern: /\b(createBrotli|brotli(De)?compress)/i, why: 'Brotli of the pinned Node must not see bytes of strangers (CVE-2026-111497)' },
  { files: /^src\/.*\.ts$/, pattern: /\brandom(UUID|Int)\b/, why: 'repeats after a snapshot (CVE-2026-106074): use randomBytes' },
  { files: /\.ts$/, pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\b|\b(skip|only|todo): true\b/, why: 'tests are not skipped, singled out or left to do' },
  { files: /\.(ts|c|h|sh)$/, pattern: /\b(TODO|FIXME|XXX)\b/, why: 'unfinished things go into an issue' },
];

/** Files of the project: what git knows and does not ignore; in a tree without git everything but what set-up makes. */
function projectFiles(): string[] {
  const text = (path: string): boolean => !/\.(png|gif|tar|gz|zst)$/.test(path) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
  try {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\0').filter(text);
  } catch {
    return globSync(['*', '.ci/*', '{src,native,tests,tools,bench,docs,examples}/**'], { cwd: root }).filter(text);
  }
}

/** Hosts that this machine gets packages from, and the directory that the checkout lies in. */
function placesOfThisMachine(): string[] {
  const ask = (program: string, args: readonly string[]): string[] => {
    try {
      return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
    } catch {
      return []; // not a machine with this tool
    }
  };
  const urls = [...ask('npm', ['config', 'get', 'registry']), ...ask('apt-get', ['indextargets', '--format', '$(SITE)'])];
  const hosts = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname] : []));
  return [...new Set([...hosts, root])].filter((place) => place.length > 5 && place !== 'localhost');
}

function main(): void {
  const places = placesOfThisMachine();
  const violations: string[] = [];
  for (const path of projectFiles()) {
    if (path === 'tools/check-bans.ts') continue;
    const text = readFileSync(join(root, path), 'utf8');
    const bans = BANS.filter((ban) => ban.files.test(path) && ban.unless?.test(text) !== true);
    for (const [index, line] of text.split('\n').entries()) {
      const at = `${path}:${index + 1}`;
      for (const place of places) if (line.includes(place)) violations.push(`${at}: ${place} is a place of this machine`);
      for (const ban of bans) if (ban.pattern.test(line)) violations.push(`${at}: ${ban.pattern.exec(line)?.[0]}: ${ban.why}`);
    }
  }
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) console.error(`bans: ${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

main();
