import { classOf, escapedClass, foldCase, unicodeClass, type Test } from './classes.ts';

/** A regular expression of Go's syntax (https://pkg.go.dev/regexp/syntax) as a tree. What is captured does not matter here. */
export type Node =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'either'; readonly nodes: readonly Node[] }
  /** `max` undefined: any number. */
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number | undefined };

export type Assertion = 'beginText' | 'endText' | 'beginLine' | 'endLine' | 'word' | 'noWord';

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const maxRepeat = 1000;
const maxDepth = 500;
const escapes: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Parses an expression. Throws an Error with Go's text. */
export function parseRegexp(pattern: string): Node {
  return new Parser(pattern).parse();
}

/** The error that Go has for a piece of an expression. */
export function regexpError(what: string, piece: string): Error {
  return new Error(`error parsing regexp: ${what}: \`${piece}\``);
}

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Node {
    const node = this.#either({ i: false, m: false, s: false });
    if (this.#at < this.#source.length) throw regexpError('unexpected )', this.#source);
    return node;
  }

  #either(flags: Flags): Node {
    if (++this.#depth > maxDepth) throw regexpError('expression nests too deeply', this.#source);
    let current = flags;
    const branches: Node[] = [];
    let sequence: Node[] = [];
    let lastRepeat: number | undefined;
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      const from = this.#at;
      if (this.#take('|')) {
        branches.push({ kind: 'sequence', nodes: sequence });
        sequence = [];
        lastRepeat = undefined;
        continue;
      }
      const repeat = this.#repeat();
      if (repeat !== undefined) {
        const text = this.#source.slice(lastRepeat ?? from, this.#at);
        if (lastRepeat !== undefined) throw regexpError('invalid nested repetition operator', text);
        const node = sequence.pop();
        if (node === undefined) throw regexpError('missing argument to repetition operator', text);
        sequence.push({ kind: 'repeat', node, ...repeat });
        lastRepeat = from;
        continue;
      }
      lastRepeat = undefined;
      const item = this.#item(current);
      if ('kind' in item) sequence.push(item);
      else current = item;
    }
    this.#depth--;
    return { kind: 'either', nodes: [...branches, { kind: 'sequence', nodes: sequence }] };
  }

  // Flags alone, as in (?i), hold for the rest of the group.
  #item(flags: Flags): Node | Flags {
    const from = this.#at;
    const char = this.#next();
    switch (char) {
      case '(': return this.#group(flags, from);
      case '[': return { kind: 'char', test: this.#class(flags, from) };
      case '.': return { kind: 'char', test: flags.s ? () => true : (code) => code !== 10 };
      case '^': return { kind: 'assert', what: flags.m ? 'beginLine' : 'beginText' };
      case '$': return { kind: 'assert', what: flags.m ? 'endLine' : 'endText' };
      case '\\': return this.#escape(flags, from);
      default: return literal(char, flags);
    }
  }

  #group(flags: Flags, from: number): Node | Flags {
    let inner = flags;
    if (this.#take('?')) {
      if (this.#take('P<') || this.#take('<')) this.#groupName(from);
      else {
        const set = this.#flags(flags, from);
        if (!set.group) return set.flags;
        inner = set.flags;
      }
    }
    const node = this.#either(inner);
    if (!this.#take(')')) throw regexpError('missing closing )', this.#source);
    return node;
  }

  #groupName(from: number): void {
    const end = this.#source.indexOf('>', this.#at);
    if (end < 0) throw regexpError('invalid named capture', this.#source.slice(from));
    const name = this.#source.slice(this.#at, end);
    this.#at = end + 1;
    if (!/^\w+$/.test(name)) throw regexpError('invalid named capture', this.#source.slice(from, end + 1));
  }

  #flags(flags: Flags, from: number): { flags: Flags; group: boolean } {
    const set = { ...flags };
    const unsupported = (): Error => regexpError('invalid or unsupported Perl syntax', this.#source.slice(from, this.#at));
    let [on, any] = [true, false];
    for (;;) {
      if (this.#at >= this.#source.length) throw regexpError('missing closing )', this.#source);
      const char = this.#next();
      if (char === 'i' || char === 'm' || char === 's') set[char] = on;
      else if (char === '-' && on) {
        on = false;
        any = false;
        continue;
      } else if (char !== 'U') {
        if ((char !== ':' && char !== ')') || (!on && !any)) throw unsupported();
        return { flags: set, group: char === ':' };
      }
      any = true;
    }
  }

  #escape(flags: Flags, from: number): Node {
    if (this.#at >= this.#source.length) throw regexpError('trailing backslash at end of expression', '');
    const char = this.#source[this.#at] as string;
    const assertion = ({ A: 'beginText', z: 'endText', b: 'word', B: 'noWord' } as const)[char];
    if (assertion !== undefined) {
      this.#at++;
      return { kind: 'assert', what: assertion };
    }
    if (char === 'Q') {
      const end = this.#source.indexOf('\\E', this.#at);
      const text = this.#source.slice(this.#at + 1, end < 0 ? undefined : end);
      this.#at = end < 0 ? this.#source.length : end + 2;
      return { kind: 'sequence', nodes: [...text].map((each) => literal(each, flags)) };
    }
    return { kind: 'char', test: this.#escapedClass(flags, from) ?? literal(this.#escapedChar(from), flags).test };
  }

  // After a backslash: \d, \pL, \p{Greek} and their like.
  #escapedClass(flags: Flags, from: number): Test | undefined {
    const char = this.#source[this.#at] ?? '';
    if (char === 'p' || char === 'P') {
      const match = /^[pP](?:\{(\^?)([^}]*)\}|(.))/u.exec(this.#source.slice(this.#at));
      if (match !== null) this.#at += match[0].length;
      const test = match === null ? undefined : unicodeClass(match[2] ?? match[3] ?? '', (char === 'P') !== (match[1] === '^'));
      if (test === undefined) throw regexpError('invalid character class range', match === null ? this.#source.slice(from) : this.#source.slice(from, this.#at));
      return foldCase(test, flags.i);
    }
    const test = escapedClass(char);
    if (test !== undefined) this.#at++;
    return test;
  }

  #escapedChar(from: number): string {
    if (this.#at >= this.#source.length) throw regexpError('trailing backslash at end of expression', '');
    const number = /^(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/.exec(this.#source.slice(this.#at));
    if (number !== null) {
      this.#at += number[0].length;
      const code = number[3] === undefined ? Number.parseInt(number[1] ?? number[2] ?? '', 16) : Number.parseInt(number[3], 8);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      throw regexpError('invalid escape sequence', this.#source.slice(from, this.#at));
    }
    const char = this.#next();
    if (Object.hasOwn(escapes, char)) return escapes[char] as string;
    if (/^[\x21-\x7e]$/.test(char) && !/^\w$/.test(char)) return char;
    throw regexpError('invalid escape sequence', this.#source.slice(from, this.#at));
  }

  #class(flags: Flags, from: number): Test {
    const negated = this.#take('^');
    const tests: Test[] = [];
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#source.length) throw regexpError('missing closing ]', this.#source.slice(from));
      tests.push(this.#classItem(flags, from));
    }
    this.#at++;
    const any = foldCase((code) => tests.some((test) => test(code)), flags.i);
    return negated ? (code) => !any(code) : any;
  }

  #classItem(flags: Flags, from: number): Test {
    const start = this.#at;
    const named = /^\[:(\^?)([^\]]*?):\]/.exec(this.#source.slice(start));
    if (named !== null) {
      this.#at += named[0].length;
      const test = classOf(named[2] ?? '');
      if (test === undefined) throw regexpError('invalid character class range', named[0]);
      return named[1] === '^' ? (code) => !test(code) : test;
    }
    if (this.#source[start] === '\\') {
      this.#at++;
      const test = this.#escapedClass(flags, start);
      if (test !== undefined) return test;
      this.#at--;
    }
    const low = this.#classChar(from);
    if (this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']' || this.#at + 1 >= this.#source.length) return (code) => code === low;
    this.#at++;
    const high = this.#classChar(from);
    if (high < low) throw regexpError('invalid character class range', this.#source.slice(start, this.#at));
    return (code) => code >= low && code <= high;
  }

  #classChar(from: number): number {
    if (this.#at >= this.#source.length) throw regexpError('missing closing ]', this.#source.slice(from));
    const start = this.#at;
    const char = this.#next();
    return (char === '\\' ? this.#escapedChar(start) : char).codePointAt(0) as number;
  }

  #repeat(): { min: number; max: number | undefined } | undefined {
    const from = this.#at;
    const match = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})/.exec(this.#source.slice(from));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const [, sign, low = '', comma, high = ''] = match;
    if (sign === undefined && comma === '' && high !== '') return undefined;
    const min = sign === undefined ? Number(low) : sign === '+' ? 1 : 0;
    const max = sign === '?' ? 1 : sign !== undefined || (comma === ',' && high === '') ? undefined : comma === ',' ? Number(high) : min;
    if (min > maxRepeat || (max !== undefined && (max > maxRepeat || max < min))) throw regexpError('invalid repeat count', this.#source.slice(from, this.#at));
    this.#take('?');
    return { min, max };
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #next(): string {
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at) as number);
    this.#at += char.length;
    return char;
  }
}

function literal(char: string, flags: Flags): { kind: 'char'; test: Test } {
  const wanted = char.codePointAt(0) as number;
  return { kind: 'char', test: foldCase((code) => code === wanted, flags.i) };
}
