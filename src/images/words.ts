/**
 * Words of a Dockerfile line: splitting with quotes kept, and a shell's quote removal with `$NAME` and `${NAME…}`.
 * Source of the rules: the Dockerfile reference, "Environment replacement".
 */

/** Splits at blanks outside of quotes; quotes and backslashes stay in the words. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let index = 0; index < line.length; index++) {
    const char = line[index] ?? '';
    if (char === '\\' && quote !== "'" && index + 1 < line.length) {
      word += char + (line[++index] ?? '');
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (quote === char) quote = '';
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      word += char;
    }
  }
  if (word !== '') words.push(word);
  return words;
}

/** Removes quotes and replaces variables. */
export function expandWord(text: string, lookup: (name: string) => string | undefined): string {
  return new Expander(text, lookup).run('');
}

class Expander {
  readonly #text: string;
  readonly #lookup: (name: string) => string | undefined;
  #at = 0;

  constructor(text: string, lookup: (name: string) => string | undefined) {
    this.#text = text;
    this.#lookup = lookup;
  }

  /** Reads up to `end` ('' for the end of the text) and takes that as well. */
  run(end: string): string {
    let result = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++] ?? '';
      if (char === end) return result;
      if (char === "'") result += this.#single();
      else if (char === '"') result += this.#double();
      else if (char === '$') result += this.#variable();
      else if (char === '\\') result += this.#text[this.#at++] ?? '';
      else result += char;
    }
    return result;
  }

  #single(): string {
    const close = this.#text.indexOf("'", this.#at);
    const end = close < 0 ? this.#text.length : close;
    const inside = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return inside;
  }

  #double(): string {
    let result = '';
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++] ?? '';
      if (char === '"') return result;
      const next = this.#text[this.#at] ?? '';
      if (char === '$') result += this.#variable();
      else if (char === '\\' && '"$\\'.includes(next) && next !== '') {
        result += next;
        this.#at++;
      } else result += char;
    }
    return result;
  }

  #variable(): string {
    if (this.#text[this.#at] === '{') {
      this.#at++;
      return this.#braced();
    }
    const name = this.#name();
    return name === '' ? '$' : (this.#lookup(name) ?? '');
  }

  #name(): string {
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?!$-])/.exec(this.#text.slice(this.#at, this.#at + 256))?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #braced(): string {
    const name = this.#name();
    const value = this.#lookup(name);
    const colon = this.#text[this.#at] === ':';
    if (colon) this.#at++;
    const operator = this.#text[this.#at++] ?? '';
    if (operator === '}') return value ?? '';
    const word = this.run('}');
    const isSet = colon ? value !== undefined && value !== '' : value !== undefined;
    if (operator === '-') return isSet ? (value ?? '') : word;
    if (operator === '+') return isSet ? word : '';
    return value ?? '';
  }
}
