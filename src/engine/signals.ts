import { constants } from 'node:os';
import { fail } from '#base/errors.ts';

/** Parses "KILL", "sigterm", "9", "RTMIN+3" as Docker does. Throws invalidArgument with Docker's texts. */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number === 0) fail('invalidArgument', `invalid signal: ${text}`);
    if (number > 64) fail('invalidArgument', `the linux daemon does not support signal ${number}`);
    return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realtime !== null) {
    const offset = Number(realtime[3] ?? 0);
    const number = realtime[1] === 'MIN' ? 34 + offset : 64 - offset;
    if (number >= 34 && number <= 64 && (realtime[2] ?? '') !== (realtime[1] === 'MIN' ? '-' : '+')) return number;
    fail('invalidArgument', `invalid signal: ${text}`);
  }
  const number = (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
  return number ?? fail('invalidArgument', `invalid signal: ${text}`);
}
