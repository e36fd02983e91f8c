/**
 * Berth on a stock Debian kernel with cgroup v2 and AppArmor (the machines that develop and test it have hybrid v1).
 * The guest prints one line `CHECK name=value` per observation; everything is judged here.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { join } from 'node:path';
import { projectRoot } from '../support/berth.ts';
import { fetchOracle } from '../support/oracle.ts';
import { boot } from './machine.ts';

/** Emulation is slow: each client call is a second. So each observation does much in one container. */
const SCRIPT = `
export BERTH_HOST=unix:///run/berth/berth.sock
berth() { /berth/node /berth/build/berth.cjs "$@"; }
check() { name=$1; shift; echo "CHECK $name=$("$@" 2>&1 | tr '\\n' ' ' | sed 's/ $//')"; }
/berth/node /berth/build/berth.cjs daemon >/tmp/daemon.log 2>&1 &
i=0; while [ ! -S /run/berth/berth.sock ] && [ -d /proc/$! ] && [ $i -lt 600 ]; do sleep 0.2; i=$((i+1)); done
check hello berth run --rm berth/base echo hello
check limits berth run --rm -m 64m --memory-swap 128m --pids-limit 50 --cpus 0.5 --cpu-shares 512 --cgroupns host -v /sys/fs/cgroup:/cg:ro berth/base sh -c 'cd /cg$(sed s/0:://  /proc/self/cgroup); cat memory.max memory.swap.max pids.max cpu.max cpu.weight'
check cgroupns berth run --rm berth/base cat /proc/self/cgroup
check readonly berth run --rm berth/base sh -c 'mkdir /sys/fs/cgroup/x; echo $?'
check devices berth run --rm berth/base sh -c 'cat /dev/null && mknod /tmp/k c 1 2 && (head -c1 /tmp/k; echo denied $?); mknod /tmp/z c 1 5 && head -c1 /tmp/z | wc -c'
check granted berth run --rm --device /dev/cpu_dma_latency:/dev/latency:r berth/base sh -c 'head -c1 /dev/latency | wc -c; (: >/dev/latency) 2>/dev/null; echo $?'
check oom berth run --name oom -m 32m --memory-swap 32m berth/base sh -c 'tail -c 100m /dev/zero'
check oomstate berth inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' oom
check ip berth run --rm berth/base sh -c 'ip -4 addr show eth0 | grep -c inet; ping -c1 -W5 172.17.0.1 | grep -c ttl='
check layers berth run --rm berth/base sh -c 'echo x >/etc/new; rm /etc/passwd; ls /etc/passwd; cat /etc/new'
berth run -d --name long -m 64m --memory-swap 128m --cpu-quota 40000 berth/base sleep 1000 >/dev/null
check stats berth stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' long
check statsfields /berth/node -e 'require("http").get({ socketPath: "/run/berth/berth.sock", path: "/containers/long/stats?stream=false" }, (r) => { let t = ""; r.on("data", (d) => (t += d)).on("end", () => { const s = JSON.parse(t), m = s.memory_stats; console.log(s.name, m.limit, "anon" in m.stats, "total_rss" in m.stats, "max_usage" in m, "percpu_usage" in s.cpu_stats.cpu_usage, s.cpu_stats.online_cpus, s.cpu_stats.system_cpu_usage > s.precpu_stats.system_cpu_usage, s.blkio_stats.io_serviced_recursive, Object.keys(s.networks)); }); })'
check update berth update -m 96m --cpu-period 50000 --pids-limit 20 long
check updated sh -c 'cd /sys/fs/cgroup/berth/*/; cat memory.max memory.swap.max cpu.max pids.max'
check updateback berth update --memory-swap 96m --pids-limit -1 long
check updatedback sh -c 'cd /sys/fs/cgroup/berth/*/; cat memory.max memory.swap.max pids.max'
check exec berth exec long sh -c 'cat /proc/self/cgroup; ls -l /proc/self/fd | wc -l'
check pause sh -c '/berth/node /berth/build/berth.cjs pause long; cat /sys/fs/cgroup/*/*/cgroup.freeze /sys/fs/cgroup/*/cgroup.freeze 2>/dev/null | sort | tail -1; /berth/node /berth/build/berth.cjs unpause long'
check rm berth rm -f long oom
check left sh -c 'find /sys/fs/cgroup -type d | grep -cE "[0-9a-f]{64}"; ls /run/berth/tasks 2>/dev/null | wc -l'
echo "DAEMON LOG"; tail -40 /tmp/daemon.log
`;

describe('on cgroup v2', { timeout: 900_000 }, () => {
  let seen: Map<string, string>;
  let output: string;

  before(async () => {
    const oracle = await fetchOracle();
    const nft = '/usr/lib/x86_64-linux-gnu/libnftables.so.1';
    output = await boot({
      files: { [nft]: nft, '/berth/node': process.execPath, '/berth/build': join(projectRoot, 'build') },
      programs: [process.execPath, nft],
      busybox: join(oracle, 'bin/busybox'),
      script: SCRIPT,
      timeoutMs: 800_000,
    });
    seen = new Map([...output.matchAll(/^CHECK (\w+)=(.*)$/gm)].map((match) => [match[1]!, match[2]!.trim()]));
  });

  function expect(name: string, value: string): void {
    assert.equal(seen.get(name), value, output.slice(-6000));
  }

  it('runs a container', () => expect('hello', 'hello'));
  // 512 shares are weight 59 by runc's formula since 1.3.2 (opencontainers/runc#4785); it was 20 before.
  it('sets memory, swap, pids and cpu limits', () => expect('limits', '67108864 67108864 50 50000 100000 59'));
  it('gives the container a cgroup namespace', () => expect('cgroupns', '0::/'));
  it('mounts cgroups read-only', () => expect('readonly', "mkdir: can't create directory '/sys/fs/cgroup/x': Read-only file system 1"));
  it('refuses devices that were not granted', () => assert.match(seen.get('devices') ?? '', /Operation not permitted.*1$/, output.slice(-6000)));
  it('grants devices with the asked access only', () => expect('granted', '1 1'));
  it('notices an OOM kill', () => expect('oomstate', 'true 137'));
  it('has a network', () => expect('ip', '1 1'));
  it('gives each container its own layer', () => assert.match(seen.get('layers') ?? '', /No such file or directory x$/, output.slice(-6000)));
  it('counts in the names of cgroup v2', () => {
    assert.match(seen.get('stats') ?? '', /^long 1 \S+ \/ 64MiB$/, output.slice(-6000));
    expect('statsfields', "/long 67108864 true false false false 2 true null [ 'eth0' ]");
  });
  it('changes limits of a running container, memory and swap as one sum', () => {
    expect('update', 'long');
    expect('updated', '100663296 33554432 40000 50000 20');
    expect('updateback', 'long');
    expect('updatedback', '100663296 0 max');
  });
  it('execs inside the cgroup', () => assert.match(seen.get('exec') ?? '', /^0::\/ /, output.slice(-6000)));
  it('freezes', () => expect('pause', 'long 1 long'));
  it('leaves nothing', () => expect('left', '0 0'));
});
