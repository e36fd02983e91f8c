import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBody } from './decode.ts';
import { syntaxError } from './go-json-error.ts';

const refusal = (text: string, document = 'ContainerCreateBody'): string => {
  try {
    decodeBody(document, text);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

// Each text was answered by dockerd 28.5.2 to the same body.
const refused: readonly (readonly [body: string, message: string])[] = [
  ['{bad', "invalid JSON: invalid character 'b' looking for beginning of object key string"],
  ['', 'invalid JSON: got EOF while reading request body'],
  ['{"Image":"a"} trailing', 'unexpected content after JSON'],
  ['[]', 'invalid JSON: json: cannot unmarshal array into Go value of type container.CreateRequest'],
  ['{"HostConfig":{"Memory":"x"}}', 'invalid JSON: json: cannot unmarshal string into Go struct field .HostConfig.Memory of type int64'],
  ['{"Image":5}', 'invalid JSON: json: cannot unmarshal number into Go struct field .Image of type string'],
  ['{"Cmd":5}', 'invalid JSON: json: cannot unmarshal number into Go value of type string'],
  ['{"Env":[1]}', 'invalid JSON: json: cannot unmarshal number into .Env.0 of type string'],
  ['{"Labels":{"a":1}}', 'invalid JSON: json: cannot unmarshal number into Go struct field .Labels.a of type string'],
  ['{"HostConfig":{"Memory":1.5}}', 'invalid JSON: json: cannot unmarshal number 1.5 into Go struct field .HostConfig.Memory of type int64'],
  [
    '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}',
    'invalid JSON: json: cannot unmarshal number into Go struct field .HostConfig.PortBindings.80~1tcp.0.HostPort of type string',
  ],
  ['{"HostConfig":{"BlkioWeight":70000}}', 'invalid JSON: json: cannot unmarshal number 70000 into Go struct field .HostConfig.BlkioWeight of type uint16'],
  [
    '{"NetworkingConfig":{"EndpointsConfig":{"x":[]}}}',
    'invalid JSON: json: cannot unmarshal array into Go struct field .NetworkingConfig.EndpointsConfig.x of type network.EndpointSettings',
  ],
  ['{"HostConfig":{"ConsoleSize":[1,-2]}}', 'invalid JSON: json: cannot unmarshal number -2 into .HostConfig.ConsoleSize.1 of type uint'],
  ['{"Volumes":{"/x":3}}', 'invalid JSON: json: cannot unmarshal number into Go struct field .Volumes.~1x of type struct {}'],
  ['{"HostConfig":{"CapAdd":{}}}', 'invalid JSON: json: cannot unmarshal object into Go value of type string'],
  ['{"Healthcheck":{"Interval":"1s"}}', 'invalid JSON: json: cannot unmarshal string into Go struct field .Healthcheck.Interval of type time.Duration'],
];

for (const [body, message] of refused) test(`dockerd's text for ${body || 'an empty body'}`, () => assert.equal(refusal(body), message));

test('names in any case, unknown fields, null and one string for a list are taken as by Go', () => {
  assert.deepEqual(decodeBody('ContainerCreateBody', '{"image":"a","CMD":"x","Nope":{"a":1},"Env":null,"HostConfig":{"memory":5,"Init":null}}'), {
    Image: 'a', Cmd: ['x'], HostConfig: { Memory: 5 },
  });
  assert.deepEqual(decodeBody('ContainerCreateBody', 'null'), {});
  assert.deepEqual(decodeBody('ContainerCreateBody', '{"Volumes":{"/a":null},"HostConfig":{"PortBindings":{"80/tcp":null}}}'), {
    Volumes: { '/a': {} }, HostConfig: { PortBindings: { '80/tcp': [] } },
  });
});

test('the largest memory limit that clients send is accepted', () => {
  assert.deepEqual(decodeBody('HostConfig', '{"Memory":9223372036854775807}'), { Memory: 2 ** 63 });
});

test('a label named __proto__ is a label and changes no prototype', () => {
  const { Labels } = decodeBody('ContainerCreateBody', '{"Labels":{"__proto__":"x"}}') as { Labels: object };
  assert.deepEqual(Object.entries(Labels), [['__proto__', 'x']]);
  assert.equal(Object.getPrototypeOf(Labels), Object.prototype);
});

test('hostile nesting is refused, not recursed into without end', () => {
  const deep = `{"Labels":${'['.repeat(100_000)}`;
  assert.match(refusal(deep), /exceeded max depth/);
});

test('any text either decodes or is refused on purpose', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((text) => text.slice(0, -1)), fc.string().map((text) => `{"Image":${text}`)), (text) => {
    try {
      decodeBody('ContainerCreateBody', text);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'invalidArgument', String(error));
    }
  }));
});

test("Go's syntax errors", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{"a"', 'unexpected EOF'], ['{"a" 1}', "invalid character '1' after object key"], ['{"a":1 x', "invalid character 'x' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"], ['tru!', "invalid character '!' in literal true (expecting 'e')"],
    ['"\\x"', "invalid character 'x' in string escape code"], ['-x', "invalid character 'x' in numeric literal"], ['[1,]', "invalid character ']' looking for beginning of value"],
    ["{'a':1}", String.raw`invalid character '\'' looking for beginning of object key string`],
  ];
  for (const [text, message] of cases) assert.equal(syntaxError(text).text, message, text);
});
