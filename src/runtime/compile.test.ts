import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HostFacts } from '#spec/host.ts';
import type { AbsolutePath } from '#spec/ids.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { decodePlan, encodePlan } from './codec.ts';
import { compile } from './compile.ts';
import { compileExec } from './compile-exec.ts';
import { defaultSpec } from './default-spec.ts';
import { explainLines } from './explain.ts';
import type { Op, Plan } from './plan.ts';
import { defaultSeccomp } from './seccomp/default-seccomp.ts';
import type { CompileInput } from './types.ts';

const ALL_CAPS = (1n << 41n) - 1n;

const COMMON = {
  kernel: { release: '6.1.0', major: 6, minor: 1 },
  arch: 'x86_64',
  boundingCaps: ALL_CAPS,
  lastCap: 40,
  lsm: { apparmor: false, selinux: false },
  cpus: '0-1',
  mems: '0',
  memoryBytes: 8 * 2 ** 30,
  cpuCount: 2,
  rootless: false,
  bootId: '00000000-0000-0000-0000-000000000000',
} as const;

const V1: HostFacts = {
  ...COMMON,
  cgroup: {
    version: 1,
    controllers: {
      cpu: '/sys/fs/cgroup/cpu,cpuacct', cpuacct: '/sys/fs/cgroup/cpu,cpuacct', cpuset: '/sys/fs/cgroup/cpuset', memory: '/sys/fs/cgroup/memory', devices: '/sys/fs/cgroup/devices',
      freezer: '/sys/fs/cgroup/freezer', blkio: '/sys/fs/cgroup/blkio', pids: '/sys/fs/cgroup/pids', 'name=systemd': '/sys/fs/cgroup/systemd',
    },
    unified: '/sys/fs/cgroup/unified',
  },
};
const V2: HostFacts = { ...COMMON, cgroup: { version: 2, root: '/sys/fs/cgroup', controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma'] }, lsm: { apparmor: true, selinux: false } };

// Everything that the default specification leaves out.
function richSpec(): RuntimeSpec {
  const spec = defaultSpec(undefined, 2);
  const caps = [...DEFAULT_CAPABILITIES];
  return {
    ...spec,
    process: {
      ...spec.process,
      user: { uid: 1000, gid: 1000, additionalGids: [10, 20], umask: 0o027 },
      cwd: '/srv',
      args: ['serve', '--port', '80'],
      capabilities: { bounding: caps, effective: caps, permitted: caps, inheritable: ['CAP_KILL'], ambient: ['CAP_KILL'] },
      noNewPrivileges: false,
      oomScoreAdj: 100,
      scheduler: { policy: 'SCHED_BATCH', nice: 5 },
      ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 },
    },
    domainname: 'example.org',
    mounts: [
      ...(spec.mounts ?? []),
      { destination: '/data', type: 'bind', source: '/srv/data', options: ['rbind', 'rro', 'rslave'] },
      { destination: '/etc/hosts', type: 'bind', source: 'hosts', options: ['bind', 'ro', 'noexec'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['ro', 'nosuid', 'size=1m', 'tmpcopyup'] },
      { destination: '/idmapped', type: 'bind', source: '/srv/id', options: ['bind', 'idmap'], uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }], gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }] },
    ],
    hooks: { createRuntime: [{ path: '/usr/bin/net', args: ['net', 'up'], timeout: 3 }], createContainer: [{ path: '/usr/bin/cc' }], startContainer: [{ path: '/bin/sc' }], poststop: [{ path: '/bin/ps' }] },
    annotations: { a: 'b' },
    linux: {
      ...spec.linux,
      cgroupsPath: '/my/group',
      rootfsPropagation: 'rslave',
      devices: [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o660, uid: 0, gid: 5 }, { path: '/dev/pipe', type: 'p' }],
      sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0', 'kernel.shmmax': '1048576' },
      personality: { domain: 'LINUX32' },
      timeOffsets: { boottime: { secs: 60 } },
      namespaces: [...(spec.linux?.namespaces ?? []).filter((n) => n.type !== 'network'), { type: 'network', path: '/run/netns/x' }, { type: 'time' }],
      resources: {
        devices: [{ allow: false, access: 'rwm' }, { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }],
        memory: { limit: 64 * 2 ** 20, swap: 128 * 2 ** 20, reservation: 32 * 2 ** 20 },
        cpu: { shares: 512, quota: 50000, period: 100000, cpus: '0-1', mems: '0' },
        pids: { limit: 100 },
        blockIO: { weight: 500, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1048576 }] },
        hugepageLimits: [{ pageSize: '2MB', limit: 2097152 }],
      },
      seccomp: defaultSeccomp(caps, V2),
    },
  };
}

