/** Lengths in terminal columns, as Docker's client counts them. */

/** Columns that a text takes on a terminal: East Asian wide characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += isWide(char.codePointAt(0) as number) ? 2 : 1;
  return width;
}

function isWide(code: number): boolean {
  if (code < 0x1100) return false;
  return code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff)
    || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6)
    || (code >= 0x20000 && code <= 0x3fffd);
}

/** Docker's Ellipsis: at most `max` columns, the last of them "…" when something was cut. */
export function ellipsis(text: string, max: number): string {
  if (max <= 0) return '';
  const chars = [...text];
  if (displayWidth(text) <= max) return text;
  if (max === 1) return chars[0] ?? '';
  let width = 0;
  let out = '';
  for (const char of chars) {
    width += displayWidth(char);
    if (width > max - 1) break;
    out += char;
  }
  return `${out}…`;
}
