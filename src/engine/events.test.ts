import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventMatcher } from './event-filter.ts';
import { EventLog, parseEvent } from './event-log.ts';
import { createEvents } from './events.ts';
import type { EventsService } from './types.ts';

function scratch(): { path: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'berth-events-'));
  return { path: join(directory, 'events.log'), [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

const warnings: string[] = [];
const openLog = (path: string, limit?: number): EventLog => new EventLog(path, (text) => warnings.push(text), limit);
const publish = (events: EventsService, action: string, attributes: Record<string, string> = {}): void => events.publish({ type: 'container', action, actor: { id: 'abc', attributes } });

async function history(events: EventsService, filters: Record<string, string[]> = {}): Promise<string[]> {
  const actions: string[] = [];
  for await (const { Action } of events.subscribe({ since: 0n, until: 1n, filters: new Map(), signal: new AbortController().signal })) actions.push(`too early: ${Action}`);
  const until = BigInt(Date.now()) * 1_000_000n + 1_000_000n;
  await new Promise((resolve) => setTimeout(resolve, 3));
  for await (const { Action } of events.subscribe({ since: 0n, until, filters: new Map(Object.entries(filters)), signal: new AbortController().signal })) actions.push(Action);
  return actions;
}

test('events are found again by the next process, in order, with what it adds', async () => {
  using files = scratch();
  {
    using log = openLog(files.path);
    const events = createEvents(log);
    for (const action of ['create', 'start', 'health_status: healthy']) publish(events, action, { name: 'ä "quoted"\n', image: 'img' });
  }
  using log = openLog(files.path);
  const events = createEvents(log);
  assert.deepEqual(await history(events), ['create', 'start', 'health_status: healthy']);
  publish(events, 'die');
  assert.deepEqual(await history(events), ['create', 'start', 'health_status: healthy', 'die']);
  assert.deepEqual(await history(events, { event: ['health_status'] }), ['health_status: healthy']);
  assert.deepEqual(await history(events, { container: ['ä "quoted"\n'] }), ['create', 'start', 'health_status: healthy']);
});

test('more than memory holds is read from the log without a gap or a repetition', async () => {
  using files = scratch();
  using log = openLog(files.path);
  const events = createEvents(log);
  const all = Array.from({ length: 3000 }, (_, n) => `a${n}`);
  for (const action of all) publish(events, action);
  assert.deepEqual(await history(events), all);
});

test('the files stay bounded, and the newest events are those that are kept', async () => {
  using files = scratch();
  const limit = 20_000;
  {
    using log = openLog(files.path, limit);
    const events = createEvents(log);
    for (let n = 0; n < 3000; n++) {
      publish(events, `a${n}`);
      if (n % 10 === 0) log.flush();
    }
  }
  assert.ok(statSync(files.path).size + statSync(`${files.path}.1`).size < 2 * limit + 2000);
  using log = openLog(files.path, limit);
  const kept = await history(createEvents(log));
  assert.ok(kept.length > 200 && kept.length < 3000);
  assert.deepEqual(kept, Array.from({ length: kept.length }, (_, n) => `a${3000 - kept.length + n}`));
});

test('half a line and rubbish in the log are passed over, and what follows is whole', async () => {
  using files = scratch();
  writeFileSync(files.path, `${BigInt(Date.now()) * 1_000_000n} ["container","start","x",{}]\n\0\0\0rubbish\n17000 [1,2]\n17000000000 ["container","torn`);
  using log = openLog(files.path);
  const events = createEvents(log);
  publish(events, 'after');
  assert.deepEqual(await history(events), ['start', 'after']);
  log.flush();
  assert.match(readFileSync(files.path, 'utf8'), /torn\n\d+ \["container","after","abc",\{\}\]\n$/);
  for (const line of ['', 'x', '1 {}', '1 ["a","b","c",null]', '12345678901234567890 ["a","b","c",{}]', '1 ["a","b","c",{}] ']) assert.equal(parseEvent(line), undefined, line);
});

test('a log that cannot be written costs a warning, not the event', async () => {
  warnings.length = 0;
  using log = openLog('/dev/full');
  const events = createEvents(log);
  publish(events, 'one');
  log.flush();
  publish(events, 'two');
  log.flush();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /keeping events in \/dev\/full: ENOSPC/);
  assert.deepEqual(await history(events), ['one', 'two']);
});

test('who subscribes from the past gets what comes as well, until the end', async () => {
  using files = scratch();
  using log = openLog(files.path);
  const events = createEvents(log);
  publish(events, 'before');
  const stop = new AbortController();
  const seen: string[] = [];
  const done = (async (): Promise<void> => {
    for await (const { Action } of events.subscribe({ since: 0n, filters: new Map([['event', ['before', 'after']]]), signal: stop.signal })) {
      seen.push(Action);
      if (seen.length === 1) for (const action of ['other', 'after']) publish(events, action);
      if (seen.length === 2) stop.abort();
    }
  })();
  await done;
  assert.deepEqual(seen, ['before', 'after']);
  assert.equal((events as unknown as { listeners: number }).listeners, 0);
  appendFileSync(files.path, '');
  assert.equal(existsSync(`${files.path}.1`), false);
});

test('filters: prefixes of objects, exact events unless one has details, all labels, images with and without tag', () => {
  const message = (Type: string, Action: string, ID: string, Attributes: Record<string, string> = {}) => ({ Type, Action, Actor: { ID, Attributes }, scope: 'local' });
  const start = message('container', 'start', 'abcdef', { name: 'web1', image: 'nginx:1.27', a: '1', b: '' });
  const probe = message('container', 'exec_create: true ', 'abcdef', { name: 'web1', image: 'reg:5000/x' });
  const tag = message('image', 'tag', 'sha256:12', { name: 'nginx:1.27' });
  const matches = (filters: Record<string, string[]>, each: ReturnType<typeof message>): boolean => eventMatcher(new Map(Object.entries(filters)))(each);
  for (const [filters, expected] of [
    [{}, true], [{ container: ['abc'] }, true], [{ container: ['web'] }, true], [{ container: ['web1', 'x'] }, true], [{ container: ['eb1'] }, false], [{ network: ['web1'] }, true],
    [{ event: ['start'] }, true], [{ event: ['star'] }, false], [{ event: ['star', 'exec_start'] }, true], [{ event: ['die'] }, false],
    [{ type: ['container'] }, true], [{ type: ['network'] }, false], [{ scope: ['local'] }, true], [{ scope: ['swarm'] }, false],
    [{ image: ['nginx'] }, true], [{ image: ['nginx:1.27'] }, true], [{ image: ['ngin'] }, false], [{ image: ['abcdef'] }, true],
    [{ label: ['a'] }, true], [{ label: ['a=1', 'b'] }, true], [{ label: ['a=1', 'a=2'] }, false], [{ label: ['b='] }, true], [{ label: ['toString'] }, false],
    [{ type: ['container'], event: ['die'] }, false], [{ daemon: ['x'] }, false], [{ node: ['x'] }, false], [{ plugin: ['x'] }, false],
  ] as const) assert.equal(matches(filters as unknown as Record<string, string[]>, start), expected, JSON.stringify(filters));
  assert.equal(matches({ event: ['exec_create'] }, probe), true);
  assert.equal(matches({ image: ['reg:5000/x'] }, probe), true);
  assert.equal(matches({ image: ['nginx'], event: ['tag'] }, tag), true);
});
