import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOomKills } from './kernel-log.ts';

const summary = '6,81,4470001,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=abc,mems_allowed=0,oom_memcg=/berth/abc,task_memcg=/berth/abc,task=tail,pid=4242,uid=0\n';
const killed = '3,82,4470009,-;Memory cgroup out of memory: Killed process 4242 (tail) total-vm:70000kB, anon-rss:61440kB, file-rss:1024kB, shmem-rss:0kB, UID:0 pgtables:180kB oom_score_adj:0\n';

test('a kill by a cgroup’s limit: victim, cgroup, memory', () => {
  assert.deepEqual(parseOomKills(['6,80,1,-;something else\n', summary, killed]), [
    { at: 4470001, pid: 4242, name: 'tail', uid: 0, scope: 'container', cgroup: '/berth/abc', anonKiB: 61440 },
  ]);
});

test('a kill because the machine ran out; its second line is lost', () => {
  const line = '6,9,77,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/berth/x,task=java,pid=9,uid=1000\n';
  assert.deepEqual(parseOomKills([line]), [{ at: 77, pid: 9, name: 'java', uid: 1000, scope: 'host', cgroup: '/berth/x', anonKiB: undefined }]);
});

test('a process that calls itself like fields of the line does not become another', () => {
  const line = '6,9,77,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=x,pid=1,uid=0,pid=55,uid=3\n';
  const [kill] = parseOomKills([line]);
  assert.equal(kill?.pid, 55);
  assert.equal(kill?.name, 'x,pid=1,uid=0');
});

test('what is no record of the kernel is passed over', () => {
  assert.deepEqual(parseOomKills(['', 'oom-kill:constraint=X', '6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,task=,pid=,uid=']), []);
});
