/** Go's quoted literals. */

const simple: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '\'': '\'', '"': '"' };

/** The value of "…" or `…`. */
export function unquoteString(literal: string): string {
  if (literal.startsWith('`')) return literal.slice(1, -1);
  return unescape(literal.slice(1, -1));
}

/** The code point of 'x'. */
export function unquoteChar(literal: string): number {
  return unescape(literal.slice(1, -1)).codePointAt(0) ?? 0;
}

function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_, escape: string) => {
    if (/^[xuU]./.test(escape)) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
    return simple[escape] ?? escape;
  });
}
