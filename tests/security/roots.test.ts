/** Images and volumes whose files are traps: what the daemon mounts, reads and makes in a root must stay in it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../support/command.ts';
import type { Outcome } from '../support/command.ts';
import type { Item } from '../fixtures/layers.ts';
import { guarded } from './support.ts';

const daemon = guarded();

const link = (path: string, linkPath: string): Item => ({ path, type: 'symlink', linkPath });

type Attempt = (script: string, flags?: readonly string[]) => Promise<Outcome>;

/** Gives `body` a way to run scripts in an image with these entries. Refusing to start is as good as staying inside: both leave the host alone. */
async function withRoot(items: readonly Item[], body: (attempt: Attempt) => Promise<void>): Promise<void> {
  const image = await daemon.image('sec-root', items);
  await body(async (script, flags = []) => {
    const outcome = await daemon.docker(['run', '--rm', ...flags, image, '/bin/busybox', 'sh', '-c', script]);
    assert.doesNotMatch(outcome.stdout, /alive/, 'the canary was read');
    return outcome;
  });
  await daemon.drop(image);
}

async function tried(items: readonly Item[], script: string, flags: readonly string[] = []): Promise<Outcome> {
  let outcome: Outcome | undefined;
  await withRoot(items, async (attempt) => void (outcome = await attempt(script, flags)));
  return outcome ?? assert.fail();
}

test('/proc and /sys as links: taken away, and mounted inside (CVE-2019-16884, CVE-2019-19921)', async () => {
  for (const target of ['/', '/etc', '..', '../../..', daemon.canary, '/proc/self/root', '/tmp']) {
    for (const name of ['proc', 'sys']) {
      const outcome = await tried([{ path: `${name}/` }, link(name, target)], 'cat /proc/self/attr/current; echo ran');
      // The layer that every container has over its image holds real directories of these names.
      assert.deepEqual([outcome.code, outcome.stdout.endsWith('ran\n')], [0, true], `${name} → ${target}: ${outcome.stderr}`);
    }
  }
  // A file in the place of a directory.
  for (const name of ['proc', 'sys', 'dev', 'etc']) assert.equal((await tried([{ path: name, data: 'x' }], `[ -d /${name} ]`)).code, 0, name);
});

test('a volume cannot stand in for /proc', async () => {
  // The link is replaced by a directory before anything is mounted, as by dockerd.
  const outcome = await tried([{ path: 'proc/' }, link('proc', '/volume')], 'ls /volume; [ -d /proc/self ] && ! [ -L /proc ] && echo ran', ['-v', '/volume']);
  assert.equal(outcome.stdout, 'ran\n');
});

test('/dev and what is below it as links', async () => {
  for (const items of [
    [link('dev', daemon.canary)],
    [link('dev', '/etc')],
    [{ path: 'dev/' }, link('dev/pts', daemon.canary), link('dev/shm', daemon.canary), link('dev/mqueue', '../../../..'), link('dev/null', join(daemon.canary, 'file')), link('dev/console', join(daemon.canary, 'file')), link('dev/ptmx', '/etc/passwd')],
  ]) {
    for (const flags of [[], ['-t'], ['--init'], ['--device', '/dev/null:/dev/extra']]) {
      const outcome = await tried(items, 'echo x > /dev/null && [ -c /dev/null ] && echo ran', flags);
      if (outcome.code === 0) assert.match(outcome.stdout, /ran/);
    }
  }
});

test('devices are made by descriptor, never through a link of the image', async () => {
  const items = [{ path: 'data/' }, link('data/dev', daemon.canary), link('data/null', join(daemon.canary, 'file'))];
  await tried(items, 'true', ['--device', '/dev/null:/data/dev/null']);
  await tried(items, 'true', ['--device', '/dev/null:/data/null']);
  await tried(items, 'true', ['--device', '/dev/null:/../../../../data/../../x']);
  assert.ok(!existsSync(join(daemon.canary, 'null')));
});

