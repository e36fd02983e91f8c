import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf } from './imports.ts';

function specifiers(source: string): string[] {
  return importsOf(source).map((found) => `${found.typeOnly ? 'type ' : ''}${found.dynamic ? 'dynamic ' : ''}${found.specifier}`);
}

test('finds every form of import', () => {
  const source = `
    import 'a'; import b from "b"; import * as c from 'c'; import d, { e as f } from 'd';
    import type { G } from 'g'; import { type H, type I } from 'h'; import { type J, k } from 'j';
    import type L from 'l'; import type from 'm';
    export * from 'n'; export { o } from 'o'; export type { P } from 'p';
    const q = await import('q');`;
  assert.deepEqual(specifiers(source), ['a', 'b', 'c', 'd', 'type g', 'type h', 'j', 'type l', 'm', 'n', 'o', 'type p', 'dynamic q']);
});

test('is not misled by comments, strings, templates, regular expressions and properties', () => {
  const source = [
    "// import 'no';",
    "/* import 'no'; */",
    'const s = "import \'no\'";',
    "const t = `import 'no' ${f(`import 'no'`, '}')} import 'no'`;",
    "const r = /['\"`]/.test(x) && /[/'\"]import/.test(y);",
    'const d = a / b; const e = `x`; meta.import("no"); import.meta.url;',
    'export const y = { from: 1 };',
    "import 'yes';",
  ].join('\n');
  assert.deepEqual(specifiers(source), ['yes']);
  assert.equal(importsOf(source)[0]?.line, 8);
});
