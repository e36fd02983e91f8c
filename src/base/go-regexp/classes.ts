/** The classes of characters that Go's regular expressions have names for. */

/** Whether a code point belongs to it. */
export type Test = (code: number) => boolean;

const names: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/, alpha: /[A-Za-z]/, ascii: /[\x00-\x7f]/, blank: /[\t ]/, cntrl: /[\x00-\x1f\x7f]/, digit: /[0-9]/, graph: /[!-~]/,
  lower: /[a-z]/, print: /[ -~]/, punct: /[!-/:-@[-`{-~]/, space: /[\t\n\v\f\r ]/, upper: /[A-Z]/, word: /[0-9A-Za-z_]/, xdigit: /[0-9A-Fa-f]/,
};
const escaped: Readonly<Record<string, RegExp>> = { d: /[0-9]/, D: /[^0-9]/, s: /[\t\n\f\r ]/, S: /[^\t\n\f\r ]/, w: /[0-9A-Za-z_]/, W: /[^0-9A-Za-z_]/u };

const testOf = (expression: RegExp | undefined): Test | undefined => (expression === undefined ? undefined : (code) => expression.test(String.fromCodePoint(code)));

/** `[:alpha:]` and its like; undefined for a name that is none. */
export function classOf(name: string): Test | undefined {
  return Object.hasOwn(names, name) ? testOf(names[name]) : undefined;
}

/** `\d` and its like; undefined for a letter that is none. */
export function escapedClass(letter: string): Test | undefined {
  return Object.hasOwn(escaped, letter) ? testOf(escaped[letter]) : undefined;
}

/** `\pL`, `\p{Greek}`: a general category or a script; undefined for a name that is neither. */
export function unicodeClass(name: string, negated: boolean): Test | undefined {
  if (name === 'Any') return () => !negated;
  if (!/^[A-Za-z_]+$/.test(name)) return undefined;
  for (const property of [`gc=${name}`, `Script=${name}`]) {
    try {
      const test = testOf(new RegExp(`^\\p{${property}}$`, 'u')) as Test;
      return negated ? (code) => !test(code) : test;
    } catch { /* no such property */ }
  }
  return undefined;
}

/** The same test for either case of a letter. */
export function foldCase(test: Test, fold: boolean): Test {
  if (!fold) return test;
  const other = (code: number, change: (text: string) => string): number => change(String.fromCodePoint(code)).codePointAt(0) as number;
  return (code) => test(code) || test(other(code, (text) => text.toLowerCase())) || test(other(code, (text) => text.toUpperCase()));
}
