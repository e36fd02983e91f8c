/** Quoting as Go does it. */

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"', '\\': '\\\\', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v',
};

/** Go's strconv.Quote: a double-quoted literal with escapes for what does not print. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const escape = escapes[char];
    if (escape !== undefined) out += escape;
    else out += printable(char) ? char : escapeRune(char.codePointAt(0) as number);
  }
  return out + '"';
}

function printable(char: string): boolean {
  // Almost always, and without the expression, whose tables take milliseconds to make.
  if (char >= ' ' && char <= '~') return true;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char);
}

function escapeRune(code: number): string {
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
