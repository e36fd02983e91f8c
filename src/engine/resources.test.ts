import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { isKind } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { HostFacts, ResourceSupport } from '#spec/host.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import { parseCdiSpec } from '#spec/cdi.ts';
import { applyEdits } from './cdi-edits.ts';
import { deviceEdits, loadCdiSpecs } from './cdi.ts';
import type { Container } from './container.ts';
import { pruneMatcher } from './prune.ts';
import { checkCreateResources, checkResources } from './resource-limits.ts';
import { statsDocuments, zeroSample } from './stats.ts';
import { changes, merged } from './update.ts';

const host = { cpuCount: 2, cpus: '0-1', mems: '0', memoryBytes: 1 << 30, cgroup: { version: 1, controllers: {}, unified: '' } } as unknown as HostFacts;
const MiB = 1 << 20;

function refusal(asked: wire.Resources, update = false): string {
  try {
    checkResources(asked, host, update);
  } catch (error) {
    assert.ok(isKind(error, 'invalidArgument'));
    return (error as Error).message;
  }
  return '';
}

test('resources are refused with dockerd\'s texts', () => {
  assert.match(refusal({ Memory: 1 }), /Minimum memory limit allowed is 6MB/);
  assert.match(refusal({ Memory: 64 * MiB, MemorySwap: 32 * MiB }), /Minimum memoryswap limit/);
  assert.match(refusal({ MemorySwap: 64 * MiB }), /always set the Memory limit/);
  assert.equal(refusal({ MemorySwap: 64 * MiB }, true), '');
  assert.match(refusal({ NanoCpus: 3e9 }), /range of CPUs is from 0.01 to 2.00/);
  assert.throws(() => checkCreateResources({ CpuShares: -1 }), /invalid CPU shares \(-1\)/);
  for (const list of ['1-0', ',', ' 0', '0-', 'a', '-1', '0,']) assert.match(refusal({ CpusetCpus: list }), /for cpuset cpus: invalid format/);
  assert.match(refusal({ CpusetCpus: '0-99999999' }), /value of out range, maximum is 8192/);
  assert.match(refusal({ CpusetCpus: '4' }), /requested 4, available: 0-1/);
  assert.throws(() => checkCreateResources({ CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 2000 }), /cannot be higher/);
});

test('whatever is asked for is taken or refused, never a crash', () => {
  const number = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 53, -(2 ** 63), 2 ** 63));
  fc.assert(fc.property(fc.record({ Memory: number, MemorySwap: number, NanoCpus: number, CpuQuota: number, CpusetCpus: fc.string(), PidsLimit: number }), (asked) => {
    refusal(asked);
  }));
});

test('what the host cannot limit is discarded with a warning, and not checked further', () => {
  const support = Object.fromEntries(['memory', 'swap', 'ioWeight', 'oomKillDisable', 'pids'].map((name) => [name, false])) as unknown as ResourceSupport;
  const verdict = checkResources({ Memory: 64 * MiB, MemorySwap: 32 * MiB, BlkioWeight: 5, OomKillDisable: true, PidsLimit: 3 }, { ...host, resources: { ...support } }, false);
  assert.deepEqual(verdict.discarded, { Memory: 0, MemorySwap: -1, OomKillDisable: false, PidsLimit: null, BlkioWeight: 0 });
  assert.equal(verdict.warnings.length, 4);
});

test('an update changes only what it names, and refuses what contradicts', () => {
  const now = { Memory: 64 * MiB, MemorySwap: 128 * MiB, NanoCpus: 5e8, AutoRemove: true, RestartPolicy: { Name: 'no' } };
  assert.deepEqual(merged(now, { Memory: 100 * MiB, CpuShares: 0, PidsLimit: 0 }, undefined, ''), { ...now, Memory: 100 * MiB, PidsLimit: 0 });
  assert.deepEqual(merged(now, {}, { Name: 'no', MaximumRetryCount: 0 }, '').RestartPolicy, { Name: 'no', MaximumRetryCount: 0 });
  for (const [asked, text] of [[{ Memory: 200 * MiB }, /memoryswap/], [{ CpuQuota: 5000 }, /CPU Quota cannot/], [{ CpuPeriod: 5000 }, /CPU Period cannot/]] as const) {
    assert.throws(() => merged(now, asked, undefined, 'Cannot update container x: '), (error) => isKind(error, 'conflict') && text.test((error as Error).message));
  }
  assert.throws(() => merged({ CpuPeriod: 1000 }, { NanoCpus: 1e9 }, undefined, ''), /as CPU Period has already been set/);
  assert.throws(() => merged(now, {}, { Name: 'always' }, ''), /AutoRemove is enabled/);
});

