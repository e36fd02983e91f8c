import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { TarDecoder } from './decoder.ts';
import { encodeHeader, endOfArchive, storedSize } from './encoder.ts';
import { fromText, padding, readNumber, toText, writeNumber } from './format.ts';
import { formatPax, formatPaxTime, parsePax, paxTime } from './pax.ts';
import { readTar } from './reader.ts';
import type { NewEntry } from './encoder.ts';
import type { TarEntry } from './format.ts';

interface File {
  entry: TarEntry;
  data: Buffer;
}

function decode(archive: Buffer, pieces: number = archive.length): File[] {
  const decoder = new TarDecoder();
  const files: File[] = [];
  for (let at = 0; at < archive.length; at += pieces) {
    for (const event of decoder.push(Buffer.from(archive.subarray(at, at + pieces)))) {
      if (event.kind === 'entry') files.push({ entry: event.entry, data: Buffer.alloc(event.entry.size) });
      else if (event.kind === 'data') event.bytes.copy(files.at(-1)?.data ?? Buffer.alloc(0), event.offset);
    }
  }
  decoder.end();
  return files;
}

function encode(files: readonly { entry: NewEntry; data?: Buffer }[]): Buffer {
  const parts = files.flatMap(({ entry, data = Buffer.alloc(0) }) => [encodeHeader(entry), data, Buffer.alloc(padding(data.length))]);
  return Buffer.concat([...parts, endOfArchive]);
}

const byteString = (max: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: max }).map((codes) => String.fromCharCode(...codes));
const path = byteString(300).map((text) => text.replace(/\/+$/, '') || 'x');
const entries = fc.array(
  fc.record({
    path,
    type: fc.constantFrom('file', 'directory', 'symlink', 'link', 'char', 'fifo' as const),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.oneof(fc.integer({ min: 0, max: 70000 }), fc.constant(4294967294)),
    gid: fc.integer({ min: 0, max: 2 ** 32 }),
    seconds: fc.integer({ min: -(2 ** 33), max: 2 ** 40 }),
    nanos: fc.integer({ min: 0, max: 999_999_999 }),
    data: fc.uint8Array({ maxLength: 2000 }),
    link: byteString(200),
    xattr: fc.option(
      fc.tuple(
        byteString(20).filter((name) => !name.includes('=')),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
      ),
      { nil: undefined },
    ),
  }),
  { maxLength: 6 },
);

test('what the encoder writes the decoder reads, cut at any place', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 1500 }), (list, piece) => {
      const files = list.map((item) => {
        const data = item.type === 'file' ? Buffer.from(item.data) : Buffer.alloc(0);
        const isLink = item.type === 'symlink' || item.type === 'link';
        const entry: NewEntry = {
          path: item.path,
          type: item.type,
          mode: item.mode,
          uid: item.uid,
          gid: item.gid,
          mtime: { seconds: item.seconds, nanos: item.nanos },
          size: data.length,
          linkPath: isLink ? item.link : '',
          devMajor: item.type === 'char' ? 5 : 0,
          devMinor: item.type === 'char' ? 260 : 0,
          xattrs: new Map(item.xattr === undefined ? [] : [[item.xattr[0], Buffer.from(item.xattr[1])]]),
        };
        return { entry, data };
      });
      const found = decode(encode(files), piece);
      const expected = files.map(({ entry, data }) => ({
        entry: { ...entry, path: entry.type === 'directory' ? `${entry.path}/` : entry.path, uname: '', gname: '' },
        data,
      }));
      assert.deepEqual(found, expected);
    }),
    { numRuns: 150 },
  );
});

