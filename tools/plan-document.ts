/**
 * Writes docs/PLAN.md from the codec's table and the comments of src/runtime/plan.ts. A test compares the file with what this would write:
 * run `node tools/plan-document.ts` when it differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OPS } from '../src/runtime/codec.ts';

const root = dirname(import.meta.dirname);

export const PLAN_DOCUMENT: string = join(root, 'docs/PLAN.md');

const INTRODUCTION = `# The plan

A plan is a container, or a further process in one, as an ordered list of kernel operations: plain data. It is printed by \`berth explain\`,
tested against golden files without root, encoded as one message, executed step by step by the shim, and stored with the container.

An operation runs on one side:

- **shim**: the supervisor, in the daemon's namespaces;
- **stage**: a short-lived process that joins existing namespaces before the init is made; only when the plan has stage operations;
- **init**: the container's (or exec's) process, from \`ns.new\` up to \`exec\`.

The order of the list is the order of execution across all of them: when the side changes, the side that ran reports and the other goes on. A
failing operation ends the plan as {step, errno, detail}; what earlier steps made is undone. An unknown operation or version is refused.

## Encoding

Little endian. \`src/runtime/codec.ts\` writes it, \`native/shim/plan.c\` reads it.

    message:  "BPLN"  u16 version = 1  u16 0  u32 number of operations  operations
    operation: u16 kind  u8 side  u8 n  i64 × n  u32 m  (u32 length, bytes, NUL) × m

Integers stand in the order of the fields, lists put their count there; strings follow, single ones first, then lists. Flags and words from a
fixed list are integers. Numbers are never reused.

## Operations

Side "stage or init": before \`ns.new\` the stage, after it the init. "as stated": the operation has a field \`side\`. "creator": the stage when there
is one, else the shim. Type \`a|b\`: one of these words, by its index.

| no. | operation | side | fields | meaning |
|---|---|---|---|---|
`;

const SIDES: Readonly<Record<string, string>> = { own: 'as stated', new: 'creator', enter: 'stage or init' };

/** Kind → the comment in front of it in plan.ts, as one line. */
function meanings(): Map<string, string> {
  const found = new Map<string, string>();
  const source = readFileSync(join(root, 'src/runtime/plan.ts'), 'utf8');
  for (const match of source.matchAll(/(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?\| \{ kind: '([\w.]+)'/g)) {
    const text = (match[1] ?? '').replace(/\s*\n\s*\*\s*/g, ' ').replace(/\{@link (\w+)\}/g, '$1').trim();
    if (match[2] !== undefined) found.set(match[2], text.replaceAll('|', '\\|'));
  }
  return found;
}

/** The whole document. */
export function planDocument(): string {
  const texts = meanings();
  const rows = Object.entries(OPS).map(([kind, { number, side, fields }]) => {
    const listed = fields.map(([name, type]) => `${name}: ${typeof type === 'string' ? type : type.join('\\|')}`).join(', ');
    return { number, text: `| ${number} | \`${kind}\` | ${SIDES[side] ?? side} | ${listed} | ${texts.get(kind) ?? ''} |` };
  });
  rows.sort((a, b) => a.number - b.number);
  return `${INTRODUCTION}${rows.map((row) => row.text).join('\n')}\n`;
}

if (import.meta.main) writeFileSync(PLAN_DOCUMENT, planDocument());
