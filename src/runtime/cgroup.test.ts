import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HostFacts } from '#spec/host.ts';
import type { DeviceRule, ResourcesSpec } from '#spec/runtime.ts';
import { devicePolicyProgram } from './cgroup-bpf.ts';
import { type DevicePolicy, devicePolicy, devicePolicyWrites, deviceRules } from './cgroup-devices.ts';
import { cgroupPaths } from './cgroup-paths.ts';
import { compileResources } from './cgroup-resources.ts';
import { weightOfShares } from './cgroup-v2.ts';

const V2 = { cgroup: { version: 2, root: '/cg', controllers: ['cpu', 'cpuset', 'memory', 'io', 'pids'], self: '/user' } } as unknown as HostFacts;
const V1 = { cgroup: { version: 1, controllers: { memory: '/cg/memory', cpu: '/cg/cpu', pids: '/cg/pids' }, unified: '' } } as unknown as HostFacts;
const V1_PATHS = { memory: '/cg/memory/c', cpu: '/cg/cpu/c', pids: '/cg/pids/c', blkio: '/cg/blkio/c', cpuset: '/cg/cpuset/c', rdma: '/cg/rdma/c', hugetlb: '/cg/hugetlb/c', net_cls: '/cg/net_cls/c', net_prio: '/cg/net_prio/c' };

function writes(resources: ResourcesSpec, host: HostFacts, update: boolean = false): { lines: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const paths = host === V2 ? { unified: '/cg/c' } : V1_PATHS;
  const ops = compileResources(resources, paths, host, { update, warn: (text) => warnings.push(text) });
  return { lines: ops.map((op) => (op.kind === 'cgroup.set' ? `${op.path.slice(4)}=${op.data}${op.optional ? '?' : ''}` : '')), warnings };
}

test('shares become weights that agree at both ends and at the default', () => {
  assert.deepEqual([2, 1024, 262144, 0, 1 << 30].map(weightOfShares), [1, 100, 10000, 1, 10000]);
  fc.assert(fc.property(fc.integer({ min: 2, max: 262143 }), (shares) => weightOfShares(shares) <= weightOfShares(shares + 1)));
});

test('memory and swap', () => {
  assert.deepEqual(writes({ memory: { limit: 100, swap: 300 } }, V2).lines, ['c/memory.swap.max=200', 'c/memory.max=100']);
  assert.deepEqual(writes({ memory: { limit: 100, swap: -1 } }, V2).lines, ['c/memory.swap.max=max?', 'c/memory.max=100']);
  assert.deepEqual(writes({ memory: { limit: -1 } }, V2).lines, ['c/memory.swap.max=max?', 'c/memory.max=max']);
  assert.deepEqual(writes({ memory: { limit: 100, swap: 300 } }, V1).lines, ['memory/c/memory.limit_in_bytes=100', 'memory/c/memory.memsw.limit_in_bytes=300']);
  assert.deepEqual(writes({ memory: { limit: 100, swap: 300 } }, V1, true).lines, ['memory/c/memory.memsw.limit_in_bytes=-1', 'memory/c/memory.limit_in_bytes=100', 'memory/c/memory.memsw.limit_in_bytes=300']);
  assert.throws(() => writes({ memory: { swap: 300 } }, V2), /unable to set swap limit without memory limit/);
  assert.deepEqual(writes({ memory: { reservation: 5, swappiness: 10, disableOOMKiller: true, kernelTCP: 7 } }, V1).lines, [
    'memory/c/memory.soft_limit_in_bytes=5', 'memory/c/memory.kmem.tcp.limit_in_bytes=7', 'memory/c/memory.oom_control=1', 'memory/c/memory.swappiness=10',
  ]);
  assert.equal(writes({ memory: { swappiness: 10, disableOOMKiller: true, kernelTCP: 7, kernel: 8 } }, V2).warnings.length, 4);
});

test('processor, processes and block devices', () => {
  const resources: ResourcesSpec = {
    cpu: { shares: 1024, quota: 5000, period: 10000, burst: 10, cpus: '0', idle: 0 },
    pids: { limit: -1 },
    blockIO: { weight: 10, weightDevice: [{ major: 8, minor: 1, weight: 1000 }], throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 5 }] },
  };
  assert.deepEqual(writes(resources, V2).lines, [
    'c/cpu.idle=0', 'c/cpu.weight=100', 'c/cpu.max=5000 10000', 'c/cpu.max.burst=10', 'c/cpuset.cpus=0', 'c/pids.max=max', 'c/io.weight=default 1?', 'c/io.weight=8:1 10000?', 'c/io.max=8:0 wiops=5',
  ]);
  assert.deepEqual(writes(resources, V1).lines, [
    'cpu/c/cpu.shares=1024', 'cpu/c/cpu.cfs_period_us=10000', 'cpu/c/cpu.cfs_quota_us=5000', 'cpu/c/cpu.cfs_burst_us=10', 'cpu/c/cpu.idle=0', 'cpuset/c/cpuset.cpus=0', 'pids/c/pids.max=max',
    'blkio/c/blkio.bfq.weight=10?', 'blkio/c/blkio.bfq.weight_device=8:1 1000?', 'blkio/c/blkio.throttle.write_iops_device=8:0 5',
  ]);
  assert.deepEqual(writes({ cpu: { quota: -1 } }, V2).lines, ['c/cpu.max=max 100000']);
  assert.deepEqual(writes({ cpu: { quota: -1 } }, V1).lines, ['cpu/c/cpu.cfs_quota_us=-1']);
});

