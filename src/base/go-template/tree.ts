/** Templates as trees. Positions are those that Go reports in errors. */

export type Operand =
  | { readonly kind: 'dot' | 'nil'; readonly pos: number; readonly text: string }
  | { readonly kind: 'constant'; readonly value: unknown; readonly pos: number; readonly text: string }
  | { readonly kind: 'field'; readonly names: readonly string[]; readonly pos: number; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly names: readonly string[]; readonly pos: number; readonly text: string }
  | { readonly kind: 'function'; readonly name: string; readonly pos: number; readonly text: string }
  | { readonly kind: 'chain'; readonly of: Operand; readonly names: readonly string[]; readonly pos: number; readonly text: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe; readonly pos: number; readonly text: string };

export interface Command {
  readonly args: readonly Operand[];
  readonly pos: number;
  readonly text: string;
}

export interface Pipe {
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
  readonly pos: number;
  readonly text: string;
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe; readonly pos: number }
  | { readonly kind: 'if' | 'range' | 'with'; readonly pipe: Pipe; readonly body: readonly Node[]; readonly otherwise: readonly Node[]; readonly pos: number }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly pos: number }
  | { readonly kind: 'break'; readonly pos: number }
  | { readonly kind: 'continue'; readonly pos: number };

export interface Tree {
  readonly source: string;
  readonly body: readonly Node[];
  readonly templates: ReadonlyMap<string, readonly Node[]>;
}
