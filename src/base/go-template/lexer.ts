/** The tokens of Go's text/template: text outside actions, and the words inside them. */

export type TokenKind = 'text' | 'open' | 'close' | 'space' | 'field' | 'variable' | 'identifier' | 'keyword' | 'number' | 'char' | 'string' | 'raw'
  | 'bool' | 'nil' | 'dot' | 'pipe' | 'comma' | 'declare' | 'assign' | 'lparen' | 'rparen' | 'eof';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly pos: number;
}

/** A template that cannot be parsed; the message is Go's, with name and line. */
export class TemplateError extends Error {}

const keywords = new Set(['if', 'else', 'end', 'range', 'with', 'define', 'block', 'template', 'break', 'continue']);

export function lineOf(source: string, pos: number): number {
  return source.slice(0, pos).split('\n').length;
}

/** Throws {@link TemplateError}. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const textEnd = open < 0 ? source.length : open;
    const trimsBefore = open >= 0 && /^-\s/.test(source.slice(open + 2, open + 4));
    let text = source.slice(at, textEnd);
    if (trimsBefore) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') tokens.push({ kind: 'text', text, pos: at });
    if (open < 0) break;
    at = lexAction(source, open, trimsBefore ? open + 3 : open + 2, tokens);
  }
  tokens.push({ kind: 'eof', text: 'EOF', pos: source.length });
  return tokens;
}

function fail(source: string, pos: number, message: string): never {
  throw new TemplateError(`template: :${lineOf(source, pos)}: ${message}`);
}

// Lexes from behind "{{" to behind "}}", and skips the blanks that a trim marker asks for. Returns the position after.
function lexAction(source: string, open: number, start: number, tokens: Token[]): number {
  const comment = /^\s*\/\*/.exec(source.slice(start));
  if (comment !== null) return skipComment(source, start);
  tokens.push({ kind: 'open', text: '{{', pos: open });
  let at = start;
  let depth = 0;
  for (;;) {
    if (/^[ \t\r\n]-\}\}/.test(source.slice(at, at + 4)) || source.startsWith('}}', at)) {
      if (depth > 0) fail(source, at, 'unclosed left paren');
      const trims = !source.startsWith('}}', at);
      tokens.push({ kind: 'close', text: '}}', pos: at });
      const after = at + (trims ? 4 : 2);
      return trims ? after + (/^[ \t\r\n]*/.exec(source.slice(after)) as RegExpExecArray)[0].length : after;
    }
    if (at >= source.length) fail(source, at, 'unclosed action');
    const token = lexInside(source, at);
    if (token.kind === 'lparen') depth++;
    if (token.kind === 'rparen' && --depth < 0) fail(source, at, 'unexpected right paren');
    tokens.push(token);
    at += token.text.length;
  }
}

function skipComment(source: string, start: number): number {
  const end = source.indexOf('*/', start);
  if (end < 0) fail(source, start, 'unclosed comment');
  const close = /^(\s-)?\}\}/.exec(source.slice(end + 2));
  if (close === null) fail(source, end, 'comment ends before closing delimiter');
  const after = end + 2 + close[0].length;
  return close[1] === undefined ? after : after + (/^[ \t\r\n]*/.exec(source.slice(after)) as RegExpExecArray)[0].length;
}

const patterns: readonly (readonly [RegExp, TokenKind])[] = [
  [/[ \t\r\n]+/y, 'space'],
  [/:=/y, 'declare'],
  [/=/y, 'assign'],
  [/\|/y, 'pipe'],
  [/,/y, 'comma'],
  [/\(/y, 'lparen'],
  [/\)/y, 'rparen'],
  [/"(?:[^"\\\n]|\\.)*"/y, 'string'],
  [/`[^`]*`/y, 'raw'],
  [/'(?:[^'\\\n]|\\.)+'/y, 'char'],
  [/\$[\p{L}\p{N}_]*/yu, 'variable'],
  [/[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y, 'number'],
  [/\.[\p{L}_][\p{L}\p{N}_]*/yu, 'field'],
  [/\./y, 'dot'],
  [/[\p{L}_][\p{L}\p{N}_]*/yu, 'identifier'],
];

function lexInside(source: string, at: number): Token {
  for (const [pattern, kind] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) continue;
    const text = match[0];
    checkEnd(source, at, text, kind);
    return { kind: kind === 'identifier' ? wordKind(text) : kind, text, pos: at };
  }
  const char = String.fromCodePoint(source.codePointAt(at) as number);
  if (char === '"') fail(source, at, 'unterminated quoted string');
  if (char === '`') fail(source, at, 'unterminated raw quoted string');
  if (char === '\'') fail(source, at, 'unterminated character constant');
  if (char === ':') fail(source, at, 'expected :=');
  return fail(source, at, `unrecognized character in action: ${codeName(char)}`);
}

function codeName(char: string): string {
  return `U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')} '${char}'`;
}

// Words must end at a blank, a delimiter or an operator.
function checkEnd(source: string, at: number, text: string, kind: TokenKind): void {
  const next = source.slice(at + text.length, at + text.length + 1);
  if (kind === 'number' && /[\p{L}\p{N}_]/u.test(next)) fail(source, at, `bad number syntax: "${text}${next}"`);
  if (kind !== 'field' && kind !== 'variable' && kind !== 'identifier') return;
  if (next === '' || /[ \t\r\n.,|:)(=]/.test(next) || source.startsWith('}}', at + text.length)) return;
  fail(source, at, `bad character ${codeName(String.fromCodePoint(source.codePointAt(at + text.length) as number))}`);
}

function wordKind(text: string): TokenKind {
  if (text === 'true' || text === 'false') return 'bool';
  if (text === 'nil') return 'nil';
  return keywords.has(text) ? 'keyword' : 'identifier';
}
