import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKind } from '#base/errors.ts';
import { cgroupPids, isFrozen, isUnified, readCgroupFile } from './cgroup.ts';
import { parseFlatKeyed, readCgroupStats } from './cgroup-stats.ts';
import { cgroupFacts, countList, parseRelease, readHostFacts } from './facts.ts';
import { parseHostCpu, parseNetDev, readHostCpu, readLinkCounters } from './host-counters.ts';
import { parsePs, processTable, runPs, startText, terminalName, timeText } from './process-table.ts';
import { parseStat } from './procfs.ts';
import { readResourceSupport } from './resource-support.ts';

test('process status: commands with spaces and parentheses', () => {
  const rest = 'S 1 2 3 34816 4 5 6 7 8 9 100 50 0 0 20 0 4 0 777 ' + '0 '.repeat(30);
  assert.deepEqual(parseStat(`42 (a) b (c) ${rest}`), {
    pid: 42, command: 'a) b (c', state: 'S', ppid: 1, session: 3, tty: 34816, userTicks: 100, systemTicks: 50, threads: 4, startTime: 777,
  });
  fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => {
    try {
      parseStat(text);
    } catch (error) {
      assert.ok(isKind(error, 'dataLoss'));
    }
  }));
});

test('our own process in the columns of ps -ef', () => {
  const { titles, rows } = processTable([process.pid, 0x3fffffff]);
  assert.deepEqual(titles, ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.[1], String(process.pid));
  assert.equal(rows[0]?.[7], readFileSync('/proc/self/cmdline', 'utf8').replace(/\0$/, '').replaceAll('\0', ' '));
});

test('times and terminals as ps prints them', () => {
  const at = (text: string): number => new Date(text).getTime() / 1000;
  assert.equal(startText(at('2026-03-04T05:06:00'), at('2026-03-04T23:00:00')), '05:06');
  assert.equal(startText(at('2026-03-04T05:06:00'), at('2026-03-05T00:00:00')), 'Mar04');
  assert.equal(startText(at('2025-12-31T23:59:00'), at('2026-01-01T00:00:00')), '2025');
  assert.deepEqual([0, 59, 3600, 90061].map(timeText), ['00:00:00', '00:00:59', '01:00:00', '1-01:01:01']);
  assert.deepEqual([0, 0x8800, 0x8801, 0x8900, 0x0401, 0x0440].map(terminalName), ['?', 'pts/0', 'pts/1', 'pts/256', 'tty1', 'ttyS0']);
});

test('lines of ps are chosen by their PID column', () => {
  const table = parsePs('  PID COMMAND\n    1 init\n   42 sh -c  sleep 1\n', new Set([42]));
  assert.deepEqual(table, { titles: ['PID', 'COMMAND'], rows: [['42', 'sh -c sleep 1']] });
  const threads = parsePs('  PID   LWP CMD\n    1     - init\n    -     1 -\n   42     - sh\n    -    42 -\n', new Set([42]));
  assert.deepEqual(threads.rows, [['42', '-', 'sh'], ['-', '42', '-']]);
  assert.throws(() => parsePs('COMMAND PID\nsh -c 42\n', new Set([42])), /Unexpected pid '-c': strconv.Atoi: parsing "-c": invalid syntax/);
  assert.throws(() => parsePs('COMMAND\ninit\n', new Set([1])), /Couldn't find PID field/);
  assert.throws(() => runPs([1], 'o ppid=PID'), (error) => isKind(error, 'invalidArgument'));
  assert.throws(() => runPs([1], '--no-such-option'), (error) => isKind(error, 'internal') || isKind(error, 'unavailable'));
});

test('cgroup hierarchies are read from the mount table', () => {
  const v1 = '30 29 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n31 29 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n32 29 0:28 / /mnt/a\\040b rw - cgroup cgroup rw,xattr,name=systemd\n';
  assert.deepEqual(cgroupFacts(v1), {
    version: 1,
    controllers: { cpu: '/sys/fs/cgroup/cpu,cpuacct', cpuacct: '/sys/fs/cgroup/cpu,cpuacct', 'name=systemd': '/mnt/a b' },
    unified: '/sys/fs/cgroup/unified',
  });
  const v2 = '30 29 0:26 / /nowhere/cgroup rw shared:4 - cgroup2 cgroup2 rw\n';
  assert.deepEqual(cgroupFacts(v2), { version: 2, root: '/nowhere/cgroup', controllers: [] });
  assert.throws(() => cgroupFacts('1 2 0:3 / / rw - ext4 /dev/vda rw\n'), (error) => isKind(error, 'unavailable'));
});

test('facts of this host are plausible', () => {
  const facts = readHostFacts();
  assert.ok(facts.kernel.major >= 5 && facts.memoryBytes > 0 && facts.cpuCount > 0 && facts.lastCap >= 40 && facts.boundingCaps >= 0n);
  assert.match(facts.cpus, /^[\d,-]+$/);
  assert.match(facts.bootId, /^[0-9a-f-]{36}$/);
  assert.deepEqual(parseRelease('5.15.0-1-amd64'), { release: '5.15.0-1-amd64', major: 5, minor: 15 });
  assert.throws(() => parseRelease('x'), (error) => isKind(error, 'unavailable'));
  assert.deepEqual(['0', '0-3', '0-1,4,6-7'].map(countList), [1, 4, 5]);
});

function inFolder(files: Record<string, string>, body: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'berth-cgroup-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(dir, name, '..'), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('processes of a cgroup and of those below it, each once', () => {
  inFolder({ 'cgroup.procs': '30\n4\n0\n', 'a/b/cgroup.procs': '5\n4\n', 'a/cgroup.procs': '' }, (dir) => {
    assert.deepEqual(cgroupPids({ unified: dir }), [4, 5, 30]);
    assert.deepEqual(cgroupPids({ unified: '/nowhere', pids: dir, memory: '/nowhere' }), [4, 5, 30]);
  });
  assert.deepEqual(cgroupPids({ unified: '/nowhere' }), []);
  assert.equal(readCgroupFile('/nowhere', 'x'), undefined);
});

