import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { cgroupPids, freeze, isFrozen, killAll, removeCgroups, thaw } from '#kernel/cgroup.ts';
import type { CgroupDirs } from '#kernel/cgroup.ts';
import { readCgroupStats } from '#kernel/cgroup-stats.ts';
import { readHostFacts } from '#kernel/facts.ts';
import { readStat } from '#kernel/procfs.ts';
import { createPrograms } from '#kernel/programs.ts';

const facts = readHostFacts().cgroup;
const id = `berth-test-${process.pid}`;

/** The hierarchies of this host: v1's controllers, v2, or on a hybrid host both. */
function hierarchies(): CgroupDirs[] {
  if (facts.version === 2) return [{ unified: `${facts.root}/${id}` }];
  const v1 = Object.fromEntries(Object.entries(facts.controllers).filter(([name]) => ['freezer', 'pids', 'memory', 'cpuacct'].includes(name)).map(([name, root]) => [name, `${root}/${id}`]));
  return facts.unified === '' ? [v1] : [v1, { unified: `${facts.unified}/${id}` }];
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition(); ) {
    if (Date.now() > end) assert.fail(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const dirs of hierarchies()) {
  test(`a cgroup is frozen, thawed, killed and removed (${Object.keys(dirs).join(' ')})`, async () => {
    const programs = createPrograms();
    const deadline = AbortSignal.timeout(20_000);
    for (const dir of Object.values(dirs)) mkdirSync(`${dir}/below`, { recursive: true });
    try {
      const { pid } = programs.spawnDetached({ program: programs.sealed('/bin/sh'), argv: ['sh', '-c', 'while :; do :; done'], env: [], fds: {}, cwd: '/' });
      const below = programs.spawnDetached({ program: programs.sealed('/bin/sh'), argv: ['sh', '-c', 'while :; do :; done'], env: [], fds: {}, cwd: '/' }).pid;
      for (const dir of Object.values(dirs)) {
        writeFileSync(`${dir}/cgroup.procs`, String(pid));
        writeFileSync(`${dir}/below/cgroup.procs`, String(below));
      }
      assert.deepEqual(cgroupPids(dirs), [pid, below].sort((a, b) => a - b));
      await freeze(dirs, deadline);
      assert.ok(isFrozen(dirs));
      const ticks = (): number => readStat(pid)?.userTicks ?? 0;
      const before = ticks();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(ticks(), before);
      thaw(dirs);
      await until('the process to run again', () => ticks() > before);
      assert.equal(isFrozen(dirs), false);
      if (dirs['cpuacct'] !== undefined) assert.ok(readCgroupStats(dirs).cpu.total > 0);
      await freeze(dirs, deadline);
      await killAll(dirs, deadline); // frozen or not
      assert.deepEqual(cgroupPids(dirs), []);
    } finally {
      await killAll(dirs, deadline);
      await removeCgroups(dirs, deadline);
    }
    await removeCgroups(dirs, deadline);
    for (const dir of Object.values(dirs)) assert.equal(existsSync(dir), false);
    await assert.rejects(freeze(dirs, deadline), /does not exist/);
    assert.ok(!readFileSync('/proc/self/cgroup', 'utf8').includes(id));
  });
}
