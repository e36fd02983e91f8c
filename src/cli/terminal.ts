import { isatty } from 'node:tty';
import { plainTerminalOutput } from '#kernel/terminal-output.ts';

/** Our own terminal. */

export interface RawTerminal {
  restore(): void;
}

/** Puts the terminal on standard input into raw mode; undefined when there is none. Restored at exit in any case. */
export function makeRaw(): RawTerminal | undefined {
  if (!isatty(0)) return undefined;
  const { stdin } = process;
  stdin.setRawMode(true);
  plainTerminalOutput();
  const restore = (): void => {
    process.off('exit', restore);
    stdin.setRawMode(false);
  };
  process.on('exit', restore);
  return { restore };
}

/** Rows and columns of the terminal on standard output; zeros when there is none. */
export function terminalSize(): [rows: number, columns: number] {
  if (!isatty(1)) return [0, 0];
  const { rows, columns } = process.stdout;
  return [rows ?? 0, columns ?? 0];
}

/** Reports the size now and whenever it changes, until the result is called. */
export function watchSize(report: (rows: number, columns: number) => void): () => void {
  const [rows, columns] = terminalSize();
  if (rows > 0) report(rows, columns);
  const changed = (): void => {
    (process.stdout as { _refreshSize?: () => void })._refreshSize?.();
    const size = terminalSize();
    report(size[0], size[1]);
  };
  process.on('SIGWINCH', changed);
  return () => void process.off('SIGWINCH', changed);
}

/** True when the descriptor is a terminal. */
export function isTerminal(fd: number): boolean {
  return isatty(fd);
}
