/**
 * The closed set of error kinds. Everything that Berth throws on purpose is a {@link BerthError} of one of these kinds;
 * callers test the kind, never the class or the text. One table maps kinds to HTTP status (`server/errors.ts`),
 * one to exit codes (`cli/exit-codes.ts`). Anything else that reaches those tables is a bug and is logged as one.
 */
export type ErrorKind =
  | 'invalidArgument' // the request itself is wrong (400)
  | 'unauthorized' // credentials missing or refused (401)
  | 'forbidden' // understood and refused (403)
  | 'notFound' // the named thing does not exist (404)
  | 'conflict' // the thing is in a state or under a name that forbids this (409)
  | 'notModified' // already in the wanted state (304)
  | 'exhausted' // disk, addresses, ids, limits (500, "no space left")
  | 'unavailable' // a peer or the daemon cannot answer now (503)
  | 'notImplemented' // known, not served (501)
  | 'cancelled' // the caller went away (499 in logs)
  | 'deadline' // took too long (504)
  | 'dataLoss' // stored or received bytes are not what they should be (500)
  | 'internal'; // a bug (500)

/** What may be attached to an error beside its text. `hint` is one sentence saying what the user can do. */
export interface ErrorDetails {
  cause?: unknown;
  hint?: string;
  /** Machine-readable facts: paths, ids, errno names. Never secrets. */
  data?: Record<string, unknown>;
}

/** An error that Berth raises on purpose. The message says what was tried on what. */
export class BerthError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(redact(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'BerthError';
    this.kind = kind;
    this.hint = details.hint;
    this.data = details.data ?? {};
  }
}

/** Throws a {@link BerthError}; reads well at the end of `??` chains. */
export function fail(kind: ErrorKind, message: string, details?: ErrorDetails): never {
  throw new BerthError(kind, message, details);
}

/** The kind of any thrown value; what was not thrown on purpose is `internal`. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof BerthError ? error.kind : 'internal';
}

/** True when `error` was raised on purpose with this kind. */
export function isKind(error: unknown, kind: ErrorKind): boolean {
  return error instanceof BerthError && error.kind === kind;
}

/** The text of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name (`ENOENT`) of a Node or kernel error, if it has one. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

// Credentials in URLs and Authorization headers are the two ways by which secrets get into error texts.
function redact(text: string): string {
  return text.replace(/\/\/[^/@\s]+:[^/@\s]+@/g, '//***@').replace(/\b(Basic|Bearer)\s+[A-Za-z0-9+/_=.-]{8,}/g, '$1 ***');
}
