/** Errors of the operating system as Go prints them. */

const texts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory', EACCES: 'permission denied', EPERM: 'operation not permitted', EISDIR: 'is a directory',
  ENOTDIR: 'not a directory', EEXIST: 'file exists', ENOSPC: 'no space left on device', EROFS: 'read-only file system',
  EMFILE: 'too many open files', ELOOP: 'too many levels of symbolic links', ENAMETOOLONG: 'file name too long', EIO: 'input/output error',
};

/** "open /x: no such file or directory" */
export function errorText(error: unknown, operation: string, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `${operation} ${path}: ${(code === undefined ? undefined : texts[code]) ?? message}`;
}
