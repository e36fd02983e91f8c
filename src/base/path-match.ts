import { fail } from './errors.ts';

type Token = 'star' | ((char: string) => boolean);

/**
 * Go's path.Match (https://pkg.go.dev/path#Match), the pattern language of Docker's filters: `*` and `?` stop at a slash, `[a-z]`,
 * `[^a-z]` and `\c` as in a shell. Takes at most pattern × name steps. Throws internal with Go's words for what is no pattern.
 */
export function pathMatch(pattern: string, name: string): boolean {
  const tokens = parsePattern([...pattern]);
  const chars = [...name];
  let [at, token] = [0, 0];
  let star: { token: number; at: number } | undefined;
  while (at < chars.length || token < tokens.length) {
    const wanted = tokens[token];
    const char = chars[at];
    if (wanted === 'star') {
      star = { token: ++token, at };
    } else if (wanted !== undefined && char !== undefined && wanted(char)) {
      at++;
      token++;
    } else if (star !== undefined && star.at < chars.length && chars[star.at] !== '/') {
      at = ++star.at; // the last star takes one more; what earlier ones took needs no second look
      token = star.token;
    } else return false;
  }
  return true;
}

function parsePattern(chars: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; ) {
    const char = chars[at++] ?? '';
    if (char === '*') tokens.push('star');
    else if (char === '?') tokens.push((other) => other !== '/');
    else if (char === '[') {
      const { matches, next } = parseClass(chars, at);
      tokens.push(matches);
      at = next;
    } else {
      const literal = char === '\\' ? (chars[at++] ?? malformed()) : char;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

// What follows the opening bracket: at least one character or range, then the closing one.
function parseClass(chars: readonly string[], from: number): { matches: (char: string) => boolean; next: number } {
  const negated = chars[from] === '^';
  const ranges: (readonly [number, number])[] = [];
  let at = negated ? from + 1 : from;
  const member = (): number => {
    if (chars[at] === '-' || chars[at] === ']') malformed();
    if (chars[at] === '\\') at++;
    return (chars[at++] ?? malformed()).codePointAt(0) ?? 0;
  };
  do {
    const low = member();
    if (chars[at] === '-') at++;
    else {
      ranges.push([low, low]);
      continue;
    }
    ranges.push([low, member()]);
  } while (chars[at] !== ']');
  const inside = (code: number): boolean => ranges.some(([low, high]) => low <= code && code <= high);
  return { matches: (char) => inside(char.codePointAt(0) ?? 0) !== negated, next: at + 1 };
}

function malformed(): never {
  return fail('internal', 'syntax error in pattern');
}
