import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type CopyInfo, checkOutputPath, destinationInfo, prepareCopy, rebaseName, resolveLocal, sourceInfo, splitArgument, splitEntry } from './cp-paths.ts';

const info = (path: string, exists: boolean, isDirectory: boolean, name = ''): CopyInfo => ({ path, exists, isDirectory, rebaseName: name });

describe('paths of cp', () => {
  it('are of a container when a name stands before a colon', () => {
    assert.deepEqual(splitArgument('web:/a:b'), { container: 'web', path: '/a:b' });
    for (const local of ['/a:b', './a:b', '../a:b', 'plain', '-']) assert.deepEqual(splitArgument(local), { container: '', path: local });
  });
  it('keep what their end says', () => {
    assert.equal(resolveLocal('/a/b/../c/'), '/a/c/');
    assert.equal(resolveLocal('/a/.'), '/a/.');
    assert.equal(resolveLocal('/'), '/');
    assert.deepEqual(splitEntry('/a/b/'), { directory: '/a', base: 'b' });
    assert.deepEqual(splitEntry('/a/b/.'), { directory: '/a/b', base: '.' });
    assert.deepEqual(splitEntry('/'), { directory: '/', base: '/' });
    assert.deepEqual(splitEntry('rel'), { directory: '.', base: 'rel' });
    assert.deepEqual(rebaseName('/d/link/', '/x/target'), { path: '/x/target/', name: 'link' });
    assert.deepEqual(rebaseName('/d/link/.', '/x/target'), { path: '/x/target/.', name: '' });
  });
  it('go together or not as Docker has it', () => {
    const file = info('/s/file', true, false);
    const tree = info('/s/tree', true, true);
    assert.deepEqual(prepareCopy(file, info('/to/dir', true, true)), { directory: '/to/dir', rename: undefined });
    assert.deepEqual(prepareCopy(file, info('/to/old', true, false)), { directory: '/to', rename: { from: 'file', to: 'old' } });
    assert.deepEqual(prepareCopy(tree, info('/to/new', false, false)), { directory: '/to', rename: { from: 'tree', to: 'new' } });
    assert.deepEqual(prepareCopy(info('/s/tree/.', true, true), info('/to/new', false, false)), { directory: '/to', rename: { from: '.', to: 'new' } });
    assert.deepEqual(prepareCopy(info('/', true, true), info('/to/new/', false, false)), { directory: '/to', rename: { from: '', to: 'new' } });
    assert.deepEqual(prepareCopy(info('/s/real', true, false, 'link'), info('/to/x', false, false)), { directory: '/to', rename: { from: 'link', to: 'x' } });
    assert.throws(() => prepareCopy(tree, info('/to/old', true, false)), /^Error: cannot copy directory$/);
    assert.throws(() => prepareCopy(file, info('/to/new/', false, false)), /^Error: no such directory$/);
  });
  it('are looked at on this machine: links, missing parents, devices', (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'berth-cp-'));
    t.after(() => rmSync(dir, { recursive: true }));
    mkdirSync(join(dir, 'd'));
    writeFileSync(join(dir, 'f'), '');
    symlinkSync('d', join(dir, 'l'));
    symlinkSync('nothing', join(dir, 'broken'));
    symlinkSync('loop', join(dir, 'loop'));
    assert.deepEqual(sourceInfo(`${dir}/l`, false), info(`${dir}/l`, true, false));
    assert.deepEqual(sourceInfo(`${dir}/l`, true), info(`${dir}/d`, true, true, 'l'));
    assert.deepEqual(destinationInfo(`${dir}/l`), info(`${dir}/d`, true, true));
    assert.deepEqual(destinationInfo(`${dir}/broken`), info(`${dir}/nothing`, false, false));
    assert.throws(() => destinationInfo(`${dir}/loop`), /too many symlinks in/);
    assert.throws(() => destinationInfo(`${dir}/f/x`), /lstat .*\/f\/x: not a directory/);
    assert.throws(() => sourceInfo(`${dir}/none`, false), { message: `lstat ${dir}/none: no such file or directory` });
    assert.throws(() => checkOutputPath(`${dir}/no/x`), { message: `invalid output path: directory "${dir}/no" does not exist` });
    assert.throws(() => checkOutputPath('/dev/null'), /must be a directory or a regular file: got a device$/);
    checkOutputPath(`${dir}/new`);
  });
});
