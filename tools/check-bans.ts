/**
 * Things that must not be in the sources (docs/DEPENDENCIES.md has the reasons), and places of one machine that must not be in any file
 * of the project: its directories and the hosts of its package registries, which are read from its own configuration.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Ban {
  readonly files: RegExp;
  readonly pattern: RegExp;
  readonly why: string;
}

const root = dirname(import.meta.dirname);

const BANS: readonly Ban[] = [
  { files: /^src\/.*\.ts$/, pattern: /(?<![\w.#])fetch\s*\(/, why: 'global fetch decodes Brotli whatever was asked for (CVE-2026-111497): use node:http' },
  { files: /^src\/.*\.ts$/, pattern: /\b(createBrotli|brotli(De)?compress)/i, why: 'Brotli of the pinned Node must not see bytes of strangers (CVE-2026-111497)' },
  { files: /^src\/.*\.ts$/, pattern: /\brandom(UUID|Int)\b/, why: 'repeats after a snapshot (CVE-2026-106074): use randomBytes' },
  { files: /\.ts$/, pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\b|\b(skip|only|todo): true\b/, why: 'tests are not skipped, singled out or left to do' },
  { files: /\.(ts|c|h|sh)$/, pattern: /\b(TODO|FIXME|XXX)\b/, why: 'unfinished things go into an issue' },
];

function trackedFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((path) => path !== '' && !/\.(png|gif|tar|gz|zst)$/.test(path) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true);
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
  for (const path of trackedFiles()) {
    if (path === 'tools/check-bans.ts') continue;
    const lines = readFileSync(join(root, path), 'utf8').split('\n');
    for (const [index, line] of lines.entries()) {
      const at = `${path}:${index + 1}`;
      for (const place of places) if (line.includes(place)) violations.push(`${at}: ${place} is a place of this machine`);
      for (const ban of BANS) if (ban.files.test(path) && ban.pattern.test(line) && !line.includes('ban-ok:')) violations.push(`${at}: ${ban.pattern.exec(line)?.[0]}: ${ban.why}`);
    }
  }
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) console.error(`bans: ${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

main();
