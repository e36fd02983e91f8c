import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { decodeBody } from './decode.ts';
import { encodeDocument } from './encode.ts';
import { documentSchema, openApiDocument } from './openapi.ts';
import { documentNames, documentTable, type FieldType } from './tables.ts';

test('every type that a table names exists', () => {
  const check = (type: FieldType): void => {
    if (type.kind === 'document') documentTable(type.name);
    else if (type.kind !== 'scalar') check(type.of);
  };
  for (const name of documentNames()) for (const field of documentTable(name).fields) check(field.type);
});

test('documents are printed in the order of their tables, maps by key, bigints in full', () => {
  assert.equal(
    encodeDocument('EventMessage', { timeNano: 1_700_000_000_123_456_789n, Actor: { Attributes: { b: '2', a: '1' }, ID: 'x' }, Type: 't', Action: 'a', extra: 1 }),
    '{"Type":"t","Action":"a","Actor":{"ID":"x","Attributes":{"a":"1","b":"2"}},"timeNano":1700000000123456789,"extra":1}\n',
  );
});

test('embedded documents are printed at their place', () => {
  const { fields } = documentTable('HostConfig');
  const names = fields.map((field) => field.name);
  assert.ok(names.indexOf('Isolation') < names.indexOf('CpuShares') && names.indexOf('IOMaximumBandwidth') < names.indexOf('MaskedPaths'));
});

test('references in the OpenAPI document resolve', () => {
  const document = openApiDocument() as { components: { schemas: Record<string, unknown> }; paths: Record<string, unknown> };
  const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  for (const [, name = ''] of references) assert.ok(name in document.components.schemas, name);
  assert.ok('/containers/{name}/json' in document.paths);
});

// The published schema and the decoder come from the same tables by different ways: a JSON Schema validator must agree with the decoder.
test('the decoder takes what the published schema allows', () => {
  const schemas = Object.fromEntries(documentNames().map((name) => [name, documentSchema(name)]));
  for (const name of ['ContainerCreateBody', 'ExecCreateBody', 'Mount']) {
    const inlined = inline(schemas[name], schemas, 0) as Parameters<typeof Compile>[0];
    const validator = Compile(inlined);
    fc.assert(fc.property(documentArbitrary(name, 0), (value) => {
      assert.ok(validator.Check(value), JSON.stringify(value));
      const decoded = decodeBody(name, JSON.stringify(value));
      assert.ok(validator.Check(decoded), JSON.stringify(decoded));
    }), { numRuns: 50 });
  }
});

function inline(schema: unknown, schemas: Record<string, unknown>, depth: number): unknown {
  assert.ok(depth < 100);
  if (Array.isArray(schema)) return schema.map((each) => inline(each, schemas, depth + 1));
  if (typeof schema !== 'object' || schema === null) return schema;
  const reference = (schema as { $ref?: string }).$ref;
  if (reference !== undefined) return inline(schemas[reference.split('/').at(-1) ?? ''], schemas, depth + 1);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inline(value, schemas, depth + 1)]));
}

function documentArbitrary(name: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const entries = documentTable(name).fields.map((field) => [field.name, typeArbitrary(field.type, depth + 1)] as const);
  return fc.record(Object.fromEntries(entries), { requiredKeys: [] });
}

function typeArbitrary(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'document': return depth > 5 ? fc.constant({}) : documentArbitrary(type.name, depth);
    case 'list': return fc.array(typeArbitrary(type.of, depth + 1), { maxLength: 2 });
    case 'map': return fc.dictionary(fc.string(), typeArbitrary(type.of, depth + 1), { maxKeys: 2, noNullPrototype: true });
    case 'scalar': return scalarArbitrary(type.name);
  }
}

function scalarArbitrary(name: string): fc.Arbitrary<unknown> {
  switch (name) {
    case 'any': return fc.jsonValue();
    case 'Empty': return fc.constant({});
    case 'string': return fc.string();
    case 'bool': return fc.boolean();
    case 'StrSlice': return fc.oneof(fc.array(fc.string(), { maxLength: 2 }), fc.string());
    case 'uint16': return fc.integer({ min: 0, max: 65_535 });
    case 'uint': case 'uint32': case 'uint64': return fc.integer({ min: 0 });
    default: return fc.integer();
  }
}

test('encoding loses nothing and is JSON, for known and unknown fields', () => {
  fc.assert(fc.property(documentArbitrary('ContainerCreateBody', 0), fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (value, extra) => {
    const document = { ...extra, ...value };
    assert.deepEqual(JSON.parse(encodeDocument('ContainerCreateBody', document)), JSON.parse(JSON.stringify(document)));
  }), { numRuns: 100 });
});
