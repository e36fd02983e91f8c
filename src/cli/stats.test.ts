import assert from 'node:assert/strict';
import test from 'node:test';
import type { StatsResponse } from '#api/schema.ts';
import type { Client } from '#client/client.ts';
import { StatsReaders } from './stats-readers.ts';
import { readingValues } from './stats-reading.ts';

const cpu = (total: number, system: number): StatsResponse['cpu_stats'] => ({
  cpu_usage: { total_usage: total, usage_in_kernelmode: 0, usage_in_usermode: 0 }, system_cpu_usage: system, online_cpus: 2, throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
});
const sample = (name: string): StatsResponse => ({
  name: `/${name}`, id: name, read: '', preread: '', pids_stats: { current: 3 }, blkio_stats: {} as StatsResponse['blkio_stats'], num_procs: 0, storage_stats: {}, cpu_stats: cpu(200, 1000), precpu_stats: cpu(100, 500),
  memory_stats: { usage: 100, limit: 200, stats: { inactive_file: 40 } },
});

test('figures from an answer: processors since the sample before, memory without the cache', () => {
  const { cpuPercent, memory, memoryPercent, pids } = readingValues(sample('a'));
  assert.deepEqual([cpuPercent, memory, memoryPercent, pids], [40, 60, 30, 3]);
  assert.equal(readingValues({ ...sample('a'), precpu_stats: cpu(300, 500) }).cpuPercent, 0);
});

test('each container has one stream; what is gone is shown without figures, what failed keeps its error', async () => {
  const ended = Promise.withResolvers<void>();
  const calls: string[] = [];
  const api = {
    call: async (_id: string, { name }: { name: string }) => {
      calls.push(name);
      if (name === 'bad') throw new Error('No such container: bad');
      return { read: async (onData: (chunk: Buffer) => void) => { onData(Buffer.from(`${JSON.stringify(sample(name))}\n`)); await ended.promise; } };
    },
  } as unknown as Client;
  const readers = new StatsReaders(api, true);
  await Promise.all([readers.add('a'), readers.add('a'), readers.add('bad')]);
  assert.deepEqual(calls, ['a', 'bad']);
  assert.deepEqual(readers.readings.map(({ name, values }) => [name, values?.pids]), [['/a', 3], ['', undefined]]);
  assert.deepEqual(readers.errors.map(({ message }) => message), ['No such container: bad']);
  ended.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(readers.readings[0]?.values, undefined);
  readers.remove('a');
  assert.equal(readers.readings.length, 1);
});