function inputOf(spec: RuntimeSpec, more: Partial<CompileInput> = {}): CompileInput {
  return {
    id: 'c1',
    spec,
    bundle: '/bundle',
    stdio: { terminal: spec.process?.terminal === true, stdin: true, stdinOnce: false, inherit: false, rows: 24, cols: 80 },
    consoleSocket: '',
    fifo: '',
    preserveFds: 0,
    noPivot: false,
    createCwd: true,
    ...more,
  };
}

// `UPDATE_GOLDEN=1` writes what is compared otherwise.
function golden(name: string, plan: Plan): void {
  assert.deepEqual(decodePlan(encodePlan(plan.ops)), plan.ops.map(({ note: _note, ...op }) => op), 'the plan survives its encoding');
  const text = `${[...explainLines(plan), ...plan.warnings.map((warning) => `# ${warning}`)].join('\n')}\n`;
  const path = join(import.meta.dirname, 'golden', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
}

const kinds = (plan: Plan): string[] => plan.ops.map((op) => op.kind);
const ofKind = <K extends Op['kind']>(plan: Plan, kind: K): Extract<Op, { kind: K }>[] => plan.ops.filter((op): op is Extract<Op, { kind: K }> => op.kind === kind);

test('the default specification on hybrid cgroup v1', () => golden('default-v1', compile(inputOf(defaultSpec(undefined, 1)), V1)));
test('the default specification on cgroup v2', () => golden('default-v2', compile(inputOf(defaultSpec(undefined, 2)), V2)));
test('a specification with everything on cgroup v1', () => golden('rich-v1', compile(inputOf(richSpec()), V1)));
test('a specification with everything on cgroup v2', () => golden('rich-v2', compile(inputOf(richSpec()), V2)));

test('a rootless specification', () => {
  const host: HostFacts = { ...V2, rootless: true };
  golden('rootless-v2', compile(inputOf(defaultSpec({ uid: 1000, gid: 1000 }, 2)), host));
});

test('/dev/core is linked only where the kernel has /proc/kcore', () => {
  const has = (kcore: boolean): boolean => ofKind(compile(inputOf(defaultSpec(undefined, 2)), { ...V2, kcore }), 'symlink').some(({ path }) => path === '/dev/core');
  assert.deepEqual([has(true), has(false)], [true, false]);
});

test('links of the input are made in the root before anything is mounted there', () => {
  const plan = compile(inputOf(defaultSpec(undefined, 2), { links: [{ path: '/etc/mtab', target: '/proc/mounts' }] }), V2);
  const opened = kinds(plan).indexOf('root.open');
  assert.deepEqual(plan.ops[opened + 1], { kind: 'symlink', target: '/proc/mounts', path: '/etc/mtab' });
});

test('a root made of layers is mounted on their own directory', () => {
  const rootMount = { type: 'overlay', base: '/data/layers' as AbsolutePath, lower: ['b', 'a'], upper: 'c/fs', work: 'c/work' } as const;
  const plan = compile(inputOf(defaultSpec(undefined, 2), { rootMount, bundle: '' }), V2);
  const [root] = ofKind(plan, 'mount');
  assert.deepEqual(root, {
    kind: 'mount', source: 'overlay', target: '/data/layers', fstype: 'overlay', flags: 0, data: 'lowerdir=b:a,upperdir=c/fs,workdir=c/work', where: 'host', create: 'none', createMode: 0o755,
    cwd: '/data/layers', note: 'root',
  });
  assert.equal(ofKind(plan, 'root.open')[0]?.path, '/data/layers');
});

test('an exec joins everything that the container has, on both cgroup versions', () => {
  const spec = richSpec();
  const container = { id: 'c1', spec, bundle: '', pid: 42, startTime: 99 };
  const options = { stdio: inputOf(spec).stdio, consoleSocket: '', preserveFds: 0 };
  const process = { ...spec.process, terminal: true, user: { uid: 0, gid: 0 }, cwd: '/', args: ['sh'], execCPUAffinity: { final: '1' } };
  golden('exec-v1', compileExec(process, { ...container, cgroups: { memory: '/sys/fs/cgroup/memory/c1', pids: '/sys/fs/cgroup/pids/c1', unified: '/sys/fs/cgroup/unified/c1' } }, V1, options));
  golden('exec-v2', compileExec(process, { ...container, cgroups: { unified: '/sys/fs/cgroup/c1' } }, V2, options));
});

test('equal input gives an equal plan', () => {
  assert.deepEqual(compile(inputOf(richSpec()), V2), compile(inputOf(richSpec()), V2));
});

test('seccomp comes last with no_new_privs, and before capabilities are dropped without', () => {
  const order = (nnp: boolean): string[] => {
    const spec = richSpec();
    const process = { ...spec.process, noNewPrivileges: nnp } as NonNullable<RuntimeSpec['process']>;
    return kinds(compile(inputOf({ ...spec, process }), V2)).filter((kind) => ['seccomp', 'caps.bound', 'caps.set', 'no_new_privs', 'exec.find'].includes(kind));
  };
  assert.deepEqual(order(true), ['no_new_privs', 'caps.bound', 'caps.set', 'exec.find', 'seccomp']);
  assert.deepEqual(order(false), ['seccomp', 'caps.bound', 'caps.set', 'exec.find']);
});

test('a missing capability is told only when somebody asked for just that', () => {
  const host = { ...V2, boundingCaps: ALL_CAPS & ~(1n << 24n) & ~(1n << 27n) }; // CAP_SYS_RESOURCE, CAP_MKNOD
  const withCaps = (names: string[]): Plan => {
    const spec = defaultSpec(undefined, 2);
    return compile(inputOf({ ...spec, process: { ...spec.process!, capabilities: { bounding: names, effective: names, permitted: names } } }), host);
  };
  assert.deepEqual(withCaps([...DEFAULT_CAPABILITIES]).warnings, []);
  assert.deepEqual(withCaps([...DEFAULT_CAPABILITIES, 'CAP_SYS_RESOURCE']).warnings, ['capability CAP_SYS_RESOURCE is not in the bounding set of the host and left out']);
  assert.equal((ofKind(withCaps(['CAP_MKNOD', 'CAP_KILL']), 'caps.set')[0]?.effective ?? 0n), 1n << 5n);
});

test('a hard limit above ours is lowered where it cannot be raised', () => {
  const host = { ...V2, boundingCaps: ALL_CAPS & ~(1n << 24n), rlimits: { RLIMIT_NOFILE: { soft: 1024n, hard: 4096n } } };
  const spec = defaultSpec(undefined, 2);
  const plan = compile(inputOf({ ...spec, process: { ...spec.process!, rlimits: [{ type: 'RLIMIT_NOFILE', soft: 8192, hard: -1 }] } }), host);
  assert.deepEqual(ofKind(plan, 'rlimit').map(({ soft, hard }) => [soft, hard]), [[4096n, 4096n]]);
  assert.match(plan.warnings.join(), /RLIMIT_NOFILE: the hard limit unlimited is above the host's 4096/);
});

test('what the specification may not say is refused', () => {
  const bad = (change: (spec: RuntimeSpec) => RuntimeSpec, text: RegExp, host: HostFacts = V2): void => {
    assert.throws(() => compile(inputOf(change(defaultSpec(undefined, 2))), host), text);
  };
  const linux = (more: RuntimeSpec['linux']) => (spec: RuntimeSpec): RuntimeSpec => ({ ...spec, linux: { ...spec.linux, ...more } });
  const proc = (more: object) => (spec: RuntimeSpec): RuntimeSpec => ({ ...spec, process: { ...spec.process!, ...more } });
  bad((spec) => ({ ...spec, ociVersion: '2.0.0' }), /unsupported ociVersion/);
  bad(({ process: _process, ...spec }) => spec, /process property must not be empty/);
  bad(proc({ args: [] }), /args must not be empty/);
  bad(proc({ cwd: 'srv' }), /Cwd must be an absolute path/);
  bad(proc({ env: ['A=b\0c'] }), /NUL/);
  bad(proc({ rlimits: [{ type: 'RLIMIT_X', soft: 1, hard: 1 }] }), /invalid rlimit type/);
  bad(proc({ apparmorProfile: 'p' }), /AppArmor is not enabled/, V1);
  bad(linux({ namespaces: [{ type: 'pid' }] }), /mount namespace/);
  bad(linux({ namespaces: [{ type: 'mount' }, { type: 'mount' }] }), /duplicated ns/);
  bad(linux({ sysctl: { 'kernel.panic': '1' } }), /not in a separate kernel namespace/);
  bad(linux({ namespaces: [{ type: 'mount' }, { type: 'uts' }], sysctl: { 'net.ipv4.ip_forward': '1' } }), /not allowed in the hosts network namespace/);
  bad(linux({ sysctl: { 'net/../../kernel/panic': '1' } }), /not a valid name/);
  bad(linux({ rootfsPropagation: 'weird' }), /rootfsPropagation=weird is not supported/);
  bad(linux({ resources: { memory: { limit: 10, swap: 5 } } }), /memory\+swap limit should be >= memory limit/);
  bad(linux({ resources: { unified: { '../x': '1' } } }), /invalid file name/);
  bad(linux({ resources: { hugepageLimits: [{ pageSize: '../2MB', limit: 1 }] } }), /invalid page size/);
  bad(linux({ cgroupsPath: '/..' }), /is the root of the hierarchy/);
  bad((spec) => ({ ...spec, mounts: [{ destination: '/', type: 'tmpfs' }] }), /destination "\/" is the root/);
  bad((spec) => ({ ...spec, mounts: [{ destination: '/x', options: ['bind'] }] }), /has no source/);
});
