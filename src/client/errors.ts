import { BerthError, type ErrorKind } from '#base/errors.ts';
import type { Address } from './address.ts';
import type { ApiResponse } from './types.ts';

/** What goes wrong between client and daemon, as kinds. */

const kinds: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthorized', 403: 'forbidden', 404: 'notFound', 409: 'conflict', 499: 'cancelled', 501: 'notImplemented', 503: 'unavailable', 504: 'deadline',
};

/** The daemon's refusal. The message is "Error response from daemon: …"; `data` has the `status` and the daemon's own text as `detail`. */
export function refusal(response: ApiResponse, body: string, path: string): BerthError {
  const { status } = response;
  const detail = detailOf(response, body, path);
  return new BerthError(kinds[status] ?? (status < 500 ? 'invalidArgument' : 'internal'), `Error response from daemon: ${detail}`, { data: { status, detail } });
}

function detailOf(response: ApiResponse, body: string, path: string): string {
  if (body.trim() === '') {
    return `request returned ${response.status} ${response.reason} for API route ${path}, check if the server supports the requested API version`;
  }
  if ((response.headers.get('content-type') ?? '').startsWith('application/json')) {
    try {
      const { message } = JSON.parse(body) as { message?: unknown };
      if (typeof message === 'string') return message.trim();
    } catch { /* shown as it is */ }
  }
  return body.trim();
}

/** The daemon's own text of a {@link refusal}; undefined for any other error. */
export function detailOfRefusal(error: unknown): string | undefined {
  const detail = error instanceof BerthError ? error.data['detail'] : undefined;
  return typeof detail === 'string' ? detail : undefined;
}

/** Nobody listens there: the socket is missing, or the port is closed. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

/** No connection could be made. */
export function unreachable(address: Address, error: unknown): BerthError {
  const { code, message } = error as NodeJS.ErrnoException;
  const text = code === 'EACCES' || code === 'EPERM'
    ? `permission denied while trying to connect to the Berth daemon socket at ${address.host}`
    : isAbsent(error) || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH'
      ? `Cannot connect to the Berth daemon at ${address.host}. Is the berth daemon running?`
      : `error during connect: ${address.host}: ${message}`;
  return new BerthError('unavailable', text, { cause: error });
}

/** A connection broke before the answer came. */
export function brokenOff(error: unknown): BerthError {
  return new BerthError('unavailable', `error during connect: ${(error as Error).message}`, { cause: error });
}
