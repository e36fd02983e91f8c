import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { readHostFacts } from '#kernel/facts.ts';
import { DEFAULT_CAPABILITIES } from '#runtime/capabilities.ts';
import { defaultSeccomp } from '#runtime/seccomp/default-seccomp.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import { Bundle } from './harness.ts';

let bundle: Bundle;
const host = readHostFacts();
before(() => void (bundle = new Bundle('feat')));
after(() => bundle[Symbol.asyncDispose]());
afterEach(() => assert.deepEqual(bundle.left(), [], 'a test left something behind'));

/** Runs a script that must end well, and returns its output. */
async function inside(script: string, change?: (spec: RuntimeSpec) => void): Promise<string> {
  const { code, stdout, stderr } = await bundle.script(script, change);
  assert.equal(code, 0, `${stderr}${stdout}`);
  return stdout;
}

const proc = (spec: RuntimeSpec, more: object): void => void Object.assign(spec.process ?? {}, more);
const linux = (spec: RuntimeSpec, more: object): void => void Object.assign(spec.linux ?? {}, more);

test('capabilities, limits, ids, umask and OOM score are as asked', async () => {
  const out = await inside('grep -E "^(Cap|Groups|NoNewPrivs|Seccomp:)" /proc/self/status; id -u; id -g; umask; ulimit -n; cat /proc/self/oom_score_adj; echo $HOME', (spec) =>
    proc(spec, {
      user: { uid: 1000, gid: 1000, additionalGids: [7, 8], umask: 0o077 },
      capabilities: { bounding: ['CAP_KILL', 'CAP_CHOWN'], permitted: ['CAP_KILL'], effective: ['CAP_KILL'], inheritable: ['CAP_KILL'], ambient: ['CAP_KILL'] },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 99, hard: 100 }],
      oomScoreAdj: 300,
    }),
  );
  const mask = '0000000000000020';
  assert.match(out, new RegExp(`Groups:\t7 8 \nCapInh:\t${mask}\nCapPrm:\t${mask}\nCapEff:\t${mask}\nCapBnd:\t0000000000000021\nCapAmb:\t${mask}\nNoNewPrivs:\t1\nSeccomp:\t0\n1000\n1000\n0077\n99\n300\n/work\n`));
});

test('the default seccomp profile holds, with and without no_new_privs', async () => {
  for (const noNewPrivileges of [true, false]) {
    const out = await inside('grep -E "^Seccomp:" /proc/self/status; unshare -m true 2>&1; mount -t tmpfs x /tmp 2>&1; echo fine', (spec) => {
      const caps = [...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN'];
      proc(spec, { noNewPrivileges, capabilities: { bounding: caps, permitted: caps, effective: caps } });
      linux(spec, { seccomp: defaultSeccomp(DEFAULT_CAPABILITIES, host) }); // CAP_SYS_ADMIN is there: what refuses is the filter
    });
    assert.equal(out, 'Seccomp:\t2\nunshare: unshare(0x20000): Operation not permitted\nmount: permission denied (are you root?)\nfine\n');
  }
});

test('a filter that answers by argument', async () => {
  const out = await inside('mkdir /tmp/a; chmod 700 /tmp/a; chmod 711 /tmp/a; echo $?', (spec) => {
    spec.mounts?.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs' });
    linux(spec, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: ['chmod', 'fchmodat'].map((name, index) => ({ names: [name], action: 'SCMP_ACT_ERRNO', errnoRet: 30, args: [{ index: index + 1, value: 0o711, op: 'SCMP_CMP_EQ' }] })) } });
  });
  assert.equal(out, '1\n');
});

test('mounts: read-only, recursive, tmpfs with its content kept, files, and nothing through links out of the root', async () => {
  const data = bundle.path('data');
  mkdirSync(`${data}/sub`, { recursive: true });
  writeFileSync(`${data}/file`, 'content\n');
  mkdirSync(bundle.path('rootfs/etc/kept'), { recursive: true });
  writeFileSync(bundle.path('rootfs/etc/kept/x'), 'kept\n');
  const out = await inside('cat /a/file /etc/kept/x /f; touch /a/x 2>&1; touch /b/sub/y && echo wrote; touch /ro/z 2>&1; grep -E " /(a|b|ro|etc/kept) " /proc/mounts | cut -d" " -f2,3,4 | sed s/,relatime.*//', (spec) => {
    Object.assign(spec.root ?? {}, { readonly: false });
    spec.mounts?.push(
      { destination: '/a', type: 'bind', source: data, options: ['rbind', 'rro'] },
      { destination: '/b', type: 'bind', source: 'data', options: ['bind', 'rw', 'nosuid', 'noexec'] },
      { destination: '/f', type: 'bind', source: `${data}/file`, options: ['bind', 'ro'] },
      { destination: '/ro', type: 'tmpfs', source: 'tmpfs', options: ['ro', 'nosuid'] },
      { destination: '/etc/kept', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'mode=700'] },
    );
  });
  assert.match(out, /^content\nkept\ncontent\ntouch: \/a\/x: Read-only file system\nwrote\ntouch: \/ro\/z: Read-only file system\n/);
  assert.match(out, /\n\/a ext4 ro\n|\n\/a \w+ ro\n/);
  assert.match(out, /\n\/b \w+ rw,nosuid,noexec\n/);
  assert.match(out, /\n\/ro tmpfs ro,nosuid\n/);
  assert.match(out, /\n\/etc\/kept tmpfs rw\n/);
});

