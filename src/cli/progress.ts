import { isatty } from 'node:tty';
import type { ApiResponse } from '#client/types.ts';
import type { Sink } from './output.ts';

/** Streams of JSON messages about progress: pull, load, import. */

export interface ProgressMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string; readonly code?: number };
  readonly aux?: unknown;
}

/** Calls back for every JSON value of a body that holds several, one per line. */
export async function readJsonLines(response: ApiResponse, onValue: (value: unknown) => void): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  await response.read((chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) if (line.trim() !== '') onValue(JSON.parse(line));
  });
  if (rest.trim() !== '') onValue(JSON.parse(rest));
}

/** Shows messages on `to` (nowhere when undefined): lines that renew themselves on a terminal, otherwise one line each. Throws the daemon's error. */
export async function showProgress(response: ApiResponse, to: Sink | undefined): Promise<void> {
  const terminal = to !== undefined && isatty(to.fd);
  const lines = new Map<string, number>();
  let below = 0;
  let failure: Error | undefined;
  await readJsonLines(response, (value) => {
    const message = value as ProgressMessage;
    const error = message.errorDetail?.message ?? message.error;
    if (error !== undefined && error !== '') failure ??= new Error(error);
    if (to === undefined || failure !== undefined || message.aux !== undefined) return;
    const hasId = message.id !== undefined && message.id !== '' && (message.progressDetail !== undefined || message.progress !== undefined);
    if (terminal && hasId) below = renew(to, message, lines, below);
    else if (!hasId || (message.progress ?? '') === '') {
      if (!(message.progressDetail?.current !== undefined && message.progressDetail.current > 0)) to.text(plainLine(message, terminal));
      if (terminal) lines.clear();
    }
  });
  if (failure !== undefined) throw failure;
}

function renew(to: Sink, message: ProgressMessage, lines: Map<string, number>, below: number): number {
  const id = message.id as string;
  let count = below;
  let at = lines.get(id);
  if (at === undefined) {
    if (lines.size === 0) count = 0;
    at = count++;
    lines.set(id, at);
    to.text('\n');
  }
  const up = count - at;
  const bar = progressBar(message);
  to.text(`\u001b[${up}A\u001b[2K\r${id}: ${message.status ?? ''}${bar === '' ? '' : ` ${bar}`}\r\u001b[${up}B`);
  return count;
}

function plainLine(message: ProgressMessage, terminal: boolean): string {
  if (message.stream !== undefined && message.stream !== '') return message.stream;
  const text = `${message.id === undefined || message.id === '' ? '' : `${message.id}: `}${message.status ?? ''}`;
  return `${text}${terminal ? '\r' : ''}\n`.replace('\r\n', '\n');
}

function progressBar(message: ProgressMessage): string {
  const { current = 0, total = 0 } = message.progressDetail ?? {};
  if (current <= 0) return message.progress ?? '';
  const size = (bytes: number): string => {
    let value = bytes;
    let unit = 0;
    for (; value >= 1000 && unit < 4; unit++) value /= 1000;
    return `${Number(value.toPrecision(4))}${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
  };
  if (total <= 0) return size(current);
  const filled = Math.min(50, Math.floor((current / total) * 50));
  const bar = filled < 50 ? `${'='.repeat(filled)}>${' '.repeat(50 - filled - 1)}` : '='.repeat(50);
  return `[${bar}]  ${size(current).padStart(8)}/${size(total)}`;
}
