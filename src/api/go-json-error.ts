/** Why a text is no JSON, in the words of Go's encoding/json. `trailing`: a complete value was followed by something else. */
export interface JsonProblem {
  readonly text: string;
  readonly trailing: boolean;
}

/** Go's is 10,000; this scanner recurses, and nobody nests that deep in good faith. */
const maxDepth = 1_000;

/** Finds the first syntax error of a text that `JSON.parse` refused. */
export function syntaxError(text: string): JsonProblem {
  try {
    const scanner = new Scanner(text);
    scanner.value('looking for beginning of value', 0);
    scanner.space();
    return { text: 'invalid content after top-level value', trailing: !scanner.done() };
  } catch (error) {
    if (error instanceof Problem) return { text: error.message, trailing: false };
    throw error;
  }
}

class Problem extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  done(): boolean {
    return this.#at >= this.#text.length;
  }

  space(): void {
    while (!this.done() && ' \t\r\n'.includes(this.#text.charAt(this.#at))) this.#at++;
  }

  value(context: string, depth: number): void {
    if (depth > maxDepth) throw new Problem('exceeded max depth');
    this.space();
    const first = this.#peek();
    if (first === '{') this.#object(depth);
    else if (first === '[') this.#array(depth);
    else if (first === '"') this.#string();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else if (/[-0-9]/.test(first)) this.#number();
    else this.#wrong(context);
  }

  #object(depth: number): void {
    this.#at++;
    this.space();
    if (this.#peek() === '}') return void this.#at++;
    for (;;) {
      this.space();
      if (this.#peek() !== '"') this.#wrong('looking for beginning of object key string');
      this.#string();
      this.space();
      if (this.#peek() !== ':') this.#wrong('after object key');
      this.#at++;
      this.value('looking for beginning of value', depth + 1);
      this.space();
      const next = this.#peek();
      if (next !== '}' && next !== ',') this.#wrong('after object key:value pair');
      this.#at++;
      if (next === '}') return;
    }
  }

  #array(depth: number): void {
    this.#at++;
    this.space();
    if (this.#peek() === ']') return void this.#at++;
    for (;;) {
      this.value('looking for beginning of value', depth + 1);
      this.space();
      const next = this.#peek();
      if (next !== ']' && next !== ',') this.#wrong('after array element');
      this.#at++;
      if (next === ']') return;
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const each = this.#peek();
      if (each < ' ') this.#wrong('in string literal');
      this.#at++;
      if (each === '"') return;
      if (each === '\\') this.#escape();
    }
  }

  #escape(): void {
    const code = this.#peek();
    if (!'bfnrt\\/"u'.includes(code)) this.#wrong('in string escape code');
    this.#at++;
    if (code !== 'u') return;
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) this.#wrong('in \\u hexadecimal character escape');
      this.#at++;
    }
  }

  #literal(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#peek() !== word[index]) this.#wrong(`in literal ${word} (expecting ${quote(word.charAt(index))})`);
      this.#at++;
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#peek() === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[-+]/.test(this.#text[this.#at] ?? '')) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(context: string): void {
    if (!/[0-9]/.test(this.#peek())) this.#wrong(context);
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #peek(): string {
    if (this.done()) throw new Problem('unexpected EOF');
    return this.#text.charAt(this.#at);
  }

  #wrong(context: string): never {
    throw new Problem(`invalid character ${quote(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0))} ${context}`);
  }
}

// As Go quotes a character in an error.
function quote(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  const escaped = JSON.stringify(character).slice(1, -1).replace(/^\\u00/, '\\x');
  return `'${escaped}'`;
}
