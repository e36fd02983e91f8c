import { BerthError, type ErrorKind, messageOf } from '#base/errors.ts';

/** The one table from error kinds to HTTP status. */
const statuses: Readonly<Record<ErrorKind, number>> = {
  invalidArgument: 400, unauthorized: 401, forbidden: 403, notFound: 404, conflict: 409, notModified: 304, exhausted: 500, unavailable: 503,
  notImplemented: 501, cancelled: 499, deadline: 504, dataLoss: 500, internal: 500,
};

/** What the server needs of a logger; pino's loggers are such. */
export interface Logger {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** An error as a client sees it. `bug`: nobody raised it on purpose, so it is to be logged. */
export interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
  readonly bug: boolean;
}

/** Maps any thrown value. The hint, if there is one, is the message's second line. */
export function answerOf(error: unknown): ErrorAnswer {
  if (!(error instanceof BerthError)) return { status: 500, message: messageOf(error), bug: true };
  return { status: statuses[error.kind], message: error.hint === undefined ? error.message : `${error.message}\n${error.hint}`, bug: false };
}