test('version 2 counters', () => {
  const files = {
    'cpu.stat': 'usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 3\nnr_throttled 1\nthrottled_usec 7\n',
    'memory.current': '4096\n', 'memory.peak': '8192\n', 'memory.max': 'max\n', 'memory.stat': 'anon 1\nfile 2\n', 'memory.events': 'oom 2\noom_kill 1\n',
    'pids.current': '2\n', 'pids.max': '100\n', 'io.stat': '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n', 'cgroup.events': 'populated 1\nfrozen 1\n',
  };
  inFolder(files, (dir) => {
    assert.ok(isUnified({ unified: dir }) && isFrozen({ unified: dir }));
    assert.deepEqual(readCgroupStats({ unified: dir }), {
      cpu: { total: 1_500_000, user: 1_000_000, system: 500_000, periods: 3, throttledPeriods: 1, throttledTime: 7000 },
      memory: { usage: 4096, maxUsage: 8192, limit: undefined, failCount: 2, stats: { anon: 1, file: 2 } },
      pids: { current: 2, limit: 100 },
      io: {
        bytes: [{ major: 8, minor: 0, operation: 'read', value: 1 }, { major: 8, minor: 0, operation: 'write', value: 2 }],
        operations: [{ major: 8, minor: 0, operation: 'read', value: 3 }, { major: 8, minor: 0, operation: 'write', value: 4 }],
      },
      oomKills: 1,
    });
  });
});

test('counters beyond what a double holds stay exact', () => {
  inFolder({ 'memory.stat': 'hierarchical_memory_limit 9223372036854771712\n' }, (dir) => {
    assert.equal(readCgroupStats({ memory: dir }).memory.stats['hierarchical_memory_limit'], 9223372036854771712n);
  });
});

test('processors and network interfaces of /proc', () => {
  assert.deepEqual(parseHostCpu('cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 1 1 1 1\ncpu1 0 0\nintr 5\n'), { total: 280_000_000, online: 2 });
  assert.deepEqual(parseHostCpu(''), { total: 0, online: 0 });
  const text = 'Inter-|   Receive\n face |bytes\n    lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\neth0:10 20 0 1 0 0 0 0 30 40 0 2 0 0 0 0\nbroken\n';
  const links = parseNetDev(text);
  assert.deepEqual([...links.keys()], ['lo', 'eth0']);
  assert.deepEqual(links.get('eth0'), { rxBytes: 10, rxPackets: 20, rxErrors: 0, rxDropped: 1, txBytes: 30, txPackets: 40, txErrors: 0, txDropped: 2 });
  assert.ok(readHostCpu().total > 0 && readHostCpu().online > 0);
  assert.ok(readLinkCounters(process.pid).has('lo'));
  assert.equal(readLinkCounters(0x3fffffff).size, 0);
  fc.assert(fc.property(fc.string(), (noise) => parseNetDev(noise) instanceof Map));
});

test('what cgroups can limit, by version', () => {
  const none = readResourceSupport({ version: 1, controllers: {}, unified: '' });
  assert.ok(Object.values(none).every((value) => !value));
  const two = readResourceSupport({ version: 2, root: '/x', controllers: ['memory', 'cpu'] });
  assert.deepEqual([two.memory, two.swappiness, two.cpuQuota, two.pids, two.ioWeight], [true, false, true, false, false]);
  inFolder({ 'memory.limit_in_bytes': '1' }, (dir) => {
    const one = readResourceSupport({ version: 1, controllers: { memory: dir }, unified: '' });
    assert.deepEqual([one.memory, one.swap], [true, false]);
  });
});

test('version 1 counters; a missing controller counts nothing', () => {
  const files = {
    'cpuacct.usage': '5\n', 'cpuacct.usage_percpu': '2 3 \n', 'cpuacct.stat': 'user 1\nsystem 2\n', 'memory.usage_in_bytes': '7\n',
    'memory.limit_in_bytes': '9223372036854771712\n', 'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
    'blkio.throttle.io_service_bytes': '8:0 Read 10\n8:0 Write 20\nTotal 30\n', 'freezer.state': 'THAWED\n',
  };
  inFolder(files, (dir) => {
    const stats = readCgroupStats({ cpuacct: dir, memory: dir, blkio: dir, freezer: dir });
    assert.deepEqual(stats.cpu, { total: 5, user: 10_000_000, system: 20_000_000, perCpu: [2, 3], periods: 0, throttledPeriods: 0, throttledTime: 0 });
    assert.deepEqual([stats.memory.limit, stats.memory.usage, stats.oomKills, stats.pids.current], [undefined, 7, 4, undefined]);
    assert.deepEqual(stats.io.bytes.map(({ operation, value }) => `${operation} ${value}`), ['read 10', 'write 20']);
    assert.equal(isFrozen({ freezer: dir }), false);
  });
  assert.deepEqual(parseFlatKeyed('a 1\nb x\nc 2 3\nd 4'), { a: 1, d: 4 });
});