test('masked and read-only paths, devices', async () => {
  const out = await inside('echo x > /proc/sys/kernel/hostname; wc -c < /proc/timer_list; ls /sys/firmware; stat -c "%n %F %t:%T %a" /dev/null /dev/mine; echo ok > /dev/null; dd if=/dev/mine bs=4 count=1 2>/dev/null | wc -c', (spec) =>
    linux(spec, { devices: [{ path: '/dev/mine', type: 'c', major: 1, minor: 5, fileMode: 0o640 }] }),
  );
  assert.equal(out, '0\n/dev/null character special file 1:3 666\n/dev/mine character special file 1:5 640\n4\n');
});

test('the device cgroup refuses what is not listed', async () => {
  const out = await inside('mknod /tmp/kmsg c 1 11; mknod /tmp/zero c 1 5; cat /tmp/kmsg 2>&1; dd if=/tmp/zero bs=3 count=1 2>/dev/null | wc -c', (spec) => {
    const caps = ['CAP_MKNOD'];
    proc(spec, { capabilities: { bounding: caps, permitted: caps, effective: caps } });
    spec.mounts?.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['mode=755'] });
  });
  assert.equal(out, 'cat: can\'t open \'/tmp/kmsg\': Operation not permitted\n3\n');
});

test('host name, sysctls and namespaces are the container\'s own', async () => {
  const out = await inside('hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmax; ls /sys/class/net; echo $$; cat /proc/self/timens_offsets | head -2', (spec) => {
    linux(spec, {
      sysctl: { 'net.ipv4.ip_unprivileged_port_start': '77', 'kernel.shmmax': '4096' },
      namespaces: [...(spec.linux?.namespaces ?? []), { type: 'cgroup' }, { type: 'time' }],
      timeOffsets: { monotonic: { secs: 1000 }, boottime: { secs: 2000, nanosecs: 5 } },
    });
  });
  assert.match(out, /^berth\n77\n4096\nlo\n1\nmonotonic +1000 +0\nboottime +2000 +5\n$/);
});

test('a user namespace maps ids and needs no device nodes', async () => {
  const out = await inside('id -u; cat /proc/self/uid_map; touch /tmp/x; stat -c %u /tmp/x; echo y > /dev/null; ls -l /dev/null; grep CapEff /proc/self/status', (spec) => {
    const map = [{ containerID: 0, hostID: 200000, size: 65536 }];
    linux(spec, { namespaces: [...(spec.linux?.namespaces ?? []), { type: 'user' }, { type: 'cgroup' }], uidMappings: map, gidMappings: map });
    spec.mounts = (spec.mounts ?? []).filter((m) => m.type !== 'cgroup');
    spec.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['mode=1777'] });
  });
  assert.match(out, /^0\n +0 +200000 +65536\n0\ncrw-rw-rw- .* \/dev\/null\nCapEff:\t0000000020000420\n$/);
});

test('limits are set in the container\'s cgroup and shown in it', async () => {
  const out = await inside('cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpuset/cpuset.cpus; touch /sys/fs/cgroup/memory/x 2>&1; cat /proc/self/cgroup | head -1', (spec) =>
    linux(spec, { resources: { memory: { limit: 32 << 20 }, pids: { limit: 20 }, cpu: { shares: 512, quota: 20000, period: 100000, cpus: '0' } }, namespaces: [...(spec.linux?.namespaces ?? []), { type: 'cgroup' }] }),
  );
  if (host.cgroup.version === 1) assert.match(out, /^33554432\n20\n512\n20000\n0\ntouch: \/sys\/fs\/cgroup\/memory\/x: (Read-only file system|Permission denied)\n\d+:[^:]+:\/\n$/);
});

test('personality, scheduling and I/O priority reach the process', async () => {
  const out = await inside('cat /proc/self/personality; cut -d" " -f19,41 /proc/1/stat', (spec) => {
    proc(spec, { scheduler: { policy: 'SCHED_BATCH', nice: 3 }, ioPriority: { class: 'IOPRIO_CLASS_IDLE' } });
    linux(spec, { personality: { domain: 'LINUX32' } });
  });
  assert.equal(out, '00000008\n3 3\n');
});
