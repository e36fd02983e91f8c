/** What the process of a container, and of an exec in one, can see and do. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/berth.ts';
import { must, uniqueId, waitFor } from '../support/command.ts';
import { startOracle } from '../support/oracle.ts';
import { BASE, guarded } from './support.ts';

const daemon = guarded();

/** Runs the script as the init of a container and as an exec in one; both outputs by name. */
async function inBoth(script: string, flags: readonly string[] = [], execFlags: readonly string[] = []): Promise<[name: string, output: string][]> {
  const init = await daemon.sh(script, { flags });
  await using container = await sleeping(flags);
  const exec = await daemon.must(['exec', ...execFlags, container.id, 'sh', '-c', script]);
  return [['init', init], ['exec', exec]];
}

async function sleeping(flags: readonly string[] = [], image: string = BASE): Promise<{ id: string; pid: number } & AsyncDisposable> {
  const id = await daemon.must(['run', '-d', ...flags, image, 'sleep', '1000']);
  const pid = Number(await daemon.must(['inspect', '-f', '{{.State.Pid}}', id]));
  return { id, pid, [Symbol.asyncDispose]: async () => void (await daemon.must(['rm', '-fv', id])) };
}

test('only 0, 1 and 2 are open in a container (CVE-2024-21626)', async () => {
  for (const flags of [[], ['-i'], ['-t'], ['--network', 'host', '--pid', 'host']]) {
    for (const [name, open] of await inBoth('echo /proc/self/fd/*', flags)) {
      const numbers = open.trim().split(' ').map((path) => Number(path.split('/').at(-1)));
      // The third is the glob's own directory.
      assert.ok(numbers.every((fd) => fd <= 3), `${name} ${flags.join(' ')}: ${open}`);
    }
  }
  await using container = await sleeping();
  assert.deepEqual(readdirSync(`/proc/${container.pid}/fd`).sort(), ['0', '1', '2']);
});

test('what is open leads nowhere but to the container’s own streams', async () => {
  await using container = await sleeping(['-i']);
  for (const fd of readdirSync(`/proc/${container.pid}/fd`)) assert.match(readlinkSync(`/proc/${container.pid}/fd/${fd}`), /^pipe:|^\/dev\/null$/);
});

test('a working directory below /proc/self/fd is refused, wherever it comes from', async () => {
  await using container = await sleeping();
  for (const fd of [0, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20]) {
    for (const path of [`/proc/self/fd/${fd}`, `/proc/self/fd/${fd}/`, `/proc/thread-self/fd/${fd}`, `/proc/1/fd/${fd}/../../..`]) {
      const outcome = await daemon.docker(['exec', '-w', path, container.id, 'sh', '-c', 'pwd; ls; cat ./*/etc/hostname']);
      assert.notEqual(outcome.code, 0, path);
      assert.equal(outcome.stdout.includes('bin'), false, `${path}: ${outcome.stdout}`);
    }
    const run = await daemon.docker(['run', '--rm', '-w', `/proc/self/fd/${fd}`, BASE, 'pwd']);
    assert.notEqual(run.code, 0);
  }
  const link = await daemon.image('sec-cwd', [{ path: 'w', type: 'symlink', linkPath: '/proc/self/fd/7' }, { path: 'up', type: 'symlink', linkPath: '../../../../..' }], { WorkingDir: '/w' });
  assert.notEqual((await daemon.docker(['run', '--rm', link, 'pwd'])).code, 0);
  assert.equal(await daemon.must(['run', '--rm', '-w', '/up', link, 'pwd']), '/');
  for (const magic of ['/proc/1/root', '/proc/self/cwd', '/proc/self/root']) assert.notEqual((await daemon.docker(['exec', '-w', magic, container.id, 'pwd'])).code, 0, magic);
  await daemon.drop(link);
});

test('a removed working directory does not let a process start outside', async () => {
  await using container = await sleeping();
  await daemon.must(['exec', container.id, 'sh', '-c', 'mkdir /gone && ln -s /gone /l']);
  for (let round = 0; round < 5; round++) {
    const [outcome] = await Promise.all([
      daemon.docker(['exec', '-w', '/gone', container.id, 'pwd']),
      daemon.docker(['exec', container.id, 'sh', '-c', 'rmdir /gone; mkdir /gone']),
    ]);
    if (outcome.code === 0) assert.equal(outcome.stdout, '/gone\n');
  }
});

