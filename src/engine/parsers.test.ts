import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { capabilitiesOf, checkCapabilities } from './capabilities.ts';
import { parseDetachKeys, DetachFilter } from './detach-keys.ts';
import { deviceNumbers } from './devices.ts';
import { humanDuration } from './durations.ts';
import { hostsFile, resolvConf } from './etc-files.ts';
import type { ContainerId, Digest } from '#spec/ids.ts';
import type { ContainerRecord } from './container.ts';
import { logAttributes } from './log-attributes.ts';
import { checkLogConfig, logOfStart, logSettings } from './log-config.ts';
import { adjectives, surnames } from './name-words.ts';
import { parseContainerName, randomName } from './names.ts';
import { restartDelay } from './restart-policy.ts';
import { parseSignal } from './signals.ts';
import { checkTmpfsOptions, mergeTmpfsOptions } from './tmpfs-options.ts';
import { resolveUser } from './users.ts';

test('signals are read by name, number and real-time offset', () => {
  assert.deepEqual(['KILL', 'sigterm', '9', 'RTMIN+3', 'RTMAX-1', 'rtmin'].map(parseSignal), [9, 15, 9, 37, 63, 34]);
  for (const bad of ['', '0', 'FOO', 'RTMIN-1', 'RTMAX+1', 'RTMIN+99']) assert.throws(() => parseSignal(bad), /^BerthError: invalid signal: /);
  assert.throws(() => parseSignal('65'), /^BerthError: the linux daemon does not support signal 65$/);
});

test('a random name is valid, free, and gets a digit only when it has to', () => {
  fc.assert(fc.property(fc.constant(null), () => assert.match(parseContainerName(randomName(() => false)), /^[a-z]+_[a-z]+$/)));
  let calls = 0;
  assert.match(randomName(() => ++calls < 10), /^[a-z]+_[a-z]+\d+$/);
  assert.equal(new Set(adjectives).size, adjectives.length);
  assert.equal(new Set(surnames).size, surnames.length);
});

test('container names follow Docker\'s rule and lose their slash', () => {
  assert.equal(parseContainerName('/a.b-c_1'), 'a.b-c_1');
  for (const bad of ['', 'a', '/', 'ä1', '-a', 'a/b', '//ab', 'a b']) assert.throws(() => parseContainerName(bad), /Invalid container name/);
});

test('spans of time are told as Docker tells them', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const cases: [number, string][] = [
    [500, 'Less than a second'], [1500, '1 second'], [59 * second, '59 seconds'], [minute, 'About a minute'], [119 * second, 'About a minute'], [2 * minute, '2 minutes'], [59 * minute, '59 minutes'],
    [hour, 'About an hour'], [89 * minute, 'About an hour'], [90 * minute, '2 hours'], [47 * hour, '47 hours'], [48 * hour, '2 days'], [14 * 24 * hour, '2 weeks'], [60 * 24 * hour, '2 months'], [800 * 24 * hour, '2 years'],
  ];
  for (const [ms, text] of cases) assert.equal(humanDuration(ms), text);
});

test('users and groups are found by name and number, with supplementary groups', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:100::/home/ann:/bin/sh\nbroken line\n';
  const group = 'root:x:0:\nusers:x:100:\nvideo:x:44:ann,bob\n';
  assert.deepEqual(resolveUser('', passwd, group, []), { uid: 0, gid: 0, additionalGids: [0] });
  assert.deepEqual(resolveUser('ann', passwd, group, []), { uid: 1000, gid: 100, additionalGids: [100, 44] });
  assert.deepEqual(resolveUser('1000', passwd, group, []), { uid: 1000, gid: 100, additionalGids: [100, 44] });
  assert.deepEqual(resolveUser('ann:video', passwd, group, ['7']), { uid: 1000, gid: 44, additionalGids: [44, 7] });
  assert.deepEqual(resolveUser('4242', '', '', ['7']), { uid: 4242, gid: 0, additionalGids: [0, 7] });
  assert.throws(() => resolveUser('eve', passwd, group, []), /unable to find user eve: no matching entries in passwd file/);
  assert.throws(() => resolveUser('ann:nosuch', passwd, group, []), /unable to find group nosuch: no matching entries in group file/);
  assert.throws(() => resolveUser('4294967296', passwd, group, []), /uids and gids must be in range/);
});

test('user files of any content never make anything but a user or an error of ours', () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (user, passwd, group) => {
    try {
      assert.equal(typeof resolveUser(user, passwd, group, []).uid, 'number');
    } catch (error) {
      assert.equal((error as Error).name, 'BerthError');
    }
  }));
});

