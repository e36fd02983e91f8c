import assert from 'node:assert/strict';
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { tryFlock } from '#kernel/flock.ts';
import { LogCompressor } from './compress.ts';
import { readJsonFile } from './json-file.ts';

const line = (log: string): string => `{"log":"${log}\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}\n`;

/** A log of three files: one, two (rotated), three (current). */
async function withLog(body: (path: string, folder: string, compressor: LogCompressor) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-compress-'));
  const path = join(folder, 'c-json.log');
  writeFileSync(`${path}.2`, line('one'));
  writeFileSync(`${path}.1`, line('two'));
  writeFileSync(path, line('three'));
  const compressor = new LogCompressor(path, 3, (error) => assert.fail(String(error)));
  try {
    await body(path, folder, compressor);
  } finally {
    await compressor.close();
    rmSync(folder, { recursive: true });
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition(); await delay(5)) assert.ok(Date.now() < end, 'waited in vain');
}

async function read(path: string, tail: number): Promise<string> {
  const pieces = readJsonFile({ path, rotated: 3, tail, follow: false, ended: Promise.resolve(), signal: new AbortController().signal, stdout: true, stderr: true, timestamps: false, details: false, frames: 'none' });
  let text = '';
  for await (const piece of pieces) text += piece.toString(); // a piece lasts until the next one is asked for
  return text;
}

test('rotated files are compressed, by and by, and read as before', () => withLog(async (path, folder, compressor) => {
  const names = (): string => readdirSync(folder).map((name) => name.slice('c-json.log'.length)).sort().join(' ');
  compressor.watch();
  await until(() => names() === ' .1.gz .2.gz');
  assert.equal(gunzipSync(readFileSync(`${path}.2.gz`)).toString(), line('one'));
  assert.equal(await read(path, -1), 'one\ntwo\nthree\n');
  assert.equal(await read(path, 2), 'two\nthree\n');
  renameSync(`${path}.2.gz`, `${path}.3.gz`);
  renameSync(`${path}.1.gz`, `${path}.2.gz`);
  renameSync(path, `${path}.1`);
  writeFileSync(path, line('four'));
  await until(() => names() === ' .1.gz .2.gz .3.gz');
  assert.equal(await read(path, -1), 'one\ntwo\nthree\nfour\n');
}));

test('no name is exchanged while somebody rotates; the file takes the place that it has then', () => withLog(async (path, folder, compressor) => {
  rmSync(`${path}.2`);
  const lock = openSync(path, 'r');
  assert.ok(tryFlock(lock));
  compressor.compress();
  await until(() => readdirSync(folder).includes('c-json.log.compressing'));
  await delay(20);
  assert.ok(!readdirSync(folder).includes('c-json.log.1.gz'));
  renameSync(`${path}.1`, `${path}.2`);
  appendFileSync(path, line('more'));
  closeSync(lock);
  await until(() => readdirSync(folder).includes('c-json.log.2.gz'));
  assert.equal(await read(path, -1), 'two\nthree\nmore\n');
}));

test('a compression that is given up leaves the file', () => withLog(async (path, folder, compressor) => {
  const lock = openSync(path, 'r');
  assert.ok(tryFlock(lock));
  compressor.compress();
  await until(() => readdirSync(folder).includes('c-json.log.compressing'));
  await compressor.close();
  assert.deepEqual(readdirSync(folder).sort(), ['c-json.log', 'c-json.log.1', 'c-json.log.2']);
  closeSync(lock);
}));
