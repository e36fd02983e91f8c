import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import { containerStats, StatsSampler } from './stats-sampler.ts';

function idle(id: string): Container {
  return { name: id, record: { id, hostConfig: {} }, runtime: { state: { status: 'created' } }, task: undefined, removeWaiters: new Set() } as unknown as Container;
}

const ctx = { registry: { find: () => undefined }, log: { error: assert.fail } } as unknown as EngineContext;

test('many readers share one sampler; when the last one leaves nothing is read any more', async () => {
  const sampler = new StatsSampler();
  const container = idle('c');
  const [one, two] = [new AbortController(), new AbortController()];
  const first = sampler.follow(ctx, container, one.signal);
  const second = sampler.follow(ctx, container, two.signal);
  assert.equal((await first.next()).value?.id, 'c');
  assert.equal((await second.next()).value?.id, 'c');
  assert.equal(sampler.size, 1);
  const [a, b] = await Promise.all([first.next(), second.next()]);
  assert.equal(a.value, b.value);
  one.abort();
  assert.equal((await first.next()).done, true);
  assert.equal(sampler.size, 1);
  two.abort();
  assert.equal((await second.next()).done, true);
  assert.deepEqual([sampler.size, container.removeWaiters.size], [0, 0]);
});

test('a stream ends when its container is removed', async () => {
  const sampler = new StatsSampler();
  const container = idle('c');
  const stream = containerStats(ctx, sampler, container, { stream: true, oneShot: false, signal: new AbortController().signal });
  assert.equal((await stream.next()).value?.name, '/c');
  const next = stream.next();
  for (const waiter of container.removeWaiters) waiter({ code: 0, error: '' });
  assert.equal((await next).done, true);
  assert.equal(sampler.size, 0);
});

test('one answer for a container that does not run; stream and one-shot exclude each other', async () => {
  const sampler = new StatsSampler();
  const request = { stream: false, oneShot: false, signal: new AbortController().signal };
  const answers = await Array.fromAsync(containerStats(ctx, sampler, idle('c'), request));
  assert.deepEqual(answers.map(({ name, pids_stats }) => [name, pids_stats]), [['/c', {}]]);
  await assert.rejects(Array.fromAsync(containerStats(ctx, sampler, idle('c'), { ...request, stream: true, oneShot: true })), /cannot have stream=true and one-shot=true/);
  assert.equal(sampler.size, 0);
});