test('capabilities are added to and dropped from Docker\'s default set', () => {
  const known = ['CAP_CHOWN', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN'];
  assert.equal(capabilitiesOf({}, known).length, 14);
  assert.deepEqual(capabilitiesOf({ Privileged: true, CapDrop: ['ALL'] }, known), known);
  assert.deepEqual(capabilitiesOf({ CapDrop: ['all'], CapAdd: ['net_admin'] }, known), ['CAP_NET_ADMIN']);
  assert.deepEqual(capabilitiesOf({ CapAdd: ['ALL'], CapDrop: ['SYS_ADMIN'] }, known), ['CAP_CHOWN', 'CAP_NET_ADMIN']);
  assert.throws(() => checkCapabilities('CapAdd', ['nosuch']), /invalid CapAdd: unknown capability: "CAP_NOSUCH"/);
});

test('tmpfs options keep Docker\'s defaults unless they are turned round', () => {
  assert.deepEqual(mergeTmpfsOptions('size=1m'), ['noexec', 'nosuid', 'nodev', 'rprivate', 'size=1m']);
  assert.deepEqual(mergeTmpfsOptions('exec,rshared'), ['nosuid', 'nodev', 'exec', 'rshared']);
  for (const bad of ['nosuch', 'size', 'exec=1']) assert.throws(() => checkTmpfsOptions(bad), /invalid tmpfs option/);
});

test('log options: sizes, attributes and the texts of what is wrong', () => {
  assert.deepEqual(logSettings({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }), { maxSize: 10_000_000, maxFiles: 3, compress: false });
  const size = (text: string): number | undefined => logSettings({ Config: { 'max-size': text, 'max-file': '2', 'compress': 'true' } })?.maxSize;
  assert.deepEqual(['1k', '1kB', '1KiB', '1.5m', '5b', '1 g', '.5k', '1e3', '7'].map(size), [1000, 1000, 1000, 1_500_000, 5, 1e9, 500, 1000, 7]);
  for (const bad of ['', 'k', '-1', '1x', '1kx', '1bb', ' 1k', '0x10', '1k1k']) assert.throws(() => size(bad), /invalid/);
  assert.throws(() => logSettings({ Config: { compress: 'true', 'max-size': '1k' } }), /compress cannot be true/);
  assert.equal(logSettings({ Type: 'none' }), undefined);
  assert.throws(() => logSettings({ Config: { 'max-size': 'zz' } }), /^BerthError: invalid size: 'zz'$/);
  assert.throws(() => checkLogConfig({ Type: 'nosuch' }), /error looking up logging plugin nosuch: plugin "nosuch" not found/);
  assert.throws(() => checkLogConfig({ Type: 'json-file', Config: { nosuch: '1' } }), /unknown log opt 'nosuch' for json-file log driver/);
  const record = (config: Record<string, string>): ContainerRecord => ({
    version: 1, id: 'ab'.repeat(32) as ContainerId, created: '', path: 'sh', args: ['-c', 'x'], imageId: `sha256:${'cd'.repeat(32)}` as Digest, chainId: undefined,
    config: { Labels: { a: '1', b: '2' }, Env: ['X=y=z'], Image: 'img' }, hostConfig: { LogConfig: { Config: config } }, endpoints: {}, mounts: [],
  });
  const attributes = (config: Record<string, string>): string => logAttributes(record(config), 'c1', 'box');
  assert.equal(attributes({ labels: 'a', env: 'X' }), '{"X":"y=z","a":"1"}');
  assert.equal(attributes({}), '');
  assert.equal(attributes({ tag: '{{.Name}}/{{ .ID }}/{{.ImageName}}/{{.ImageID}} {{.Command}}' }), '{"tag":"c1/abababababab/img/sha256:cdcdc sh -c x"}');
  assert.equal(attributes({ 'labels-regex': '(?i)^B$', 'env-regex': '.' }), '{"X":"y=z","b":"2"}');
  assert.equal(attributes({ tag: '{{upper .Name}}{{range .ContainerArgs}}<{{.}}>{{end}}{{index .ContainerLabels "a"}}' }), '{"tag":"C1\\u003c-c\\u003e\\u003cx\\u003e1"}');
  assert.throws(() => attributes({ tag: '{{.constructor}}' }), /^BerthError: template: log-tag:1:2: executing "log-tag" at <\.constructor>: can't evaluate field constructor in type \*logger\.Info$/);
  assert.throws(() => logOfStart(record({ 'env-regex': '[' }), 'c1', ''), /^BerthError: failed to create task for container: failed to initialize logging driver: error parsing regexp: missing closing \]: `\[`$/);
  for (const config of [{ 'max-buffer-size': '1m' }, { mode: 'non-blocking', 'max-buffer-size': 'x' }]) assert.throws(() => checkLogConfig({ Config: config as Record<string, string> }), /max-buffer-size/);
});

test('device numbers are split as the kernel packs them', () => {
  assert.deepEqual(deviceNumbers(0x103), { major: 1, minor: 3 });
  assert.deepEqual(deviceNumbers(0x100_0fd_00), { major: 253, minor: 65_536 });
});

test('restarts wait longer after each short run and start anew after a long one', () => {
  assert.deepEqual([restartDelay(0, 0n), restartDelay(100, 1n), restartDelay(40_000, 1n), restartDelay(40_000, 10n)], [100, 200, 60_000, 100]);
});

const record = (hostConfig: ContainerRecord['hostConfig']): ContainerRecord => ({ hostConfig, config: { Hostname: 'h' } }) as ContainerRecord;

test('/etc/hosts names the container by its address, and extra hosts before it', () => {
  const endpoint = { id: '', networkId: '', networkName: 'bridge', containerId: '', ipv4: { address: '10.0.0.2', prefixLength: 24, gateway: '10.0.0.1' } };
  const text = hostsFile(record({ NetworkMode: 'bridge', ExtraHosts: ['a:1.2.3.4', 'g:host-gateway'] }), endpoint, 'HOST', '10.0.0.1');
  assert.ok(text.endsWith('1.2.3.4\ta\n10.0.0.1\tg\n10.0.0.2\th\n'));
  assert.ok(hostsFile({ ...record({ NetworkMode: 'bridge' }), config: { Hostname: 'h.d.e' } }, endpoint, '', '').endsWith('10.0.0.2\th.d.e h\n'));
  assert.equal(hostsFile(record({ NetworkMode: 'host' }), undefined, 'HOST\n', ''), 'HOST\n');
});

test('/etc/resolv.conf leaves out loopback servers and takes overrides', () => {
  const host = 'nameserver 127.0.0.53\nnameserver 10.1.1.1\nsearch a b\noptions ndots:2\n';
  assert.match(resolvConf({ NetworkMode: 'bridge' }, host), /\nnameserver 10\.1\.1\.1\nsearch a b\noptions ndots:2\n\n# Based on host file: '\/etc\/resolv\.conf' \(legacy\)\n# Overrides: \[\]\n# Option ndots from: host\n$/);
  assert.match(resolvConf({ NetworkMode: 'bridge', Dns: ['9.9.9.9'] }, host), /nameserver 9\.9\.9\.9\nsearch[\s\S]*# Overrides: \[nameservers\]/);
  assert.match(resolvConf({ NetworkMode: 'bridge', DnsOptions: ['ndots:3'] }, host), /# Overrides: \[options\]\n# Option ndots from: override\n$/);
  assert.doesNotMatch(resolvConf({ NetworkMode: 'bridge', DnsOptions: ['rotate'] }, host), /ndots/);
  assert.match(resolvConf({ NetworkMode: 'bridge' }, ''), /nameserver 8\.8\.8\.8/);
});

function typed(keys: string, chunks: readonly string[]): { passed: string; detached: boolean } {
  let detached = false;
  const filter = new DetachFilter(parseDetachKeys(keys), () => {
    detached = true;
  });
  const passed: Buffer[] = [];
  filter.on('data', (chunk: Buffer) => passed.push(chunk));
  for (const chunk of chunks) filter.write(Buffer.from(chunk, 'latin1'));
  return { passed: Buffer.concat(passed).toString('latin1'), detached };
}

test('the detach keys end the input and are not passed on, in one chunk or several', () => {
  assert.deepEqual(typed('', ['ab\x10\x11cd']), { passed: 'ab', detached: true });
  assert.deepEqual(typed('', ['ab\x10', '\x11cd']), { passed: 'ab', detached: true });
  assert.deepEqual(typed('ctrl-a,b', ['x\x01c\x01', 'b']), { passed: 'x\x01c', detached: true });
  assert.throws(() => parseDetachKeys('ctrl-!'), /Unknown character: 'ctrl-!'/);
});

test('input without the detach keys passes unchanged', () => {
  fc.assert(fc.property(fc.array(fc.string().map((text) => text.replaceAll('\x11', ''))), (chunks) => {
    const { passed, detached } = typed('', [...chunks, 'z']);
    const all = chunks.map((chunk) => Buffer.from(chunk, 'latin1').toString('latin1')).join('');
    assert.equal(detached, false);
    assert.equal(passed, `${all}z`);
  }));
});
