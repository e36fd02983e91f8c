import { constants } from 'node:os';
import { fail } from '#base/errors.ts';

/** Number of a signal given as `9`, `KILL` or `SIGKILL`, in any case; realtime signals as RTMIN+n. */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (/^\d+$/.test(name)) {
    const number = Number(name);
    return number <= 64 ? number : fail('invalidArgument', `unknown signal ${JSON.stringify(text)}`);
  }
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realtime !== null) return realtimeSignal(text, realtime);
  return constants.signals[`SIG${name}` as NodeJS.Signals] ?? fail('invalidArgument', `unknown signal ${JSON.stringify(text)}`);
}

// The C library keeps 32 and 33 for itself.
function realtimeSignal(text: string, match: RegExpExecArray): number {
  const number = (match[1] === 'MIN' ? 34 : 64) + (match[2] === '-' ? -1 : 1) * Number(match[3] ?? 0);
  return number >= 34 && number <= 64 ? number : fail('invalidArgument', `unknown signal ${JSON.stringify(text)}`);
}