test('/etc and its files as links to the host', async () => {
  for (const items of [
    [{ path: 'etc/' }, link('etc', daemon.canary)],
    [{ path: 'etc/' }, link('etc', '/../../../../../../etc')],
    [link('etc/hosts', join(daemon.canary, 'file')), link('etc/hostname', join(daemon.canary, 'new')), link('etc/resolv.conf', '../../../../../../tmp/x')],
    [link('etc/hosts', '/proc/self/root/etc/hosts')],
    [link('etc/hosts', '/proc/1/environ')],
    [link('etc/hosts', 'hosts')],
    [link('etc/hosts', '/etc/passwd')],
    [{ path: 'etc/hosts/' }],
  ]) {
    const outcome = await tried(items, 'cat /etc/hosts; echo x > /etc/hosts; echo y > /etc/hostname; echo ran');
    assert.doesNotMatch(outcome.stdout, /DOCKER_CONFIG|LD_LIBRARY_PATH/, 'not the environment of the shim or the daemon');
  }
  assert.ok(!existsSync('/tmp/x'));
});

test('volume and bind targets through links stay in the root (CVE-2021-30465, CVE-2023-28642)', async () => {
  const source = join(daemon.berth.scratch, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'mark'), 'mark');
  const items = [link('data', daemon.canary), link('up', '../../../../../../../..'), link('self', '/proc/self/root'), link('loop', 'loop'), { path: 'a/' }, link('a/b', '..'), link('file', join(daemon.canary, 'file'))];
  await withRoot(items, async (attempt) => {
    for (const target of ['/data', '/data/deep/er', `/up${daemon.canary}`, '/a/b/a/b/data/x', '/self/x', '/loop/x', '/file', '/../../../../data', '/proc/self', '/dev/../../data']) {
      for (const flags of [['-v', `${source}:${target}`], ['-v', `${source}/mark:${target}`], ['-v', target], ['--tmpfs', target], ['-w', target]]) {
        await attempt('cat /data/file /file; echo x > /data/other; echo x > /file; true', flags);
        assert.ok(!existsSync(join(daemon.canary, 'deep')), `${flags.join(' ')}: made on the host`);
      }
    }
  });
  rmSync(source, { recursive: true });
});

test('copying an image’s files into a new volume follows no link out', async () => {
  for (const items of [[link('v', daemon.canary)], [{ path: 'v/' }, link('v/l', join(daemon.canary, 'file')), link('v/d', daemon.canary)], [link('w', daemon.canary), link('v', 'w/../..')]]) {
    await tried(items, 'cat /v/file; cat /v/l; cat /v/d/file; echo dead > /v/l; echo dead > /v/d/new; true', ['-v', '/v']);
    await tried(items, 'cat /v/file; cat /v/l; true', ['--tmpfs', '/v']);
  }
});

test('a target that is exchanged for a link while a container starts stays in the root (CVE-2021-30465)', async () => {
  const shared = join(daemon.berth.scratch, 'shared');
  mkdirSync(join(shared, 'd'), { recursive: true });
  const swapper = await daemon.must(['run', '-d', '-v', `${shared}:/s`, 'berth/base', 'sh', '-c', `cd /s; while :; do rm -rf d; ln -s ${daemon.canary} d; rm d; ln -s / d; rm d; ln -s /proc d; rm d; mkdir d; done`]);
  for (let round = 0; round < 25; round++) {
    const outcome = await daemon.docker(['run', '--rm', '-v', `${shared}:/s`, '-v', '/s/d/x', '--tmpfs', '/s/d/y', '-w', '/s/d/z', 'berth/base', 'sh', '-c', 'cat /s/d/file; echo x > /s/d/x/new; grep -c canary /proc/self/mountinfo; true']);
    assert.ok([0, 125, 126, 127].includes(outcome.code), outcome.stderr);
    assert.doesNotMatch(outcome.stdout, /alive/);
    for (const name of ['x', 'y', 'z']) assert.ok(!existsSync(join(daemon.canary, name)) && !existsSync(`/${name}`), name);
  }
  await daemon.must(['rm', '-f', swapper]);
  rmSync(shared, { recursive: true });
});

// By hand where this version has no volume commands yet.
async function removeVolume(name: string): Promise<void> {
  if ((await daemon.docker(['volume', 'rm', name])).code !== 0) rmSync(join(daemon.berth.dataRoot, 'volumes', name), { recursive: true });
}

