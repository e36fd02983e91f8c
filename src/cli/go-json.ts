/** JSON as Go writes and reads it, without losing digits of large numbers. */

/** Indents JSON text by four blanks per level without touching its values (json.Indent). */
export function indentJson(text: string, prefix = '', unit = '    '): string {
  let out = '';
  let depth = 0;
  const newline = (): string => `\n${prefix}${unit.repeat(depth)}`;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"') {
      const end = stringEnd(text, at);
      out += text.slice(at, end);
      at = end - 1;
    } else if (char === '{' || char === '[') {
      const close = skipBlanks(text, at + 1);
      if (text[close] === (char === '{' ? '}' : ']')) {
        out += char + (text[close] as string);
        at = close;
      } else {
        depth++;
        out += char + newline();
      }
    } else if (char === '}' || char === ']') {
      depth--;
      out += newline() + char;
    } else if (char === ',') out += `,${newline()}`;
    else if (char === ':') out += ': ';
    else if (!/\s/.test(char)) out += char;
  }
  return out;
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? 'x')) at++;
  return at;
}

interface ReviverContext {
  readonly source?: string;
}

/** Parses JSON; integers beyond JavaScript's exact range become bigints. */
export function parseJson(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: ReviverContext): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined || !/^-?\d+$/.test(context.source)) return value;
    return BigInt(context.source);
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}
