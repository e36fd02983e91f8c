import { quote } from '../go-quote.ts';
import { callFunction, functionNames } from './functions.ts';
import { lineOf } from './lexer.ts';
import { parseTemplate } from './parser.ts';
import type { Command, Node, Operand, Pipe, Tree } from './tree.ts';
import { GoFloat, GoStruct, isMap, show, truth, typeName } from './value.ts';

/** Running templates: Go's text/template with the functions of Docker's client. */

export interface TemplateOptions {
  /** Docker's inspect treats a missing key as an error, its lists do not. */
  readonly missingKeyIsError?: boolean;
  /** Replacements for functions (the header row of tables leaves values alone). */
  readonly functions?: Readonly<Record<string, (...args: unknown[]) => unknown>>;
}

/** A parsed template, to be run on any number of values. */
export interface Template {
  execute(data: unknown): string;
}

/** Parses `source`. Throws TemplateError; running throws {@link ExecError}. */
export function compileTemplate(source: string, options: TemplateOptions = {}): Template {
  const tree = parseTemplate(source, functionNames);
  return { execute: (data) => new Run(tree, options, data).run() };
}

/** A template that failed on its data; the message is Go's. */
export class ExecError extends Error {}

const breaking = Symbol('break');
const continuing = Symbol('continue');
type Control = Extract<Node, { readonly pipe: Pipe; readonly body: readonly Node[] }>;
type Flow = typeof breaking | typeof continuing | undefined;

// No value at all, which prints differently from nil inside something.
const nothing: unique symbol = Symbol('no value');

class Run {
  readonly #tree: Tree;
  readonly #options: TemplateOptions;
  readonly #variables: [name: string, value: unknown][] = [];
  #out = '';
  #depth = 0;

  constructor(tree: Tree, options: TemplateOptions, data: unknown) {
    this.#tree = tree;
    this.#options = options;
    this.#variables.push(['$', data]);
  }

  run(): string {
    this.#walk(this.#tree.body, (this.#variables[0] as [string, unknown])[1]);
    return this.#out;
  }

