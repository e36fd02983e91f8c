import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  familiarName,
  familiarString,
  fullName,
  fullString,
  parseAnyReference,
  parseReference,
  tagNameOnly,
  trimNamed,
  withDigest,
  withTag,
} from './reference.ts';
import type { Digest } from './ids.ts';

const hex = 'a'.repeat(64);
const digest = `sha256:${hex}` as Digest;

test('names are normalised and shown in their familiar form', () => {
  const cases: [string, string, string][] = [
    ['busybox', 'docker.io/library/busybox', 'busybox'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
    ['user/app', 'docker.io/user/app', 'user/app'],
    ['docker.io/busybox', 'docker.io/library/busybox', 'busybox'],
    ['index.docker.io/library/busybox', 'docker.io/library/busybox', 'busybox'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['localhost:5000/a/b:tag', 'localhost:5000/a/b:tag', 'localhost:5000/a/b:tag'],
    ['[::1]:5000/app', '[::1]:5000/app', '[::1]:5000/app'],
    ['Host/app', 'Host/app', 'Host/app'],
    ['quay.io/x/y__z-.-w', '', ''],
    ['quay.io/x/y__z--w', 'quay.io/x/y__z--w', 'quay.io/x/y__z--w'],
    [`busybox@${digest}`, `docker.io/library/busybox@${digest}`, `busybox@${digest}`],
    [`busybox:x@${digest}`, `docker.io/library/busybox:x@${digest}`, `busybox:x@${digest}`],
    ['library/a/b', 'docker.io/library/a/b', 'library/a/b'],
    ['sha256:abc', 'docker.io/library/sha256:abc', 'sha256:abc'],
  ];
  for (const [text, full, familiar] of cases) {
    if (full === '') assert.throws(() => parseReference(text), /^BerthError: invalid reference format$/);
    else assert.deepEqual([fullString(parseReference(text)), familiarString(parseReference(text))], [full, familiar], text);
  }
});

test('what is no name gets the text that Docker gives', () => {
  const cases: [string, RegExp][] = [
    ['', /invalid reference format$/],
    ['Busybox', /^BerthError: invalid reference format: repository name \(library\/Busybox\) must be lowercase$/],
    ['a b', /invalid reference format$/],
    ['a:b c', /invalid reference format$/],
    ['../x', /invalid reference format$/],
    ['a//b', /invalid reference format$/],
    ['a/', /invalid reference format$/],
    ['-a', /invalid reference format$/],
    ['a___b', /invalid reference format$/],
    [`a:${'t'.repeat(129)}`, /invalid reference format$/],
    ['naïve', /invalid reference format$/],
    [hex, /cannot specify 64-byte hexadecimal strings$/],
    [`h.io/${'a'.repeat(256)}`, /repository name must not be more than 255 characters$/],
    [`a@sha256:${'a'.repeat(40)}`, /invalid checksum digest length$/],
    [`a@md5:${'a'.repeat(32)}`, /unsupported digest algorithm$/],
    [`a@sha256:${'A'.repeat(64)}`, /invalid checksum digest format$/],
    ['x'.repeat(100_000), /invalid reference format$/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseReference(text), message, text.slice(0, 80));
  assert.throws(() => withTag(parseReference('a'), 'b!'), /^BerthError: invalid tag format$/);
});

test('digests and bare ids are no names', () => {
  assert.deepEqual(parseAnyReference(hex), { kind: 'digest', digest });
  assert.deepEqual(parseAnyReference(digest), { kind: 'digest', digest });
  assert.equal(parseAnyReference('busybox').kind, 'named');
});

test('parts can be exchanged', () => {
  const name = parseReference(`h.io/a:t@${digest}`);
  assert.equal(fullString(trimNamed(name)), 'h.io/a');
  assert.equal(fullString(withTag(name, 'x')), 'h.io/a:x');
  assert.equal(fullString(withDigest(name, digest)), `h.io/a@${digest}`);
  assert.equal(fullString(tagNameOnly(trimNamed(name))), 'h.io/a:latest');
  assert.equal(tagNameOnly(name), name);
});

test('both forms parse back to the same name, and nothing but invalidArgument is ever thrown', () => {
  const part = fc.stringMatching(/^[a-z0-9]+([._-][a-z0-9]+)*$/).filter((text) => text.length < 40);
  const generated = fc.tuple(
    fc.option(fc.constantFrom('h.io', 'localhost', 'h:80', 'docker.io')),
    fc.array(part, { minLength: 1, maxLength: 3 }),
    fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)),
  );
  fc.assert(
    fc.property(generated, ([host, parts, tag]) => {
      const text = [...(host === null ? [] : [host]), ...parts].join('/') + (tag === null ? '' : `:${tag}`);
      if (/^[a-f0-9]{64}$/.test(text)) return;
      const name = parseReference(text);
      assert.deepEqual(parseReference(fullString(name)), name);
      // Short forms whose first part looks like a host are ambiguous, with Docker too.
      if (!/[.]/.test(name.path.split('/')[0] ?? '')) assert.deepEqual(parseReference(familiarString(name)), name);
      assert.ok(fullName(name).endsWith(familiarName(name)));
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9:/@._-]*$/)), (text) => {
      try {
        assert.equal(fullString(parseReference(text)).includes(' '), false);
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, 'invalidArgument');
      }
    }),
  );
});
