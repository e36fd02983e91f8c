import { BerthError, messageOf } from '#base/errors.ts';
import type { ErrorKind } from '#base/errors.ts';

export interface StartFailure {
  readonly kind: ErrorKind;
  readonly text: string;
  readonly exitCode: number;
}

const PREFIX = 'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ';

/** How a failed start is told: Docker's text, API error and the exit code that the container keeps (dockerd: daemon/errors.go). */
export function startFailure(error: unknown): StartFailure {
  const inner = messageOf(error);
  if (!(error instanceof BerthError) || error.data['op'] === undefined) {
    const kind = error instanceof BerthError ? error.kind : 'internal';
    return { kind, text: inner, exitCode: 128 };
  }
  const text = `${PREFIX}unable to start container process: ${inner}${mountHint(error)}`;
  return { ...classify(error, text), text };
}

/** The same for execs: the text goes to the client's stream, the code is the exec's exit code. */
export function execFailure(error: unknown): StartFailure {
  const inner = messageOf(error);
  if (!(error instanceof BerthError) || error.data['op'] === undefined) {
    const exitCode = error instanceof BerthError ? error.data['exitCode'] : undefined;
    return { kind: error instanceof BerthError ? error.kind : 'internal', text: inner, exitCode: typeof exitCode === 'number' ? exitCode : 126 };
  }
  const text = `OCI runtime exec failed: exec failed: unable to start container process: ${inner}${mountHint(error)}`;
  return { ...classify(error, text, 126), text };
}

// dockerd's advice for every ENOTDIR (daemon/errors.go).
function mountHint(error: BerthError): string {
  if (error.data['errno'] !== 'ENOTDIR') return '';
  return ': Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';
}

function classify(error: BerthError, text: string, otherwise = 128): { kind: ErrorKind; exitCode: number } {
  const { exitCode } = error.data;
  if (typeof exitCode === 'number') return { kind: 'invalidArgument', exitCode };
  if (/executable file not found|no such file or directory/.test(text)) return { kind: 'invalidArgument', exitCode: 127 };
  if (/permission denied/.test(text)) return { kind: 'invalidArgument', exitCode: 126 };
  return { kind: 'internal', exitCode: otherwise };
}
