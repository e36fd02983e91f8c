import { lineOf, TemplateError, type Token, tokenize, type TokenKind } from './lexer.ts';
import { unquoteChar, unquoteString } from './unquote.ts';
import { GoFloat } from './value.ts';
import type { Command, Node, Operand, Pipe, Tree } from './tree.ts';

/** From tokens to trees, with the checks and texts of Go's text/template/parse. */

/** Parses a template. Throws {@link TemplateError} with Go's text. */
export function parseTemplate(source: string, functions: ReadonlySet<string>): Tree {
  return new Parser(source, functions).parse();
}

type Ending = 'eof' | 'end' | 'else';

class Parser {
  readonly #source: string;
  readonly #functions: ReadonlySet<string>;
  readonly #tokens: readonly Token[];
  readonly #templates = new Map<string, readonly Node[]>();
  #at = 0;
  #variables: string[] = ['$'];
  #ranges = 0;

  constructor(source: string, functions: ReadonlySet<string>) {
    this.#source = source;
    this.#functions = functions;
    this.#tokens = tokenize(source);
  }

  parse(): Tree {
    const { nodes, ending } = this.#list();
    if (ending !== 'eof') this.#fail(`unexpected {{${ending}}}`);
    return { source: this.#source, body: nodes, templates: this.#templates };
  }

  // A sequence up to {{end}}, {{else …}} or the end. After "else" the position is behind the word.
  #list(): { nodes: Node[]; ending: Ending } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === 'eof') return { nodes, ending: 'eof' };
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const word = this.#peekSolid();
      if (word.kind === 'keyword' && (word.text === 'end' || word.text === 'else')) {
        this.#solid();
        if (word.text === 'end') this.#close('end');
        return { nodes, ending: word.text };
      }
      const node = this.#action();
      if (node !== undefined) nodes.push(node);
    }
  }

  #action(): Node | undefined {
    const word = this.#peekSolid();
    if (word.kind !== 'keyword') {
      const pipe = this.#pipe('command', 'close');
      return { kind: 'action', pipe, pos: pipe.pos };
    }
    this.#solid();
    if (word.text === 'if' || word.text === 'range' || word.text === 'with') return this.#control(word.text, word.pos);
    if (word.text === 'break' || word.text === 'continue') {
      if (this.#ranges === 0) this.#fail(`{{${word.text}}} outside {{range}}`);
      this.#close(word.text);
      return word.text === 'break' ? { kind: 'break', pos: word.pos } : { kind: 'continue', pos: word.pos };
    }
    if (word.text === 'define') return this.#define();
    if (word.text === 'block') return this.#block(word.pos);
    return this.#call();
  }

  #control(kind: 'if' | 'range' | 'with', pos: number): Node {
    const scope = this.#variables.length;
    const pipe = this.#pipe(kind, 'close');
    if (kind === 'range') this.#ranges++;
    const { nodes: body, ending } = this.#list();
    if (kind === 'range') this.#ranges--;
    let otherwise: Node[] = [];
    if (ending === 'eof') this.#fail('unexpected EOF');
    if (ending === 'else') otherwise = this.#otherwise(kind);
    this.#variables.length = scope;
    return { kind, pipe, body, otherwise, pos };
  }

  #otherwise(kind: 'if' | 'range' | 'with'): Node[] {
    const word = this.#peekSolid();
    if (word.kind === 'keyword' && word.text === kind && kind !== 'range') {
      this.#solid();
      return [this.#control(kind, word.pos)];
    }
    this.#close('else');
    const { nodes, ending } = this.#list();
    if (ending === 'eof') this.#fail('unexpected EOF');
    if (ending === 'else') this.#fail('expected end; found {{else}}');
    return nodes;
  }

  #define(): undefined {
    const name = this.#name('define clause');
    this.#close('define clause');
    this.#body(name, 'define');
  }

  #block(pos: number): Node {
    const name = this.#name('block clause');
    const pipe = this.#pipe('block clause', 'close');
    this.#body(name, 'block clause');
    return { kind: 'template', name, pipe, pos };
  }

  #body(name: string, context: string): void {
    const saved = this.#variables;
    this.#variables = ['$'];
    const { nodes, ending } = this.#list();
    this.#variables = saved;
    if (ending !== 'end') this.#fail(ending === 'eof' ? 'unexpected EOF' : `unexpected {{else}} in ${context}`);
    if (!this.#templates.has(name) || nodes.length > 0) this.#templates.set(name, nodes);
  }

  #call(): Node {
    const { pos } = this.#peekSolid();
    const name = this.#name('template clause');
    let pipe: Pipe | undefined;
    if (this.#peekSolid().kind === 'close') this.#close('template clause');
    else pipe = this.#pipe('template clause', 'close');
    return { kind: 'template', name, pipe, pos };
  }

  #name(context: string): string {
    const token = this.#solid();
    if (token.kind !== 'string' && token.kind !== 'raw') this.#unexpected(token, context);
    return unquoteString(token.text);
  }

  #close(context: string): void {
    const token = this.#solid();
    if (token.kind !== 'close') this.#unexpected(token, context);
  }

  #pipe(context: string, end: 'close' | 'rparen'): Pipe {
    const { pos } = this.#peekSolid();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#peekSolid();
      if (token.kind === end) {
        this.#solid();
        break;
      }
      if (!['bool', 'char', 'dot', 'field', 'identifier', 'number', 'nil', 'raw', 'string', 'variable', 'lparen'].includes(token.kind)) this.#unexpected(token, context);
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      if (index > 0 && ['constant', 'dot', 'nil'].includes((command.args[0] as Operand).kind)) this.#fail(`non executable command in pipeline stage ${index + 1}`);
    }
    const declared = variables.length === 0 ? '' : `${variables.join(', ')} ${assigns ? '=' : ':='} `;
    return { variables, assigns, commands, pos, text: declared + commands.map((command) => command.text).join(' | ') };
  }

  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (;;) {
      const token = this.#peekSolid();
      if (token.kind !== 'variable') break;
      this.#solid();
      const next = this.#peekSolid();
      if (next.kind === 'declare' || next.kind === 'assign') {
        this.#solid();
        variables.push(token.text);
        if (next.kind === 'declare') this.#variables.push(...variables);
        return { variables, assigns: next.kind === 'assign' };
      }
      if (next.kind !== 'comma') break;
      if (context !== 'range' || variables.length > 0) this.#fail(`too many declarations in ${context}`);
      this.#solid();
      variables.push(token.text);
    }
    this.#at = start;
    return { variables: [], assigns: false };
  }

  #command(): Command {
    const args: Operand[] = [];
    const { pos } = this.#peekSolid();
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'close' || token.kind === 'rparen') this.#at--;
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) this.#fail('empty command');
    return { args, pos, text: args.map((arg) => (arg.kind === 'pipe' ? `(${arg.text})` : arg.text)).join(' ') };
  }

  #operand(): Operand | undefined {
    const base = this.#term();
    if (base === undefined) return undefined;
    let pos = base.pos;
    const names: string[] = [];
    for (let token = this.#peek(); token.kind === 'field'; token = this.#peek()) {
      if (names.length === 0) ({ pos } = token);
      names.push(this.#next().text.slice(1));
    }
    if (names.length === 0) return base;
    const text = (base.kind === 'pipe' ? `(${base.text})` : base.text) + names.map((name) => `.${name}`).join('');
    if (base.kind === 'field' || base.kind === 'variable') return { ...base, names: [...base.names, ...names], pos, text };
    if (base.kind === 'dot' || base.kind === 'nil' || base.kind === 'constant') this.#fail(`unexpected . after term ${JSON.stringify(base.text)}`);
    return { kind: 'chain', of: base, names, pos, text };
  }

  #term(): Operand | undefined {
    const token = this.#next();
    const { pos, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) this.#fail(`function ${JSON.stringify(text)} not defined`);
        return { kind: 'function', name: text, pos, text };
      case 'dot': return { kind: 'dot', pos, text };
      case 'nil': return { kind: 'nil', pos, text };
      case 'variable':
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${JSON.stringify(text)}`);
        return { kind: 'variable', name: text, names: [], pos, text };
      case 'field': return { kind: 'field', names: [text.slice(1)], pos, text };
      case 'bool': return { kind: 'constant', value: text === 'true', pos, text };
      case 'number': return { kind: 'constant', value: numberOf(text), pos, text };
      case 'char': return { kind: 'constant', value: unquoteChar(text), pos, text };
      case 'string': case 'raw': return { kind: 'constant', value: unquoteString(text), pos, text };
      case 'lparen': {
        const pipe = this.#pipe('parenthesized pipeline', 'rparen');
        return { kind: 'pipe', pipe, pos, text: pipe.text };
      }
      default:
        this.#at--;
        return undefined;
    }
  }

  #next(): Token {
    return this.#tokens[this.#at++] as Token;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #skipSpace(): void {
    while (this.#peek().kind === 'space') this.#at++;
  }

  #solid(): Token {
    this.#skipSpace();
    return this.#next();
  }

  #peekSolid(): Token {
    this.#skipSpace();
    return this.#peek();
  }

  #unexpected(token: Token, context: string): never {
    const shown: Partial<Record<TokenKind, string>> = { eof: 'EOF', keyword: `<${token.text}>` };
    this.#fail(`unexpected ${shown[token.kind] ?? JSON.stringify(token.text)} in ${context}`);
  }

  #fail(message: string): never {
    const { pos } = this.#tokens[Math.max(0, Math.min(this.#at, this.#tokens.length) - 1)] as Token;
    throw new TemplateError(`template: :${lineOf(this.#source, pos)}: ${message}`);
  }
}

function numberOf(text: string): unknown {
  const clean = text.replaceAll('_', '');
  if (/^[+-]?0[xXbBoO]/.test(clean) || /^[+-]?\d+$/.test(clean)) {
    const magnitude = BigInt(clean.replace(/^[+-]/, '').replace(/^0(?=\d)/, '0o'));
    const value = clean.startsWith('-') ? -magnitude : magnitude;
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }
  const value = Number(clean);
  // An untyped constant without a fraction is an integer, as in Go.
  return Number.isInteger(value) && !clean.includes('.') ? value : new GoFloat(value);
}