test('programs of ours cannot be reached or changed from a container (CVE-2019-5736)', async () => {
  const shim = join(projectRoot, 'build/native/berth-shim');
  const digest = (): string => createHash('sha256').update(readFileSync(shim)).digest('hex');
  const before = digest();
  const image = await daemon.image('sec-exe', [
    { path: 'self', mode: 0o755, data: '#!/proc/self/exe\n' },
    { path: 'link', type: 'symlink', linkPath: '/proc/self/exe' },
  ]);
  {
    await using container = await sleeping([], image);
    for (const program of ['/self', '/link', '/proc/self/exe']) {
      const outcome = await daemon.docker(['exec', container.id, program, 'supervise']);
      assert.notEqual(outcome.code, 0, program);
    }
    // Whoever is quick enough to look at a new process sees a sealed file.
    const watcher = daemon.docker(['exec', container.id, 'sh', '-c', 'n=0; while [ $n -lt 400 ]; do for p in /proc/[0-9]*; do exe=$(readlink $p/exe) && case $exe in *berth*|*memfd*) echo "$exe"; (: > $p/exe) 2>/dev/null && echo WRITTEN;; esac; done; n=$((n+1)); done; true']);
    for (let round = 0; round < 10; round++) await daemon.docker(['exec', container.id, 'true']);
    const seen = await watcher;
    assert.equal(seen.stdout.includes('WRITTEN'), false, seen.stdout);
    for (const line of seen.stdout.split('\n').filter((text) => text !== '')) assert.match(line, /memfd:/);
  }
  assert.equal(digest(), before);
  await daemon.drop(image);
});

test('the shim runs from a sealed file and cannot be traced', async () => {
  await using container = await sleeping(['--pid', 'host']);
  const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1]);
  assert.match(readlinkSync(`/proc/${shim}/exe`), /^\/memfd:/);
  assert.throws(() => readFileSync(`/proc/${shim}/exe`, { flag: 'r+' }), /EPERM|ETXTBSY|EACCES/);
  assert.equal(statSync(`/proc/${shim}/mem`).uid, 0);
  for (const file of ['mem', 'environ', 'maps']) assert.notEqual((await daemon.docker(['exec', container.id, 'cat', `/proc/${shim}/${file}`])).code, 0, file);
});

