import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MOUNT_ATTR, MS } from './linux.ts';
import { attributesOf, MOUNT_OPTIONS, parseMountOptions } from './mount-options.ts';

test('later options win, and what no option means goes to the file system', () => {
  const options = parseMountOptions(['ro', 'nosuid', 'rw', 'size=5m', 'mode=755', 'nosuid', 'suid', 'defaults', '']);
  assert.equal(options.flags, 0);
  assert.equal(options.cleared, MS.RDONLY | MS.NOSUID);
  assert.equal(options.data, 'size=5m,mode=755');
});

test('propagation keeps its order, recursive options become attributes', () => {
  const options = parseMountOptions(['rbind', 'rslave', 'shared', 'rro', 'rnoexec', 'ridmap']);
  assert.deepEqual(options.propagation, [MS.SLAVE | MS.REC, MS.SHARED]);
  assert.deepEqual(options.recursive, { set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOEXEC, clear: 0 });
  assert.equal(options.idmap, 'ridmap');
  assert.equal(options.flags, MS.BIND | MS.REC);
});

test('a bind mount changes only what was named', () => {
  assert.deepEqual(attributesOf(MS.BIND | MS.REC, 0), { set: 0, clear: 0 });
  assert.deepEqual(attributesOf(MS.BIND | MS.RDONLY | MS.NOATIME, MS.NOEXEC), { set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOATIME, clear: MOUNT_ATTR.NOEXEC | MOUNT_ATTR.ATIME });
  assert.deepEqual(attributesOf(0, MS.NOATIME), { set: 0, clear: MOUNT_ATTR.ATIME });
});

test('no option that has a meaning of its own reaches the file system', () => {
  fc.assert(fc.property(fc.subarray([...MOUNT_OPTIONS]), (options) => parseMountOptions(options).data === ''));
});
