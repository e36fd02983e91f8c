import type { Test } from './classes.ts';
import { type Assertion, type Node, parseRegexp, regexpError } from './parse.ts';

/**
 * Go's regexp.MatchString: expressions in its syntax and with its errors, matched in time that grows with expression × text only,
 * so that an expression of a stranger cannot stop the process (JavaScript's own engine backtracks).
 */
export class GoRegexp {
  readonly #program: Step[];

  /** Throws an Error with Go's text. */
  constructor(pattern: string) {
    this.#program = assemble(parseRegexp(pattern), pattern);
  }

  /** True when the expression matches anywhere in the text. */
  test(text: string): boolean {
    const codes = [...text].map((char) => char.codePointAt(0) as number);
    let threads = new Set<number>();
    for (let at = 0; ; at++) {
      const before = codes[at - 1];
      const code = codes[at];
      threads.add(0); // a match may begin anywhere
      const reached = this.#follow(threads, before, code);
      if (reached === undefined) return true;
      if (code === undefined) return false;
      threads = new Set();
      for (const step of reached) if (step.test(code)) threads.add(step.next);
    }
  }

  // All steps that take a character and can be reached without one; undefined when the end is among them.
  #follow(threads: ReadonlySet<number>, before: number | undefined, after: number | undefined): Set<CharStep> | undefined {
    const reached = new Set<CharStep>();
    const seen = new Set<number>();
    const open = [...threads];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const step = this.#program[at] as Step;
      if (step.kind === 'match') return undefined;
      if (step.kind === 'char') reached.add(step);
      else if (step.kind === 'split') open.push(...step.next);
      else if (holds(step.what, before, after)) open.push(step.next);
    }
    return reached;
  }
}

interface CharStep {
  readonly kind: 'char';
  readonly test: Test;
  readonly next: number;
}

type Step = CharStep | { readonly kind: 'match' } | { readonly kind: 'split'; next: number[] } | { readonly kind: 'assert'; readonly what: Assertion; readonly next: number };

const maxSteps = 20_000;

function assemble(tree: Node, pattern: string): Step[] {
  const program: Step[] = [];
  const emit = (step: Step): void => {
    if (program.length >= maxSteps) throw regexpError('expression too large', pattern);
    program.push(step);
  };
  const add = (node: Node): void => {
    if (node.kind === 'char') emit({ kind: 'char', test: node.test, next: program.length + 1 });
    else if (node.kind === 'assert') emit({ kind: 'assert', what: node.what, next: program.length + 1 });
    else if (node.kind === 'sequence') node.nodes.forEach(add);
    else if (node.kind === 'either') addEither(node.nodes);
    else addRepeat(node.node, node.min, node.max);
  };
  const split = (): { next: number[] } => {
    const step = { kind: 'split' as const, next: [] };
    emit(step);
    return step;
  };
  const addEither = (nodes: readonly Node[]): void => {
    if (nodes.length === 1) return add(nodes[0] as Node);
    const choice = split();
    const ends = nodes.map((node) => {
      choice.next.push(program.length);
      add(node);
      return split();
    });
    for (const end of ends) end.next.push(program.length);
  };
  const addRepeat = (node: Node, min: number, max: number | undefined): void => {
    for (let count = 0; count < min; count++) add(node);
    if (max === undefined) {
      const loop = split();
      const from = program.length - 1;
      loop.next.push(program.length);
      add(node);
      split().next.push(from);
      loop.next.push(program.length);
      return;
    }
    const optional = Array.from({ length: max - min }, () => {
      const choice = split();
      choice.next.push(program.length);
      add(node);
      return choice;
    });
    for (const choice of optional) choice.next.push(program.length);
  };
  add(tree);
  emit({ kind: 'match' });
  return program;
}

function holds(what: Assertion, before: number | undefined, after: number | undefined): boolean {
  switch (what) {
    case 'beginText': return before === undefined;
    case 'endText': return after === undefined;
    case 'beginLine': return before === undefined || before === 10;
    case 'endLine': return after === undefined || after === 10;
    case 'word': return isWord(before) !== isWord(after);
    case 'noWord': return isWord(before) === isWord(after);
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && /^\w$/.test(String.fromCodePoint(code));
}
