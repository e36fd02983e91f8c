import { constants } from 'node:os';
import { BerthError } from '#base/errors.ts';
import type { ErrorKind } from '#base/errors.ts';
import type { Text } from './native.ts';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

const WORDS: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ESRCH: 'no such process',
  EINTR: 'interrupted system call',
  EIO: 'input/output error',
  ENXIO: 'no such device or address',
  E2BIG: 'argument list too long',
  ENOEXEC: 'exec format error',
  EBADF: 'bad file descriptor',
  ECHILD: 'no child processes',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  EACCES: 'permission denied',
  EFAULT: 'bad address',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EXDEV: 'invalid cross-device link',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  ENFILE: 'too many open files in system',
  EMFILE: 'too many open files',
  ENOTTY: 'inappropriate ioctl for device',
  ETXTBSY: 'text file busy',
  EFBIG: 'file too large',
  ENOSPC: 'no space left on device',
  ESPIPE: 'illegal seek',
  EROFS: 'read-only file system',
  EMLINK: 'too many links',
  EPIPE: 'broken pipe',
  ERANGE: 'numerical result out of range',
  EDEADLK: 'resource deadlock avoided',
  ENAMETOOLONG: 'file name too long',
  ENOLCK: 'no locks available',
  ENOSYS: 'function not implemented',
  ENOTEMPTY: 'directory not empty',
  ELOOP: 'too many levels of symbolic links',
  ENODATA: 'no data available',
  EOVERFLOW: 'value too large for defined data type',
  EOPNOTSUPP: 'operation not supported',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  ENETDOWN: 'network is down',
  ENETUNREACH: 'network is unreachable',
  EHOSTUNREACH: 'no route to host',
  EALREADY: 'operation already in progress',
  ESTALE: 'stale file handle',
  EDQUOT: 'disk quota exceeded',
  ETIMEDOUT: 'connection timed out',
};

const KINDS: Readonly<Record<string, ErrorKind>> = {
  EPERM: 'forbidden',
  EACCES: 'forbidden',
  EROFS: 'forbidden',
  ENOENT: 'notFound',
  ESRCH: 'notFound',
  ENODEV: 'notFound',
  ENXIO: 'notFound',
  ENODATA: 'notFound',
  EEXIST: 'conflict',
  EBUSY: 'conflict',
  ENOTEMPTY: 'conflict',
  ETXTBSY: 'conflict',
  EADDRINUSE: 'conflict',
  ENOSPC: 'exhausted',
  EDQUOT: 'exhausted',
  ENOMEM: 'exhausted',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  EMLINK: 'exhausted',
  EINVAL: 'invalidArgument',
  ENOTDIR: 'invalidArgument',
  EISDIR: 'invalidArgument',
  ENAMETOOLONG: 'invalidArgument',
  ELOOP: 'invalidArgument',
  EXDEV: 'invalidArgument',
  ENOSYS: 'notImplemented',
  EOPNOTSUPP: 'notImplemented',
  EAGAIN: 'unavailable',
  ETIMEDOUT: 'deadline',
  EIO: 'dataLoss',
};

/** `ENOENT` for 2; `E<number>` for what Node has no name for. */
export function errnoName(errno: number): string {
  if (errno === 95) return 'EOPNOTSUPP'; // Linux: the same number as ENOTSUP
  if (errno === 11) return 'EAGAIN'; // and EWOULDBLOCK
  return NAMES.get(errno) ?? `E${errno}`;
}

/** The kernel's words for an errno name: "no such file or directory". */
export function errnoText(name: string): string {
  return WORDS[name] ?? name;
}

/** A file name for error texts. */
export function show(name: Text): string {
  return typeof name === 'string' ? name : Buffer.from(name).toString('latin1');
}

/**
 * The error for a failed native call: "`what`: no such file or directory", kind by errno, the errno's name in
 * `data.errno` and, as for Node's own errors, in `code`.
 */
export function kernelError(errno: number, what: string, data: Record<string, unknown> = {}): BerthError & { code: string } {
  const name = errnoName(errno);
  const error = new BerthError(KINDS[name] ?? 'internal', `${what}: ${errnoText(name)}`, { data: { ...data, errno: name } });
  return Object.assign(error, { code: name });
}

/** Returns a native call's result, or throws {@link kernelError} with "`verb` `name`". */
export function check(result: number, verb: string, name: Text = ''): number {
  if (result < 0) throw kernelError(-result, name === '' ? verb : `${verb} ${show(name)}`);
  return result;
}
