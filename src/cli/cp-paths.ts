import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { posix } from 'node:path';
import { quote } from '#base/go-quote.ts';
import { errorText } from './go-errors.ts';

/** Paths as `docker cp` reads them (moby/go-archive copy.go): what a final slash or `/.` means, and how sources are renamed. */

/** What is known of one side of a copy. */
export interface CopyInfo {
  readonly path: string;
  readonly exists: boolean;
  readonly isDirectory: boolean;
  /** What the source is called in the archive instead of its own name; '' for that. */
  readonly rebaseName: string;
}

/** "container:path" apart; a local path has no container. `./a:b` and `/a:b` are local. */
export function splitArgument(text: string): { container: string; path: string } {
  const colon = text.indexOf(':');
  if (text.startsWith('/') || colon < 0 || text.startsWith('.')) return { container: '', path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** Go's filepath.Clean. */
export function clean(path: string): string {
  return posix.normalize(path).replace(/(.)\/$/, '$1');
}

function saysCurrent(path: string): boolean {
  return posix.basename(path) === '.';
}

/** The path means a directory by its end alone. */
export function saysDirectory(path: string): boolean {
  return path.endsWith('/') || saysCurrent(path);
}

/** An absolute path that keeps the final slash or `/.` of what was typed. */
export function resolveLocal(path: string): string {
  let full = clean(posix.resolve(path));
  if (saysCurrent(path)) full += full.endsWith('/') ? '.' : '/.';
  return path.endsWith('/') && !full.endsWith('/') ? `${full}/` : full;
}

/** Directory and last name; `/x/.` is `.` in `/x`. */
export function splitEntry(path: string): { directory: string; base: string } {
  const full = saysCurrent(path) ? `${clean(path)}/.` : clean(path);
  return { directory: clean(full.slice(0, Math.max(full.lastIndexOf('/'), 0)) || (full.startsWith('/') ? '/' : '.')), base: posix.basename(full) || '/' };
}

/** Where a followed link leads, with the end of the typed path, and the name that was asked for when it is another one. */
export function rebaseName(path: string, resolved: string): { path: string; name: string } {
  let full = resolved;
  if (saysCurrent(path) && !saysCurrent(full)) full += '/.';
  if (path.endsWith('/') && !full.endsWith('/')) full += '/';
  return { path: full, name: posix.basename(path) === posix.basename(full) ? '' : posix.basename(path) };
}

/** A source on this machine. Throws with Go's texts. */
export function sourceInfo(path: string, followLink: boolean): CopyInfo {
  const slash = path.lastIndexOf('/');
  let resolved: string;
  let name = '';
  if (followLink) ({ path: resolved, name } = rebaseName(path, real(path)));
  else {
    resolved = `${real(path.slice(0, slash + 1))}/${path.slice(slash + 1)}`;
    if (path.endsWith('/') && posix.basename(path) !== posix.basename(resolved)) name = posix.basename(path);
  }
  const stat = lstat(resolved);
  return { path: resolved, exists: true, isDirectory: stat.isDirectory(), rebaseName: name };
}

function real(path: string): string {
  try {
    return realpathSync(path === '' ? '/' : path);
  } catch (error) {
    throw new Error(errorText(error, 'lstat', clean(path)), { cause: error });
  }
}

function lstat(path: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw new Error(errorText(error, 'lstat', path), { cause: error });
  }
}

/** A destination on this machine: links are followed, and it may be missing when its parent is there. */
export function destinationInfo(original: string): CopyInfo {
  let path = original;
  for (let links = 0; ; links++) {
    const stat = tryLstat(path);
    if (stat === undefined) break;
    if (!stat.isSymbolicLink()) return { path, exists: true, isDirectory: stat.isDirectory(), rebaseName: '' };
    if (links > 10) throw new Error(`too many symlinks in ${original}`);
    const target = readlinkSync(path);
    path = target.startsWith('/') ? target : posix.join(splitEntry(path).directory, target);
  }
  const { directory } = splitEntry(path);
  let parent: Stats;
  try {
    parent = statSync(directory);
  } catch (error) {
    throw new Error(errorText(error, 'stat', directory), { cause: error });
  }
  if (!parent.isDirectory()) throw new Error('not a directory');
  return { path, exists: false, isDirectory: false, rebaseName: '' };
}

function tryLstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(errorText(error, 'lstat', path), { cause: error });
  }
}

/** A replacement of the first occurrence in each name of the archive, undefined for none. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Into which directory the archive goes and how it is renamed for that. Throws where source and destination do not go together. */
export function prepareCopy(source: CopyInfo, destination: CopyInfo): { directory: string; rename: Rename | undefined } {
  if (destination.exists && destination.isDirectory) return { directory: destination.path, rename: undefined };
  if (destination.exists && source.isDirectory) throw new Error('cannot copy directory');
  if (!destination.exists && !source.isDirectory && saysDirectory(destination.path)) throw new Error('no such directory');
  const { directory, base } = splitEntry(destination.path);
  const from = source.rebaseName === '' ? splitEntry(source.path).base : source.rebaseName;
  return { directory, rename: { from: from === '/' ? '' : from, to: base } };
}

/** Refuses a destination on this machine that can take neither a file nor a directory. */
export function checkOutputPath(path: string): void {
  const directory = posix.dirname(clean(path));
  if (directory !== '.' && tryStat(directory, true) === undefined) throw new Error(`invalid output path: directory ${quote(directory)} does not exist`);
  const stat = tryStat(path, false);
  if (stat !== undefined && (stat.isBlockDevice() || stat.isCharacterDevice())) {
    throw new Error(`invalid output path: ${quote(path)} must be a directory or a regular file: got a device`);
  }
}

function tryStat(path: string, lenient: boolean): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (lenient) return {} as Stats;
    throw new Error(errorText(error, 'stat', path), { cause: error });
  }
}