test('what two limits share is written whole, the rest only where it was asked for', () => {
  const now = { Memory: 64 * MiB, MemorySwap: 128 * MiB, CpuPeriod: 50_000, CpuQuota: 20_000, CpuShares: 5 };
  assert.deepEqual(changes({ MemorySwap: 128 * MiB, CpuQuota: 20_000 }, now, true), { memory: { limit: 64 * MiB, swap: 128 * MiB }, cpu: { period: 50_000, quota: 20_000 }, blockIO: {} });
  assert.deepEqual(changes({ MemorySwap: 128 * MiB, PidsLimit: 0 }, now, false), { memory: { swap: 128 * MiB }, cpu: {}, pids: { limit: -1 }, blockIO: {} });
});

test('statistics in the names of both cgroup versions; no limit is the machine\'s', () => {
  const counted = {
    cpu: { total: 9, user: 5, system: 4, perCpu: [4, 5], periods: 1, throttledPeriods: 0, throttledTime: 0 },
    memory: { usage: 7, maxUsage: 8, limit: undefined, failCount: 0, stats: { cache: 1, anon: 2, other: 3 } },
    pids: { current: 1, limit: undefined },
    io: { bytes: [{ major: 8, minor: 0, operation: 'read', value: 5 }], operations: [] },
    oomKills: 0,
  };
  const one = statsDocuments(counted, { total: 100, online: 2 }, host);
  assert.deepEqual(one.cpu_stats.cpu_usage.percpu_usage, [4, 5]);
  assert.deepEqual([one.memory_stats.limit, one.memory_stats.max_usage, one.memory_stats.stats?.['cache'], one.memory_stats.stats?.['total_cache'], one.memory_stats.stats?.['other']], [1 << 30, 8, 1, 0, undefined]);
  assert.deepEqual([one.blkio_stats.io_service_bytes_recursive?.[0]?.op, one.blkio_stats.io_serviced_recursive, one.blkio_stats.sectors_recursive, one.pids_stats], ['Read', [], [], { current: 1 }]);
  const two = statsDocuments({ ...counted, cpu: { ...counted.cpu, perCpu: undefined } as unknown as typeof counted.cpu }, { total: 100, online: 2 }, { ...host, cgroup: { version: 2, root: '', controllers: [] } });
  assert.deepEqual([two.memory_stats.stats?.['anon'], two.memory_stats.max_usage, two.cpu_stats.cpu_usage.percpu_usage], [2, undefined, undefined]);
  assert.deepEqual([two.blkio_stats.io_service_bytes_recursive?.[0]?.op, two.blkio_stats.io_serviced_recursive], ['read', null]);
  assert.deepEqual(zeroSample({ name: 'x', record: { id: 'y' } } as Container).memory_stats, {});
});

test('prune filters by time and labels', () => {
  const matches = (filters: Record<string, string[]>, created: string, labels: Record<string, string> = {}): boolean =>
    pruneMatcher(new Map(Object.entries(filters)), Date.parse('2026-01-02T00:00:00Z'))(created, labels);
  assert.ok(matches({ until: ['12h'] }, '2026-01-01T11:00:00Z') && !matches({ until: ['12h'] }, '2026-01-01T13:00:00Z'));
  assert.ok(matches({ label: ['a=1', 'b'] }, '', { a: '1', b: '' }) && !matches({ label: ['a=1', 'b'] }, '', { a: '1' }));
  assert.ok(!matches({ 'label!': ['a'] }, '', { a: '1' }) && matches({ 'label!': ['a'] }, ''));
  assert.throws(() => matches({ until: ['zz'] }, ''), /failed to parse value as time or duration: "zz"/);
  assert.throws(() => matches({ until: ['1h', '2h'] }, ''), /more than one until filter specified/);
});

const yaml = 'cdiVersion: "0.6.0"\nkind: v.com/c\ncontainerEdits:\n  env: [ALL=1]\ndevices:\n- name: a\n  containerEdits:\n    env: [A=1, ALL=2]\n    deviceNodes: [{path: /dev/x, hostPath: /dev/null}]\n';

