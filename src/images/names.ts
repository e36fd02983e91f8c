import type { ByteString } from './tar/format.ts';

/**
 * Cleans a path of an archive: relative to the root, without `.`, empty and `..` components; what would climb out of the
 * root stays at the root, as in a chroot.
 */
export function cleanPath(path: ByteString): ByteString {
  // The common case needs no work.
  if (!/(^|\/)(\.{0,2})(\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Splits a cleaned path into its directory ('' for the root) and its name ('' for the root itself). */
export function splitName(path: ByteString): { directory: ByteString; name: ByteString } {
  const clean = cleanPath(path);
  const slash = clean.lastIndexOf('/');
  return { directory: slash < 0 ? '' : clean.slice(0, slash), name: clean.slice(slash + 1) };
}

/** True when the `..` components of a path lead above where it starts. */
export function escapes(path: ByteString): boolean {
  if (!path.includes('..')) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}