test('capabilities: the default ones, none inheritable, none ambient (CVE-2022-24769)', async () => {
  const bounding = BigInt(`0x${/^CapBnd:\s+(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''}`);
  const expected = (0xa80425fbn & bounding).toString(16).padStart(16, '0');
  for (const [name, status] of await inBoth('cat /proc/self/status')) {
    const cap = (set: string): string => new RegExp(`^Cap${set}:\\s+(\\w+)`, 'm').exec(status)?.[1] ?? '';
    assert.deepEqual([cap('Eff'), cap('Prm'), cap('Bnd')], [expected, expected, expected], name);
    assert.deepEqual([cap('Inh'), cap('Amb')], ['0'.repeat(16), '0'.repeat(16)], name);
    assert.match(status, /^Seccomp:\s+2$/m, name);
  }
  for (const [name, status] of await inBoth('cat /proc/self/status', ['-u', '1000:1000'])) {
    for (const set of ['Eff', 'Prm', 'Inh', 'Amb']) assert.match(status, new RegExp(`^Cap${set}:\\s+0+$`, 'm'), `${name} ${set}`);
  }
  for (const [name, status] of await inBoth('cat /proc/self/status', ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'])) {
    for (const set of ['Eff', 'Prm', 'Bnd', 'Inh', 'Amb']) assert.match(status, new RegExp(`^Cap${set}:\\s+0+$`, 'm'), `${name} ${set}`);
    assert.match(status, /^NoNewPrivs:\s+1$/m, name);
  }
  // Even all of them leave the inheritable set empty.
  for (const [name, status] of await inBoth('cat /proc/self/status', ['--cap-add', 'ALL'])) assert.match(status, /^CapInh:\s+0+$/m, name);
});

test('groups come from the image’s file only, the primary one always among them (CVE-2022-36109)', async () => {
  const image = await daemon.image('sec-groups', [
    { path: 'etc/passwd', data: 'root:x:0:0::/root:/bin/sh\nann:x:1001:2001::/:/bin/sh\n' },
    { path: 'etc/group', data: 'root:x:0:\nann:x:2001:\ndisk:x:6:ann\nwheel:x:10:root,ann\n' },
  ]);
  const cases: [flags: string[], uid: string, groups: string][] = [
    [['-u', 'ann'], '1001', '6 10 2001'],
    [['-u', '1001'], '1001', '6 10 2001'],
    [['-u', 'ann:wheel'], '1001', '10'],
    [['-u', '1001:77'], '1001', '77'],
    [['-u', '55'], '55', '0'],
    [['-u', 'ann', '--group-add', '99'], '1001', '6 10 99 2001'],
    [[], '0', '0 10'],
  ];
  for (const [flags, uid, groups] of cases) {
    const report = 'echo $(id -u): $(id -G | tr " " "\\n" | sort -n)';
    const init = await daemon.sh(report, { image, flags });
    assert.equal(init, `${uid}: ${groups}`, flags.join(' '));
    const base = flags.filter((flag, index) => flag === '--group-add' || flags[index - 1] === '--group-add');
    await using container = await sleeping(base, image);
    assert.equal(await daemon.must(['exec', ...flags.filter((flag) => !base.includes(flag)), container.id, 'sh', '-c', report]), `${uid}: ${groups}`, `exec ${flags.join(' ')}`);
  }
  for (const user of ['nobody-here', 'ann:nogroup', '-5', '99999999999999999999', '4294967295', 'ann:-1', '../../x']) {
    assert.notEqual((await daemon.docker(['run', '--rm', `--user=${user}`, image, 'true'])).code, 0, user);
  }
  await daemon.drop(image);
});

test('masked paths say nothing, read-only paths cannot be written', async () => {
  const script = `
    for f in /proc/kcore /proc/keys /proc/timer_list /proc/latency_stats /proc/timer_stats /proc/sched_debug /proc/interrupts; do
      [ -e $f ] && [ "$(head -c 1 $f 2>/dev/null | wc -c)" != 0 ] && echo "$f can be read"; done
    for d in /proc/acpi /proc/scsi /proc/asound /sys/firmware /sys/devices/virtual/powercap; do
      [ -e $d ] && [ -n "$(ls -A $d 2>/dev/null)" ] && echo "$d is not empty"; done
    for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/panic_on_oom /proc/sysrq-trigger /proc/irq/0/smp_affinity /proc/bus/x /proc/fs/x /sys/kernel/uevent_helper /sys/power/state /sys/fs/cgroup/memory/release_agent; do
      (echo x > $f) 2>/dev/null && echo "$f was written"; done
    mount -o remount,rw /proc/sys 2>/dev/null && echo remounted
    umount /proc/keys 2>/dev/null && echo unmounted
    echo done`;
  for (const [name, output] of await inBoth(script)) assert.equal(output, 'done', name);
  for (const [name, output] of await inBoth(script, ['-u', '1000'])) assert.equal(output, 'done', name);
});

test('the lists of masked and read-only paths are dockerd’s', async () => {
  await using oracle = await startOracle(uniqueId());
  await oracle.engine.mustDocker(['load', '-i', join(projectRoot, 'build/base-image.tar')]);
  for (const flags of [[], ['--privileged'], ['--security-opt', 'systempaths=unconfined']]) {
    const lists = await Promise.all([oracle.engine, daemon.berth.engine].map(async (engine) => {
      const id = await engine.mustDocker(['create', ...flags, BASE, 'true']);
      const { HostConfig } = (JSON.parse(await engine.mustDocker(['inspect', id])) as { HostConfig: Record<'MaskedPaths' | 'ReadonlyPaths', string[] | null> }[])[0] ?? assert.fail();
      await engine.mustDocker(['rm', id]);
      // What a CPU's sensors show depends on when a list was read.
      return Object.fromEntries((['MaskedPaths', 'ReadonlyPaths'] as const).map((key) => [key, HostConfig[key]?.toSorted() ?? null]));
    }));
    assert.deepEqual(lists[1], lists[0], flags.join(' '));
  }
});

test('ways out that were open elsewhere are closed: mount, unshare, release_agent, raw devices', async () => {
  const script = `
    mkdir -p /tmp/m
    mount -t tmpfs none /tmp/m 2>/dev/null && echo 'tmpfs mounted'
    mount -t proc none /tmp/m 2>/dev/null && echo 'proc mounted'
    mount -t cgroup -o memory none /tmp/m 2>/dev/null && echo 'cgroup mounted'
    mount --bind / /tmp/m 2>/dev/null && echo 'bound'
    unshare -U true 2>/dev/null && echo 'user namespace'
    unshare -m true 2>/dev/null && echo 'mount namespace'
    unshare -C true 2>/dev/null && echo 'cgroup namespace'
    for d in $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts); do (echo /x > $d/release_agent) 2>/dev/null && echo "$d/release_agent"; (echo 1 > $d/notify_on_release) 2>/dev/null && echo "$d/notify"; mkdir $d/x 2>/dev/null && echo "$d/x made"; done
    mknod /tmp/disk b 254 0 2>/dev/null && head -c 1 /tmp/disk >/dev/null 2>&1 && echo 'disk read'
    mknod /tmp/mem c 1 1 2>/dev/null && head -c 1 /tmp/mem >/dev/null 2>&1 && echo 'memory read'
    mknod /tmp/kmsg c 1 11 2>/dev/null && head -c 1 /tmp/kmsg >/dev/null 2>&1 && echo 'kmsg read'
    dmesg >/dev/null 2>&1 && echo dmesg
    hostname other 2>/dev/null && echo hostname
    nsenter -t 1 -m true 2>/dev/null && echo nsenter
    chroot /proc/1/root true 2>/dev/null; ls -d /proc/*/root/canary 2>/dev/null
    echo done`;
  for (const [name, output] of await inBoth(script)) assert.equal(output, 'done', name);
});

test('no socket of ours can be reached from the host’s network, nor files by their names (CVE-2020-15257)', async () => {
  for (const [name, output] of await inBoth('cat /proc/net/unix', ['--network', 'host'])) {
    const abstract = output.split('\n').filter((line) => / @/.test(line));
    assert.deepEqual(abstract.filter((line) => /berth|shim|task/.test(line)), [], name);
  }
  // Not below a name, either: nothing that the daemon and its shims hold in this network namespace is abstract.
  const inside = await must('nsenter', [`--net=${daemon.berth.engine.namespace.path}`, 'cat', '/proc/net/unix']);
  assert.deepEqual(inside.split('\n').filter((line) => / @/.test(line)), []);
});

test('others can neither enter the data root nor talk to the daemon or a shim (CVE-2021-41091)', async () => {
  const { dataRoot, execRoot, engine } = daemon.berth;
  await using container = await sleeping(['-v', '/volume', '-e', 'SECRET=1']);
  const mode = (path: string): number => statSync(path).mode & 0o777;
  assert.equal(mode(dataRoot) & 0o007, 0);
  assert.equal(mode(engine.socket), 0o660);
  assert.equal(mode(join(execRoot, 'tasks')) & 0o006, 0);
  for (const task of readdirSync(join(execRoot, 'tasks'))) {
    assert.equal(mode(join(execRoot, 'tasks', task)) & 0o007, 0);
    for (const file of readdirSync(join(execRoot, 'tasks', task))) assert.equal(mode(join(execRoot, 'tasks', task, file)) & 0o077, 0, file);
  }
  for (const file of readdirSync(dataRoot).filter((name) => name.startsWith('berth.db'))) assert.equal(mode(join(dataRoot, file)) & 0o006, 0, file);
  for (const folder of ['containers', 'snapshots', 'content']) assert.equal(mode(join(dataRoot, folder)) & 0o007, 0, folder);
  assert.equal(mode(join(dataRoot, 'containers', container.id, `${container.id}-json.log`)) & 0o007, 0);
});

test('/proc of the host and of other containers stays out of sight', async () => {
  await using other = await sleeping(['-e', 'CANARY=alive']);
  for (const [name, output] of await inBoth('grep -l CANARY=alive /proc/[0-9]*/environ 2>/dev/null; ls -d /proc/[0-9]* | wc -l')) {
    assert.match(output, /^\d$/, name);
    assert.ok(other.pid > 0);
  }
});

test('a container that ends leaves no process, whatever it did to its own', async () => {
  const id = await daemon.must(['run', '-d', BASE, 'sh', '-c', 'trap "" TERM HUP INT; (setsid sh -c "trap \\"\\" TERM; while :; do sleep 1; done" &) ; for n in 1 2 3; do (while :; do sleep 1; done) & done; sleep 1000']);
  await waitFor('its processes', async () => (await daemon.must(['top', id])).split('\n').length > 5);
  const started = performance.now();
  await daemon.must(['kill', id]);
  await daemon.must(['wait', id]);
  assert.ok(performance.now() > started);
  await daemon.must(['rm', id]);
});