test('sparse files keep their holes', () => {
  const run = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 1500 }));
  fc.assert(
    fc.property(
      fc.array(run, { maxLength: 40 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 2000 }),
      (gaps, tail, piece) => {
        let end = 0;
        const sparse = gaps.map(([gap, length]) => {
          const offset = end + gap;
          end = offset + length;
          return { offset, length };
        });
        const data = Buffer.alloc(storedSize(sparse), 'abcdefgh');
        const [file, ...rest] = decode(
          encode([{ entry: { path: 'dir/s', type: 'file', size: end + tail, sparse }, data }, { entry: { path: 'after', type: 'fifo' } }]),
          piece,
        );
        assert.equal(rest.length, 1);
        assert.deepEqual(
          file?.entry.sparse,
          sparse.filter((item) => item.length > 0),
        );
        assert.equal(file.entry.path, 'dir/s');
        assert.equal(file.data.length, end + tail);
        assert.deepEqual(Buffer.concat(sparse.map(({ offset, length }) => file.data.subarray(offset, offset + length))), data);
      },
    ),
    { numRuns: 100 },
  );
});

test('any bytes are either an archive or a clear error, never anything else', () => {
  const good = encode([
    { entry: { path: 'a', type: 'file', size: 3 }, data: Buffer.from('abc') },
    { entry: { path: 'x'.repeat(150), type: 'file', size: 9, sparse: [{ offset: 1, length: 2 }] }, data: Buffer.from('hi') },
  ]);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(good.length), (changes, cut) => {
      const bytes = Buffer.from(good.subarray(0, cut));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        decode(bytes, 700);
      } catch (error) {
        assert.equal((error as { kind?: string }).kind, 'invalidArgument', String(error));
      }
    }),
    { numRuns: 400 },
  );
});

test('an archive cut inside an entry is refused', () => {
  const good = encode([{ entry: { path: 'a', type: 'file', size: 700 }, data: Buffer.alloc(700) }]);
  for (const cut of [100, 512, 600, 1300]) assert.throws(() => decode(good.subarray(0, cut)), /unexpected EOF/);
  assert.equal(decode(good.subarray(0, 1536)).length, 1);
});

test('numbers: octal and base-256', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const block = Buffer.alloc(512);
      writeNumber(block, 10, 12, value);
      assert.equal(readNumber(block, 10, 12), value);
    }),
  );
});

test('pax records and times survive', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          byteString(120).filter((key) => !key.includes('=')),
          fc.uint8Array({ maxLength: 1200 }),
        ),
      ),
      (list) => {
        const records = list.map(([key, value]) => ({ key, value: Buffer.from(value) }));
        assert.deepEqual(parsePax(formatPax(records)), records);
      },
    ),
  );
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.nat(999_999_999), (seconds, nanos) => {
      assert.deepEqual(paxTime(Buffer.from(formatPaxTime({ seconds, nanos }))), { seconds, nanos });
    }),
  );
  for (const bad of ['', '4 a=\n', '7 a=b\n', '0 a=b\n', '99999999 a=b\n', 'x a=b\n', '6 =bc\n', '7 a=bc ']) {
    if (bad !== '') assert.throws(() => parsePax(Buffer.from(bad)), /invalid tar header/, bad);
  }
});