  #walk(nodes: readonly Node[], dot: unknown): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== undefined) return flow;
    }
    return undefined;
  }

  #node(node: Node, dot: unknown): Flow {
    if (node.kind === 'text') {
      this.#out += node.text;
      return undefined;
    }
    if (node.kind === 'break' || node.kind === 'continue') return node.kind === 'break' ? breaking : continuing;
    if (node.kind === 'template') return this.#call(node, dot);
    if (node.kind === 'action') {
      const value = this.#pipe(node.pipe, dot);
      if (node.pipe.variables.length === 0) this.#out += value === nothing || value === undefined || value === null ? '<no value>' : this.#print(value, node.pipe);
      return undefined;
    }
    const mark = this.#variables.length;
    const flow = node.kind === 'range' ? this.#range(node, dot) : this.#branch(node, dot);
    this.#variables.length = mark;
    return flow;
  }

  #print(value: unknown, pipe: Pipe): string {
    if (typeof value === 'function') this.#fail(pipe.pos, pipe.text, `can't print ${pipe.text} of type func`);
    return show(value);
  }

  #branch(node: Control, dot: unknown): Flow {
    const value = known(this.#pipe(node.pipe, dot));
    if (truth(value)) return this.#walk(node.body, node.kind === 'with' ? value : dot);
    return this.#walk(node.otherwise, dot);
  }

  #range(node: Control, dot: unknown): Flow {
    const value = known(this.#pipe(node.pipe, dot, true));
    const items = this.#items(value, node.pipe);
    if (items.length === 0) return this.#walk(node.otherwise, dot);
    const mark = this.#variables.length;
    for (const [key, item] of items) {
      const names = node.pipe.variables;
      if (names.length === 1) this.#declare(names[0] as string, item, node.pipe.assigns);
      if (names.length === 2) {
        this.#declare(names[0] as string, key, node.pipe.assigns);
        this.#declare(names[1] as string, item, node.pipe.assigns);
      }
      const flow = this.#walk(node.body, item);
      this.#variables.length = mark;
      if (flow === breaking) break;
    }
    return undefined;
  }

  #items(value: unknown, pipe: Pipe): [unknown, unknown][] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((item, index) => [index, item]);
    if (isMap(value)) return Object.keys(value).sort().map((key) => [key, value[key]]);
    if (typeof value === 'number') return Array.from({ length: Math.max(0, Math.min(value, 1_000_000)) }, (_, index) => [index, index]);
    return this.#fail(pipe.pos, pipe.text, `range can't iterate over ${show(value)}`);
  }

  #call(node: Extract<Node, { kind: 'template' }>, dot: unknown): Flow {
    const body = this.#tree.templates.get(node.name);
    if (body === undefined) this.#fail(node.pos, `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${node.pipe.text}`}}}`, `template ${quote(node.name)} not defined`);
    if (this.#depth > 1000) this.#fail(node.pos, `{{template ${quote(node.name)}}}`, `exceeded maximum template depth (100000)`);
    const data = node.pipe === undefined ? undefined : known(this.#pipe(node.pipe, dot));
    const saved = this.#variables.splice(0, this.#variables.length, ['$', data]);
    this.#depth++;
    this.#walk(body, data);
    this.#depth--;
    this.#variables.splice(0, this.#variables.length, ...saved);
    return undefined;
  }

  #declare(name: string, value: unknown, assigns: boolean): void {
    if (!assigns) {
      this.#variables.push([name, value]);
      return;
    }
    const slot = this.#variables.findLast(([known_]) => known_ === name);
    if (slot !== undefined) slot[1] = value;
  }

  #pipe(pipe: Pipe, dot: unknown, isRange = false): unknown {
    let value: unknown = nothing;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    if (!isRange) for (const name of pipe.variables) this.#declare(name, known(value), pipe.assigns);
    return value;
  }

  // `last` is the value of the previous stage of the pipeline, which becomes the last argument.
  #command(command: Command, dot: unknown, last: unknown): unknown {
    const first = command.args[0] as Operand;
    const rest = command.args.slice(1);
    if (first.kind === 'function') return this.#function(first, rest, dot, last);
    if (first.kind === 'field' || first.kind === 'variable' || first.kind === 'chain') return this.#access(first, rest, dot, last);
    if (rest.length > 0 || last !== nothing) {
      if (first.kind === 'pipe') return this.#fail(first.pos, first.text, `can't give argument to non-function ${first.text}`);
      return this.#fail(first.pos, first.text, `can't give argument to non-function ${first.text}`);
    }
    if (first.kind === 'nil') return this.#fail(first.pos, first.text, 'nil is not a command');
    return this.#operand(first, dot);
  }

  #operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'dot': return dot;
      case 'nil': return null;
      case 'constant': return operand.value;
      case 'pipe': return known(this.#pipe(operand.pipe, dot));
      case 'function': return this.#function(operand, [], dot, nothing);
      default: return this.#access(operand, [], dot, nothing);
    }
  }

  #access(operand: Extract<Operand, { kind: 'field' | 'variable' | 'chain' }>, rest: readonly Operand[], dot: unknown, last: unknown): unknown {
    let value: unknown = dot;
    if (operand.kind === 'variable') value = (this.#variables.findLast(([name]) => name === operand.name) as [string, unknown])[1];
    if (operand.kind === 'chain') value = this.#operand(operand.of, dot);
    for (const [index, name] of operand.names.entries()) {
      const isLast = index === operand.names.length - 1;
      const args = isLast ? [...rest.map((arg) => this.#operand(arg, dot)), ...(last === nothing ? [] : [last])] : [];
      value = this.#field(known(value), name, args, operand);
    }
    if (operand.names.length === 0 && (rest.length > 0 || last !== nothing)) this.#fail(operand.pos, operand.text, `can't give argument to non-function ${operand.text}`);
    return value;
  }

  #field(value: unknown, name: string, args: readonly unknown[], operand: Operand): unknown {
    if (value === undefined || value === null) return this.#fieldOfNil(name, operand);
    if (value instanceof GoStruct) {
      const found = value.field(name);
      if (found === undefined && !value.names.includes(name)) this.#fail(operand.pos, operand.text, `can't evaluate field ${name} in type ${value.typeName}`);
      if (typeof found === 'function') return (found as (...args: unknown[]) => unknown)(...args);
      if (args.length > 0) this.#fail(operand.pos, operand.text, `${name} has arguments but cannot be invoked as function`);
      return found;
    }
    if (isMap(value)) {
      if (args.length > 0) this.#fail(operand.pos, operand.text, `${name} is not a method but has arguments`);
      if (Object.hasOwn(value, name)) return value[name] ?? null;
      if (this.#options.missingKeyIsError === true) this.#fail(operand.pos, operand.text, `map has no entry for key ${quote(name)}`);
      return nothing;
    }
    return this.#fail(operand.pos, operand.text, `can't evaluate field ${name} in type ${value instanceof GoFloat ? 'float64' : typeName(value)}`);
  }

  #fieldOfNil(name: string, operand: Operand): never {
    return this.#fail(operand.pos, operand.text, `nil data; no entry for key ${quote(name)}`);
  }

  #function(operand: Extract<Operand, { kind: 'function' }>, rest: readonly Operand[], dot: unknown, last: unknown): unknown {
    const { name } = operand;
    if (name === 'and' || name === 'or') return this.#shortCircuit(operand, rest, dot, last);
    const args = [...rest.map((arg) => known(this.#operand(arg, dot))), ...(last === nothing ? [] : [known(last)])];
    const own = this.#options.functions?.[name];
    try {
      return own === undefined ? callFunction(name, args) : own(...args);
    } catch (error) {
      if (error instanceof ExecError) throw error;
      const { message } = error as Error;
      return this.#fail(operand.pos, rest.length > 0 ? [operand.text, ...rest.map((arg) => (arg.kind === 'pipe' ? `(${arg.text})` : arg.text))].join(' ') : operand.text,
        message.startsWith('wrong ') ? message : `error calling ${name}: ${message}`);
    }
  }

  #shortCircuit(operand: Extract<Operand, { kind: 'function' }>, rest: readonly Operand[], dot: unknown, last: unknown): unknown {
    let value: unknown = nothing;
    for (const arg of rest) {
      value = known(this.#operand(arg, dot));
      if (truth(value) === (operand.name === 'or')) return value;
    }
    if (last !== nothing) return last;
    if (value === nothing) this.#fail(operand.pos, operand.text, `wrong number of args for ${operand.name}: want at least 1 got 0`);
    return value;
  }

  #fail(pos: number, context: string, message: string): never {
    const { source } = this.#tree;
    const lineStart = source.lastIndexOf('\n', pos - 1) + 1;
    const column = Buffer.byteLength(source.slice(lineStart, pos));
    throw new ExecError(`template: :${lineOf(source, pos)}:${column}: executing "" at <${context}>: ${message}`);
  }
}

function known(value: unknown): unknown {
  return value === nothing ? undefined : value;
}
