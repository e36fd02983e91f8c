import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { BerthError, errnoOf, fail, messageOf } from '#base/errors.ts';

/**
 * Takes the lock that keeps a second daemon off the same directory (`what`, given by `flag`). The lock is SQLite's own exclusive file lock on an
 * empty database, so it dies with the process, however that dies. `PATH.pid` beside it only says who, for the message.
 * Throws conflict when another process (or another store of this one) has it.
 */
export function takeLock(path: string, { what, flag }: { what: string; flag: string }): Disposable {
  makePrivate(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isBusy(error)) {
      const owner = readOwner(`${path}.pid`);
      fail('conflict', `the ${what} is in use by another daemon${owner === undefined ? '' : ` (pid ${owner})`}: ${path} is locked`, {
        hint: `stop that daemon, or give this one another ${flag}`,
        data: { path, ...(owner === undefined ? {} : { pid: owner }) },
      });
    }
    throw new BerthError('unavailable', `locking ${path}: ${messageOf(error)}`, { cause: error, data: { path } });
  }
  writeFileSync(`${path}.pid`, `${process.pid}\n`, { mode: 0o600 });
  return { [Symbol.dispose]: () => db.close() };
}

/** Makes an empty file for root alone. One that is there is left alone: closing it would drop a lock that this process has on it. */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function readOwner(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY and SQLITE_LOCKED, https://www.sqlite.org/rescode.html
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && [5, 6].includes(code & 0xff);
}
