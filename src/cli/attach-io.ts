import type { Hijacked } from '#client/types.ts';
import type { Cli } from './cli.ts';
import { DetachScanner, keysOf } from './detach.ts';
import { Demultiplexer } from './stdcopy.ts';
import type { RawTerminal } from './terminal.ts';

/** Joins our standard streams with a taken-over connection, for run, start, attach and exec. */

export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The other side has a terminal: one raw stream, our own terminal goes raw while input is joined. */
  readonly tty: boolean;
  readonly detachKeys: string;
}

/** How joining ended: output was complete, or the user typed the detach keys. */
export type StreamEnd = 'done' | 'detached';

/** Runs until the other side ends its output or the user detaches. The terminal is as before afterwards. */
export async function joinStreams(cli: Cli, connection: Hijacked, options: StreamOptions): Promise<StreamEnd> {
  let terminal: RawTerminal | undefined;
  if (options.stdin && options.tty) terminal = (await import('./terminal.ts')).makeRaw();
  try {
    const output = copyOutput(cli, connection, options).then((): StreamEnd => 'done');
    if (!options.stdin) return await output;
    const stop = new AbortController();
    const input = copyInput(connection, options, stop.signal);
    const detached = input.then((end) => (end === 'detached' ? end : output));
    const end = await Promise.race([output, detached]);
    stop.abort();
    return end;
  } finally {
    connection.destroy();
    terminal?.restore();
  }
}

async function copyOutput(cli: Cli, connection: Hijacked, options: StreamOptions): Promise<void> {
  const raw = connection.mediaType === '' ? options.tty : !connection.mediaType.includes('multiplexed');
  if (raw && options.tty) {
    await connection.read((chunk) => (cli.out.push(chunk) ? undefined : cli.out.drained()));
  } else {
    const demultiplexer = new Demultiplexer(cli.out, cli.err);
    await connection.read((chunk) => demultiplexer.push(chunk));
  }
  await Promise.all([cli.out.drained(), cli.err.drained()]);
}

async function copyInput(connection: Hijacked, options: StreamOptions, stop: AbortSignal): Promise<StreamEnd> {
  const { readInput } = await import('./input.ts');
  const scanner = options.tty ? new DetachScanner(keysOf(options.detachKeys)) : undefined;
  let detached = false;
  await readInput(stop, async (chunk) => {
    const pass = scanner === undefined ? chunk : scanner.push(chunk);
    if (pass === undefined) {
      detached = true;
      return false;
    }
    if (pass.length > 0) await connection.write(pass);
    return true;
  });
  if (detached) return 'detached';
  if (!stop.aborted) connection.closeWrite();
  return 'done';
}
