/**
 * check-modules.ts DIR LOCK: fails unless everything that npm put into DIR/node_modules stands in the lock file with
 * the same version and integrity. Set-up uses `npm install` and this check instead of `npm ci`, because `npm ci`
 * refuses a lock without the optional packages of platforms that are not ours, and registries exist that lack them.
 */
import { readFileSync } from 'node:fs';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

function read(path: string): Lock['packages'] {
  return (JSON.parse(readFileSync(path, 'utf8')) as Lock).packages;
}

const [directory, lockPath] = process.argv.slice(2);
if (directory === undefined || lockPath === undefined) throw new Error('check-modules.ts DIR LOCK');
const lock = read(lockPath);
const wrong = Object.entries(read(`${directory}/node_modules/.package-lock.json`)).filter(([name, found]) => {
  const locked = lock[name];
  return locked === undefined || locked.version !== found.version || locked.integrity === undefined || locked.integrity !== found.integrity;
});
for (const [name, found] of wrong) console.error(`${name} ${found.version ?? ''} is not what package-lock.json says (${lock[name]?.version ?? 'nothing'})`);
process.exitCode = wrong.length === 0 ? 0 : 1;