test('the rest of the specification', () => {
  const resources: ResourcesSpec = {
    hugepageLimits: [{ pageSize: '2MB', limit: 9 }],
    rdma: { mlx5: { hcaHandles: 3 } },
    network: { classID: 1048577, priorities: [{ name: 'eth0', priority: 2 }] },
  };
  assert.deepEqual(writes(resources, V1).lines, [
    'hugetlb/c/hugetlb.2MB.limit_in_bytes=9', 'hugetlb/c/hugetlb.2MB.rsvd.limit_in_bytes=9?', 'rdma/c/rdma.max=mlx5 hca_handle=3', 'net_cls/c/net_cls.classid=1048577', 'net_prio/c/net_prio.ifpriomap=eth0 2',
  ]);
  const v2 = writes({ ...resources, unified: { 'memory.high': '5', 'cgroup.max.depth': '3' } }, V2);
  assert.deepEqual(v2.lines, ['c/memory.high=5', 'c/cgroup.max.depth=3']);
  assert.equal(v2.warnings.filter((text) => /no cgroup controller (hugetlb|rdma)/.test(text)).length, 3);
  assert.throws(() => writes({ unified: { 'memory.high': '5' } }, V1), /cgroup v2 only/);
});

test('cgroupsPath in every form', () => {
  const at = (cgroupsPath: string | undefined, host: HostFacts): string => {
    const paths = cgroupPaths({ id: 'c1', spec: { ociVersion: '1.2.1', linux: { cgroupsPath } } }, host);
    return paths['unified'] ?? paths['memory'] ?? '';
  };
  assert.equal(at(undefined, V2), '/cg/berth/c1');
  assert.equal(at('/docker/x', V2), '/cg/docker/x');
  assert.equal(at('x/y', V2), '/cg/user/x/y');
  assert.equal(at('x/y', V1), '/cg/memory/x/y');
  assert.equal(at('/../../etc', V1), '/cg/memory/etc');
  assert.equal(at('machine-a.slice:libpod:77', V2), '/cg/machine.slice/machine-a.slice/libpod-77.scope');
  assert.equal(at(':docker:77', V2), '/cg/system.slice/docker-77.scope');
  assert.throws(() => at('/', V2), /root of the hierarchy/);
  assert.throws(() => at('x.scope:a:b', V2), /invalid slice name/);
});

test('devices: nothing but what is listed, written for v1 from whatever was before', () => {
  const policy = devicePolicy(deviceRules([{ allow: false, access: 'rwm' }, { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }]));
  assert.deepEqual(devicePolicyWrites(policy).slice(0, 4), [
    { file: 'devices.deny', data: 'a' }, { file: 'devices.allow', data: 'c 10:229 rw' }, { file: 'devices.allow', data: 'c *:* m' }, { file: 'devices.allow', data: 'b *:* m' },
  ]);
  assert.deepEqual(devicePolicyWrites(devicePolicy(deviceRules([{ allow: true, access: 'rwm' }]))).map(({ file, data }) => `${file} ${data}`)[0], 'devices.allow a');
});

/** The kernel's decision for the v1 controller (security/device_cgroup.c). */
function allows(policy: DevicePolicy, type: 'c' | 'b', major: number, minor: number, access: number): boolean {
  const matching = policy.exceptions.filter((e) => e.type === type && (e.major < 0 || e.major === major) && (e.minor < 0 || e.minor === minor));
  return policy.allow ? !matching.some((e) => (e.access & access) !== 0) : matching.some((e) => (access & ~e.access) === 0);
}

/** Runs the few eBPF instructions that device programs are made of. */
function run(program: Uint8Array, type: 'c' | 'b', major: number, minor: number, access: number): number {
  const view = new DataView(program.buffer);
  const registers = new Uint32Array(11);
  const context = [((access << 16) | (type === 'c' ? 2 : 1)) >>> 0, major, minor];
  for (let pc = 0; pc * 8 < program.length; pc++) {
    const code = view.getUint8(pc * 8);
    const [dst, src] = [view.getUint8(pc * 8 + 1) & 15, view.getUint8(pc * 8 + 1) >> 4];
    const [off, imm] = [view.getInt16(pc * 8 + 2, true), view.getInt32(pc * 8 + 4, true)];
    const value = registers[dst] ?? 0;
    if (code === 0x61) registers[dst] = context[off / 4] ?? 0;
    else if (code === 0xb4) registers[dst] = imm;
    else if (code === 0xbc) registers[dst] = registers[src] ?? 0;
    else if (code === 0x54) registers[dst] = value & imm;
    else if (code === 0x74) registers[dst] = value >>> imm;
    else if (code === 0x56) pc += value === imm >>> 0 ? 0 : off;
    else if (code === 0x16) pc += value === imm >>> 0 ? off : 0;
    else if (code === 0x95) return registers[0] ?? 0;
    else assert.fail(`unknown instruction ${code}`);
  }
  return assert.fail('ran off the end');
}

test('a device program decides like the v1 controller', () => {
  const number = fc.oneof(fc.constantFrom(0, 1, 3, 5, 136, 0xffff_ffff), fc.nat(255));
  const optional = fc.option(number, { nil: undefined });
  const rule: fc.Arbitrary<DeviceRule> = fc.record({
    allow: fc.boolean(), type: fc.constantFrom(undefined, 'a', 'c', 'b', 'u'), major: optional, minor: optional, access: fc.constantFrom(undefined, 'r', 'w', 'm', 'rw', 'rwm'),
  });
  const question = fc.record({ type: fc.constantFrom('c' as const, 'b' as const), major: number, minor: number, access: fc.integer({ min: 1, max: 7 }) });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 10 }), fc.array(question, { minLength: 10, maxLength: 20 }), (rules, questions) => {
      const policy = devicePolicy(rules);
      const program = devicePolicyProgram(policy);
      for (const { type, major, minor, access } of questions) assert.equal(run(program, type, major, minor, access) === 1, allows(policy, type, major, minor, access));
    }),
  );
});
