import { BerthError, errnoOf } from '#base/errors.ts';
import type { ErrorKind } from '#base/errors.ts';
import { errnoText } from '#kernel/errno.ts';

/** Runs a file operation; its error gets the text that Go gives it: "lstat /x: not a directory" (without operation only the reason). Errors of the disk keep their kind. */
export function asGo<T>(operation: string, path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return goError(operation, path, errno, error);
  }
}

/** dockerd answers 500 for what the file system refuses, except that what is not there is not found. */
export function goError(operation: string, path: string, errno: string, cause?: unknown): never {
  const text = errno === 'EXDEV' ? 'path escapes from parent' : errnoText(errno);
  const kind: ErrorKind = errno === 'ENOENT' ? 'notFound' : errno === 'ENOSPC' || errno === 'EDQUOT' ? 'exhausted' : 'internal';
  throw new BerthError(kind, operation === '' ? text : `${operation} ${path}: ${text}`, { cause, data: { errno, operation } });
}
