import { readFileSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { cut } from './flag-types.ts';
import { errorText } from './go-errors.ts';

/** Files of key=value lines, for `--env-file` and `--label-file`. */

/** The lines of all files, in order; names without a value are resolved by `lookup`, and left out when it knows none. */
export function readKeyValueFiles(paths: readonly string[], what: string, lookup: ((name: string) => string | undefined) | undefined): string[] {
  return paths.flatMap((path) => {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      // Opening a directory works; reading it does not, and Docker then says "env" for labels too.
      const isDirectory = (error as NodeJS.ErrnoException).code === 'EISDIR';
      throw new Error(isDirectory ? `invalid env file (${path}): ${errorText(error, 'read', path)}` : errorText(error, 'open', path), { cause: error });
    }
    try {
      return parseLines(bytes, lookup);
    } catch (error) {
      throw new Error(`invalid ${what} file (${path}): ${(error as Error).message}`, { cause: error });
    }
  });
}

function parseLines(bytes: Buffer, lookup: ((name: string) => string | undefined) | undefined): string[] {
  const out: string[] = [];
  if (!isUtf8(bytes)) throw new Error(`invalid utf8 bytes at line ${invalidLine(bytes)}`);
  const text = bytes.toString().replace(/^\uFEFF/, '');
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const [name, value] = cut(line, '=');
    if (name === '') throw new Error(`no variable name on line '${line}'`);
    if (/\s/.test(name)) throw new Error(`variable '${name}' contains whitespaces`);
    if (value !== undefined) {
      out.push(line);
      continue;
    }
    const found = lookup === undefined ? undefined : lookup(name);
    if (lookup === undefined) out.push(line);
    else if (found !== undefined) out.push(`${name}=${found}`);
  }
  return out;
}

function invalidLine(bytes: Buffer): number {
  let line = 1;
  for (let at = 0; at <= bytes.length; line++) {
    const end = bytes.indexOf(10, at);
    const stop = end < 0 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(at, stop))) break;
    at = stop + 1;
  }
  return line;
}