test('a subpath of a volume stays in it', async () => {
  const volume = `sec-${daemon.berth.cgroupParent}`;
  await daemon.must(['run', '--rm', '-v', `${volume}:/v`, 'berth/base', 'sh', '-c', `ln -s ${daemon.canary} /v/out; ln -s ../../.. /v/up; mkdir /v/in`]);
  for (const subpath of ['out', 'up', '../..', 'in/../../..', '/etc', 'up/containers']) {
    const outcome = await daemon.docker(['run', '--rm', '--mount', `type=volume,source=${volume},target=/m,volume-subpath=${subpath}`, 'berth/base', 'ls', '/m']);
    assert.notEqual(outcome.code, 0, `${subpath}: ${outcome.stdout}`);
  }
  await removeVolume(volume);
});

test('a subpath that is exchanged for a link while it is mounted stays in the volume', async () => {
  const volume = `race-${daemon.berth.cgroupParent}`;
  const swapper = await daemon.must(['run', '-d', '-v', `${volume}:/v`, 'berth/base', 'sh', '-c', `cd /v; mkdir d; while :; do mv d e; ln -s ${daemon.canary} d; rm d; mv e d; done`]);
  for (let round = 0; round < 60; round++) {
    const outcome = await daemon.docker(['run', '--rm', '--mount', `type=volume,source=${volume},target=/m,volume-subpath=d`, 'berth/base', 'cat', '/m/file']);
    assert.doesNotMatch(outcome.stdout, /alive/);
  }
  await daemon.must(['rm', '-f', swapper]);
  await removeVolume(volume);
});

test('hostile /etc/passwd and /etc/group neither hang nor leak', async () => {
  const huge = { path: 'etc/passwd', sparse: [], size: 2 ** 40 } satisfies Item;
  const traps: [string, Item[]][] = [
    ['/dev/zero by link', [link('etc/passwd', '/dev/zero'), link('etc/group', '/dev/zero')]],
    ['/dev/tty by link', [link('etc/passwd', '/dev/tty'), link('etc/group', '/dev/console')]],
    ['the host’s', [link('etc/passwd', '/../../../../etc/passwd'), link('etc/group', join(daemon.canary, 'file'))]],
    ['a fifo', [{ path: 'etc/passwd', type: 'fifo' }, { path: 'etc/group', type: 'fifo' }]],
    ['a device', [{ path: 'etc/passwd', type: 'char', devMajor: 1, devMinor: 5 }, { path: 'etc/group', type: 'char', devMajor: 1, devMinor: 5 }]],
    ['a directory', [{ path: 'etc/passwd/' }, { path: 'etc/group/' }]],
    ['a circle', [link('etc/passwd', 'group'), link('etc/group', 'passwd')]],
    ['a terabyte of zeros', [huge, { ...huge, path: 'etc/group' }]],
    ['many lines', [{ path: 'etc/passwd', data: 'a:x:7:7::/:\n'.repeat(300_000) }, { path: 'etc/group', data: `g:x:7:${'a,'.repeat(1_000_000)}\n` }]],
    ['one long line', [{ path: 'etc/passwd', data: 'x'.repeat(8_000_000) }]],
    ['strange fields', [{ path: 'etc/passwd', data: 'bad:x:-1:-1::/:\nbad2:x:0x0:0::/:\nbad3:x:4294967296:0::/:\nbad4:x:1e3:0::/:\n:x:0:0::/:\n\0:x:0:0\n' }]],
    ['procfs', [link('etc/passwd', '/proc/kmsg'), link('etc/group', '/proc/self/environ')]],
  ];
  for (const [what, items] of traps) {
    await withRoot(items, async (attempt) => {
      const asRoot = await attempt('echo ran');
      assert.equal(asRoot.stdout, 'ran\n', `${what}: ${asRoot.stderr}`);
      const numeric = await attempt('echo ran; grep ^Uid /proc/self/status', ['-u', '1234:1234']);
      assert.equal(numeric.stdout, 'ran\nUid:\t1234\t1234\t1234\t1234\n', `${what}: ${numeric.stderr}`);
      for (const name of ['daemon', 'bad', 'bad3']) assert.notEqual((await attempt('id', ['-u', name])).code, 0, `${what}: ${name}`);
    });
  }
});