test('CDI devices come from JSON and YAML; later directories win, doubles in one directory are nobody\'s', async () => {
  const [low, high] = [mkdtempSync(join(tmpdir(), 'cdi-')), mkdtempSync(join(tmpdir(), 'cdi-'))];
  const warnings: string[] = [];
  try {
    const json = (name: string, env: string): string => JSON.stringify({ cdiVersion: '0.5.0', kind: 'v.com/c', devices: [{ name, containerEdits: { env: [env] } }] });
    writeFileSync(`${low}/a.json`, json('a', 'FROM=low'));
    writeFileSync(`${low}/b.json`, json('twice', 'X=1'));
    writeFileSync(`${low}/c.json`, json('twice', 'X=2'));
    writeFileSync(`${low}/bad.json`, '{');
    writeFileSync(`${low}/ignored.txt`, json('ignored', 'X=1'));
    writeFileSync(`${high}/a.yaml`, yaml);
    const devices = await loadCdiSpecs([low, `${low}/missing`, high], (text) => warnings.push(text));
    assert.deepEqual([...devices.keys()], ['v.com/c=a']);
    assert.equal(warnings.length, 2);
    const edits = await deviceEdits([{ Driver: 'cdi', DeviceIDs: ['v.com/c=a'] }], [low, high], () => undefined);
    const spec: RuntimeSpec = { ociVersion: '1', process: { cwd: '/', user: { uid: 5, gid: 0 }, env: ['ALL=0'] }, mounts: [{ destination: '/a/b' }], linux: {} };
    const result = applyEdits(spec, [...edits, { mounts: [{ hostPath: '/h', containerPath: '/a' }], additionalGids: [0, 7, 7], hooks: [{ hookName: 'createContainer', path: '/h' }] }]);
    assert.deepEqual(result.process?.env, ['ALL=2', 'A=1']);
    assert.deepEqual(result.linux?.devices, [{ path: '/dev/x', type: 'c', major: 1, minor: 3, uid: 5 }]);
    assert.deepEqual(result.linux?.resources?.devices, [{ allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' }]);
    assert.deepEqual(result.mounts?.map(({ destination }) => destination), ['/a', '/a/b']);
    assert.deepEqual([result.process?.user.additionalGids, result.hooks], [[7], { createContainer: [{ path: '/h' }] }]);
    assert.deepEqual(spec.process?.env, ['ALL=0']);
  } finally {
    for (const directory of [low, high]) rmSync(directory, { recursive: true });
  }
});

test('device requests that nobody can serve are refused with dockerd\'s texts', async () => {
  const ask = (request: wire.DeviceRequest): Promise<unknown> => deviceEdits([request], [], () => undefined);
  await assert.rejects(ask({ Capabilities: [['gpu', 'a'], ['b']] }), /could not select device driver "" with capabilities: \[\[gpu a\] \[b\]\]/);
  await assert.rejects(ask({ Driver: 'cdi', DeviceIDs: ['a.b/c=d', 'q'] }), /CDI device injection failed: unresolvable CDI devices a.b\/c=d, q/);
  await assert.rejects(ask({ Driver: 'cdi', Count: 2 }), /unexpected count/);
  await assert.rejects(ask({ Driver: 'cdi', Options: { a: 'b' } }), /unexpected options/);
  assert.deepEqual(await ask({ Driver: 'cdi' }), []);
});

test('any document is a CDI specification or an error of ours', () => {
  fc.assert(fc.property(fc.anything(), fc.anything(), (edits, name) => {
    try {
      parseCdiSpec({ cdiVersion: '0.6.0', kind: 'v.com/c', devices: [{ name, containerEdits: edits }] });
    } catch (error) {
      assert.ok(isKind(error, 'invalidArgument'));
    }
  }));
  for (const change of [{ cdiVersion: '9.0.0' }, { kind: 'nokind' }, { devices: [] }, { extra: 1 }]) {
    const good = { cdiVersion: '0.6.0', kind: 'v.com/c', devices: [{ name: 'a', containerEdits: { env: ['A=1'] } }] };
    assert.equal(parseCdiSpec(good).kind, 'v.com/c');
    assert.throws(() => parseCdiSpec({ ...good, ...change }), /BerthError/);
  }
});
