import { constants } from 'node:os';
import type { Client } from '#client/client.ts';

// Signals that belong to us: the runtime's own, terminal sizes, ended children, broken pipes, the debugger's.
const own = new Set(['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGURG', 'SIGWINCH', 'SIGPROF', 'SIGVTALRM', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGABRT', 'SIGIOT', 'SIGSYS', 'SIGTRAP', 'SIGPOLL']);

/** Passes every signal that we get on to the container until disposed. */
export function forwardSignals(api: Client, id: string): Disposable {
  const handlers: [NodeJS.Signals, () => void][] = [];
  for (const name of Object.keys(constants.signals) as NodeJS.Signals[]) {
    if (own.has(name)) continue;
    const handler = (): void => {
      api.call('ContainerKill', { name: id, query: { signal: name.slice(3) } }).catch(() => undefined);
    };
    try {
      process.on(name, handler);
      handlers.push([name, handler]);
    } catch { /* not ours to catch on this host */ }
  }
  return {
    [Symbol.dispose]() {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