test('an exec reads the container’s files the same careful way', async () => {
  const id = await daemon.must(['run', '-d', 'berth/base', 'sleep', '1000']);
  const inside = (script: string): Promise<string> => daemon.must(['exec', id, 'sh', '-c', script]);
  for (const trap of ['mkfifo /etc/passwd', 'ln -s /dev/zero /etc/passwd', `ln -s /proc/1/root${daemon.canary}/file /etc/passwd`, 'mknod /etc/passwd c 1 5', 'mkdir /etc/passwd', 'dd if=/dev/null of=/etc/passwd bs=1 seek=1000000000000', 'ln -s passwd /etc/passwd']) {
    await inside(`rm -rf /etc/passwd; ${trap}`);
    assert.equal((await daemon.docker(['exec', '-u', '0', id, 'echo', 'ran'])).stdout, 'ran\n', trap);
    assert.notEqual((await daemon.docker(['exec', '-u', 'somebody', id, 'true'])).code, 0, trap);
  }
  // /etc itself goes away, and the root's own directories are swapped for links.
  await inside(`rm -rf /etc 2>/dev/null; mv /etc /old 2>/dev/null; ln -s ${daemon.canary} /etc 2>/dev/null; true`);
  assert.equal((await daemon.docker(['exec', '-u', '0', id, 'echo', 'ran'])).stdout, 'ran\n');
  await daemon.must(['rm', '-f', id]);
});

test('entry points: links out, devices, fifos, directories, scripts in circles', async () => {
  const items: Item[] = [
    link('out', join(daemon.canary, 'file')), link('root', '/proc/1/root/bin/sh'), link('loop', 'loop'),
    { path: 'fifo', type: 'fifo', mode: 0o755 }, { path: 'dev0', type: 'char', devMajor: 1, devMinor: 5, mode: 0o755 }, { path: 'dir/', mode: 0o755 },
    { path: 'circle', data: '#!/circle\n', mode: 0o755 }, { path: 'missing', data: '#!/no/such\n', mode: 0o755 }, { path: 'empty', data: '', mode: 0o755 }, { path: 'elf', data: '\x7fELF\x02\x01\x01', mode: 0o755 }, { path: 'plain', data: 'x' },
  ];
  const image = await daemon.image('sec-entry', items);
  for (const program of ['/out', '/loop', '/fifo', '/dev0', '/dir', '/circle', '/missing', '/elf', '/plain', '../../../bin/nope', ' ', 'x'.repeat(300), `/${'d/'.repeat(2040)}x`, '/bin/sh\n', '--help', '-']) {
    const outcome = await daemon.docker(['run', '--rm', '--entrypoint', program, image]);
    assert.ok([125, 126, 127].includes(outcome.code), `${program}: ${outcome.code} ${outcome.stdout}${outcome.stderr}`);
  }
  await daemon.drop(image);
});

test('environments with newlines and empty names arrive as they are; a NUL is refused', async () => {
  assert.equal(await daemon.must(['run', '--rm', '-e', 'A=1\nB=2\n\x1b[2J', 'berth/base', 'sh', '-c', 'echo "$A"']), '1\nB=2\n\x1b[2J');
  for (const body of [{ Image: 'berth/base', Cmd: ['true'], Env: ['A=1\0B=2'] }, { Image: 'berth/base', Cmd: ['tr\0ue'] }, { Image: 'berth/base', Cmd: ['true'], WorkingDir: '/a\0b' }, { Image: 'berth/base', Cmd: ['true'], Hostname: 'a\0b' }, { Image: 'berth/base', Cmd: ['true'], HostConfig: { Binds: [`${daemon.canary}:/x\0y`] } }]) {
    const curl = (path: string, data: string): Promise<Outcome> => run('curl', ['-s', '--max-time', '10', '--unix-socket', daemon.berth.engine.socket, '-X', 'POST', '-H', 'Content-Type: application/json', '-d', data, `http://d${path}`]);
    const { Id: id } = JSON.parse((await curl('/containers/create', JSON.stringify(body))).stdout) as { Id?: string };
    if (id === undefined) continue; // refused at once
    const started = await curl(`/containers/${id}/start`, '');
    assert.match(started.stdout, /"message"/, JSON.stringify(body));
    await daemon.must(['rm', '-f', id]);
  }
});

test('a host path named by a bind is taken as the host’s, its links followed there as dockerd does', async () => {
  const source = join(daemon.berth.scratch, 'link');
  symlinkSync('/etc/hostname', source);
  assert.equal(await daemon.must(['run', '--rm', '-v', `${source}:/x:ro`, 'berth/base', 'cat', '/x']), readFileSync('/etc/hostname', 'utf8').trimEnd());
  rmSync(source);
});