function scratch(t: { after(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'berth-tar-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function makeTree(directory: string): void {
  mkdirSync(join(directory, 'tree/sub'), { recursive: true });
  writeFileSync(join(directory, 'tree/plain'), 'hello');
  writeFileSync(join(directory, 'tree/naïve ☃'), 'unicode');
  writeFileSync(Buffer.concat([Buffer.from(join(directory, 'tree/')), Buffer.from([0xff, 0xfe])]), 'bytes');
  mkdirSync(join(directory, 'tree', 'd'.repeat(120)));
  writeFileSync(join(directory, 'tree', 'd'.repeat(120), 'f'.repeat(200)), 'long');
  linkSync(join(directory, 'tree/plain'), join(directory, 'tree/sub/hard'));
  symlinkSync(`../${'l'.repeat(150)}`, join(directory, 'tree/sub/soft'));
  const fd = openSync(join(directory, 'tree/sparse'), 'w');
  for (let index = 0; index < 30; index++) writeSync(fd, Buffer.alloc(4096, 65 + index), 0, 4096, index * 65536);
  ftruncateSync(fd, 4_000_000);
  closeSync(fd);
}

test('reads what GNU tar writes in each of its formats', (t) => {
  const directory = scratch(t);
  makeTree(directory);
  const formats = [
    ['--format=gnu'],
    ['--format=posix'],
    ['--format=gnu', '--sparse'],
    ['--sparse-version=0.0'],
    ['--sparse-version=0.1'],
    ['--sparse-version=1.0'],
  ];
  for (const format of formats) {
    const sparse = format[0]?.startsWith('--sparse') === true ? ['--format=posix', '--sparse', ...format] : format;
    const archive = execFileSync('tar', ['-C', directory, ...sparse, '-cf', '-', 'tree'], { maxBuffer: 1 << 26 });
    const files = new Map(decode(archive, 10_000).map((file) => [file.entry.path, file]));
    assert.equal(files.get('tree/plain')?.data.toString() || files.get('tree/sub/hard')?.data.toString(), 'hello', sparse.join(' '));
    assert.equal(files.get(fromText('tree/naïve ☃'))?.data.toString(), 'unicode');
    assert.equal(files.get('tree/\xff\xfe')?.data.toString(), 'bytes');
    assert.equal(files.get(`tree/${'d'.repeat(120)}/${'f'.repeat(200)}`)?.data.toString(), 'long');
    assert.equal(files.get('tree/sub/soft')?.entry.linkPath, `../${'l'.repeat(150)}`);
    assert.ok([...files.values()].some((file) => file.entry.type === 'link'));
    const holes = files.get('tree/sparse');
    assert.ok(holes !== undefined && holes.data.equals(readFileSync(join(directory, 'tree/sparse'))), sparse.join(' '));
    assert.equal(holes.entry.sparse !== undefined, sparse.includes('--sparse'));
  }
});

test('GNU tar reads what we write', (t) => {
  const directory = scratch(t);
  const data = Buffer.alloc(8192, 'z');
  const archive = encode([
    { entry: { path: 'a', type: 'directory', mode: 0o750, mtime: { seconds: 1_600_000_000, nanos: 5 } } },
    { entry: { path: `a/${'n'.repeat(220)}`, type: 'file', size: 2 }, data: Buffer.from('hi') },
    { entry: { path: fromText('a/ü'), type: 'symlink', linkPath: 'q'.repeat(120) } },
    { entry: { path: 'a/sparse', type: 'file', size: 1 << 20, sparse: [{ offset: 65536, length: 8192 }] }, data },
    { entry: { path: 'a/hard', type: 'link', linkPath: 'a/sparse' } },
  ]);
  execFileSync('tar', ['-C', directory, '-xf', '-'], { input: archive });
  assert.equal(readFileSync(join(directory, 'a', 'n'.repeat(220)), 'utf8'), 'hi');
  const sparse = readFileSync(join(directory, 'a/hard'));
  assert.equal(sparse.length, 1 << 20);
  assert.ok(sparse.subarray(65536, 65536 + 8192).equals(data) && sparse.subarray(0, 65536).every((byte) => byte === 0));
  assert.match(execFileSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' }), /drwxr-x--- 0\/0 .*a\//);
});

test('readTar gives members in order and skips what is not read', async () => {
  const archive = encode([
    { entry: { path: 'one', type: 'file', size: 1000 }, data: Buffer.alloc(1000, 1) },
    { entry: { path: 'two', type: 'file', size: 600 }, data: Buffer.alloc(600, 2) },
    { entry: { path: 'three', type: 'file', size: 3 }, data: Buffer.from('333') },
  ]);
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < archive.length; at += 100) yield archive.subarray(at, at + 100);
  };
  const seen: string[] = [];
  for await (const { entry, data } of readTar(pieces())) {
    let text = '';
    if (entry.path === 'two')
      for await (const piece of data) {
        text += piece.length;
        break;
      }
    if (entry.path === 'three') for await (const piece of data) text += piece.toString();
    seen.push(`${toText(entry.path)}:${text}`);
  }
  assert.deepEqual(seen, ['one:', 'two:52', 'three:333']);
});
