/** A small parser of import statements: enough of TypeScript's lexical grammar to find them, and nothing else. */

export interface Import {
  readonly specifier: string;
  /** `import type`, `export type … from`, or only inline `type` names: gone at run time. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
  readonly line: number;
}

type Token = { readonly kind: 'word' | 'punctuation' | 'string'; readonly text: string; readonly line: number };

// After one of these words a slash begins a regular expression; after any other word it divides.
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'await', 'yield', 'else', 'do']);

/** Every import, re-export and dynamic import with a literal specifier, in order. */
export function importsOf(source: string): Import[] {
  const tokens = tokenize(source);
  const imports: Import[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'word' || (token.text !== 'import' && token.text !== 'export')) continue;
    if (tokens[at - 1]?.text === '.') continue;
    const found = token.text === 'import' ? parseImport(tokens, at) : parseReexport(tokens, at);
    if (found !== undefined) imports.push(found);
  }
  return imports;
}

function parseImport(tokens: readonly Token[], at: number): Import | undefined {
  const next = tokens[at + 1];
  if (next === undefined) return undefined;
  if (next.kind === 'string') return { specifier: next.text, typeOnly: false, dynamic: false, line: next.line };
  if (next.text === '(') {
    const argument = tokens[at + 2];
    return argument?.kind === 'string' ? { specifier: argument.text, typeOnly: false, dynamic: true, line: argument.line } : undefined;
  }
  return next.text === '.' ? undefined : clauseUntilFrom(tokens, at);
}

function parseReexport(tokens: readonly Token[], at: number): Import | undefined {
  const next = tokens[at + 1]?.text === 'type' ? tokens[at + 2] : tokens[at + 1];
  return next?.text === '{' || next?.text === '*' ? clauseUntilFrom(tokens, at) : undefined;
}

/** Reads `import a, { type b } from 'x'` from its keyword on; undefined when no `from 'x'` follows (a local export). */
function clauseUntilFrom(tokens: readonly Token[], at: number): Import | undefined {
  let end = at + 1;
  while (end < tokens.length && tokens[end]?.text !== 'from' && tokens[end]?.text !== ';' && tokens[end]?.text !== '=') end++;
  const specifier = tokens[end + 1];
  if (tokens[end]?.text !== 'from' || specifier?.kind !== 'string') return undefined;
  const clause = tokens.slice(at + 1, end);
  return { specifier: specifier.text, typeOnly: isTypeOnly(clause), dynamic: false, line: specifier.line };
}

function isTypeOnly(clause: readonly Token[]): boolean {
  const [first, second] = clause;
  if (first?.text === 'type' && (second?.text === '{' || second?.text === '*' || clause.length === 2)) return true;
  if (first?.text !== '{') return false;
  const names = clause.slice(1, -1).map((token) => token.text).join(' ').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return names.length > 0 && names.every((name) => /^type \S/.test(name));
}

/** Words, strings and punctuation with comments, templates and regular expressions left out. */
export function tokenize(source: string): Token[] {
  const pattern = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"|`|[\w$#]+|\s+|[\s\S]/g;
  const tokens: Token[] = [];
  let line = 1;
  for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
    let text = match[0];
    if (text === '`' || (text === '/' && regexMayBegin(tokens.at(-1)))) {
      const end = text === '`' ? endOfTemplate(source, match.index) : endOfRegex(source, match.index);
      text = source.slice(match.index, end);
      pattern.lastIndex = end;
    } else if (/^['"]/.test(text) && text.length > 1) {
      tokens.push({ kind: 'string', text: text.slice(1, -1), line });
    } else if (!/^(\s|\/\/|\/\*)/.test(text)) {
      tokens.push({ kind: /^[\w$#]/.test(text) ? 'word' : 'punctuation', text, line });
    }
    line += text.split('\n').length - 1;
  }
  return tokens;
}

function regexMayBegin(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === 'word') return BEFORE_REGEX.has(previous.text);
  return previous.kind === 'punctuation' && ![')', ']', '}'].includes(previous.text);
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '\n' || (char === '/' && !inClass)) return at + 1;
  }
  return source.length;
}

/** A template's end; a `${…}` inside may hold braces, strings and templates of its own. */
function endOfTemplate(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length) {
    if (source[at] === '\\') at += 2;
    else if (source[at] === '`') return at + 1;
    else if (source.startsWith('${', at)) at = endOfSubstitution(source, at + 2);
    else at++;
  }
  return source.length;
}

function endOfSubstitution(source: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at < source.length) {
    const char = source[at];
    if (char === '`') {
      at = endOfTemplate(source, at);
      continue;
    }
    if (char === "'" || char === '"') {
      at++;
      while (at < source.length && source[at] !== char && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
    } else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return at + 1;
    at++;
  }
  return source.length;
}
