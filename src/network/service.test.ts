import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKind } from '#base/errors.ts';
import { cstring, linkBody, RTM_DELLINK, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE, RTM_NEWADDR, RTM_NEWLINK, RTM_SETLINK, u32, netlinkMessage, readAttributes } from '#kernel/rtnetlink.ts';
import type { Attribute } from '#kernel/rtnetlink.ts';
import { kernelError } from '#kernel/errno.ts';
import type { Netlink } from '#kernel/types.ts';
import { openStore } from '#store/store.ts';
import type { Store } from '#store/types.ts';
import { createNetworkService } from './service.ts';
import { nameserversOf } from './host.ts';
import type { NetworkHost } from './host.ts';
import type { NetworkOptions } from './options.ts';
import { networkMigrations } from './table.ts';

interface FakeLink {
  index: number;
  name: string;
  kind: string;
  master: number;
  alias?: string;
}

/** A namespace that knows links and addresses and records what is sent. */
class FakeNetlink implements Netlink {
  readonly links: FakeLink[] = [];
  readonly addresses: { index: number; bytes: Uint8Array; prefixLength: number }[] = [];
  readonly sent: number[] = [];

  request(message: Uint8Array): readonly Uint8Array[] {
    const request = Buffer.from(message);
    const type = request.readUInt16LE(4);
    this.sent.push(type);
    const body = request.subarray(16);
    const name = readAttributes(body.subarray(16)).get(3)?.toString('latin1').replace(/\0/g, '');
    switch (type) {
      case RTM_GETLINK: {
        const found = name === undefined ? this.links : this.links.filter((link) => link.name === name);
        if (name !== undefined && found.length === 0) throw kernelError(19, 'fake');
        return found.map((link) => this.#link(link));
      }
      case RTM_NEWLINK:
        if (name !== undefined) this.links.push({ index: this.links.length + 5, name, kind: 'bridge', master: 0 });
        return [];
      case RTM_SETLINK: {
        const link = this.links.find(({ index }) => index === body.readInt32LE(4));
        if (link !== undefined) link.alias = readAttributes(body.subarray(16)).get(20)?.toString('latin1').replace(/\0/g, '');
        return [];
      }
      case RTM_DELLINK:
        this.links.splice(this.links.findIndex(({ index }) => index === body.readInt32LE(4)), 1);
        return [];
      case RTM_NEWADDR:
        this.addresses.push({ index: body.readUInt32LE(4), bytes: readAttributes(body.subarray(8)).get(2) ?? Buffer.alloc(4), prefixLength: body[1] ?? 0 });
        return [];
      case RTM_GETADDR:
        return this.addresses.map(({ index, bytes, prefixLength }) => netlinkMessage(20, 0, Buffer.concat([Uint8Array.of(2, prefixLength, 0, 0), u32(index)]), [[2, bytes]]).subarray(16));
      case RTM_GETROUTE:
        return [netlinkMessage(24, 0, Uint8Array.of(2, 16, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0), [[1, Uint8Array.of(172, 17, 0, 0)], [4, u32(3)]]).subarray(16)];
      default:
        return [];
    }
  }

  #link({ index, name, kind, master, alias = '' }: FakeLink): Uint8Array {
    const attributes: Attribute[] = [[3, cstring(name)], [10, u32(master)], [20, cstring(alias)], [18, [[1, cstring(kind)]]]];
    return netlinkMessage(16, 0, linkBody(index, 1, 0), attributes).subarray(16);
  }

  [Symbol.dispose](): void {}
}

function fixture(options: Partial<NetworkOptions> = {}, store: Store = openStore(':memory:', networkMigrations), netlink: FakeNetlink = new FakeNetlink(), engineId: string = 'e1') {
  const rulesets: string[] = [];
  const written: string[] = [];
  const host: NetworkHost = {
    engineId,
    netlink,
    nft: { apply: (text) => void rulesets.push(text) },
    nftRun: () => '',
    readSysctl: () => '0',
    writeSysctl: (key, value) => void written.push(`${key}=${value}`),
    nameservers: ['172.18.0.53'],
    watchRules: () => Promise.resolve(),
    warn: () => undefined,
  };
  return { store, netlink, rulesets, written, service: createNetworkService(store, host, { bridge: '', ...options }) };
}

const CONTAINER = 'c'.repeat(64);

test('the default networks have Docker’s names and options, and keep their ids', () => {
  const { service, store } = fixture();
  assert.deepEqual(service.list().map(({ name, driver }) => `${name} ${driver}`), ['none null', 'host host', 'bridge bridge']);
  assert.deepEqual(service.get('bridge').options, {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': 'berth0',
    'com.docker.network.driver.mtu': '1500',
  });
  const again = fixture({}, store);
  assert.deepEqual(again.service.list(), service.list());
});

test('networks are found by id, name and prefix, with dockerd’s words otherwise', () => {
  const { service } = fixture();
  const { id } = service.get('host');
  assert.equal(service.get(id).name, 'host');
  assert.equal(service.get(id.slice(0, 20)).name, 'host');
  assert.throws(() => service.get('nope'), (error: Error) => isKind(error, 'notFound') && error.message === 'network nope not found');
  assert.throws(() => service.get(''), (error) => isKind(error, 'notFound'));
});

test('set-up makes the bridge on a subnet that the host does not use, forwards and filters', async () => {
  const { service, netlink, rulesets, written } = fixture();
  await service.setUp();
  assert.deepEqual(service.get('bridge').ipam.config, [{ subnet: '172.19.0.0/16', gateway: '172.19.0.1' }]); // 17: a route, 18: the nameserver
  assert.deepEqual(netlink.links.map(({ name, kind }) => `${name} ${kind}`), ['berth0 bridge']);
  assert.deepEqual(written, ['net/ipv4/ip_forward=1']);
  assert.equal(rulesets.length, 1);
  await service.setUp();
  assert.equal(netlink.sent.filter((type) => type === RTM_NEWADDR).length, 1);
});

test('endpoints are given, stored, found by a later daemon and released', async () => {
  const { service, store, netlink } = fixture();
  await service.setUp();
  const endpoint = service.join('bridge', CONTAINER);
  assert.deepEqual(endpoint.ipv4, { address: '172.19.0.2', prefixLength: 16, gateway: '172.19.0.1' });
  assert.equal(endpoint.mac, '02:42:ac:13:00:02');
  assert.match(endpoint.hostInterface ?? '', /^veth[0-9a-f]{7}$/);
  assert.throws(() => service.join('bridge', CONTAINER, { ipv4: '172.19.0.2' }), /Address already in use/);
  const later = fixture({}, store, netlink);
  await later.service.setUp();
  assert.deepEqual(later.service.endpoints(endpoint.networkId), [endpoint]);
  assert.equal(later.service.join('bridge', 'd'.repeat(64)).ipv4?.address, '172.19.0.3');
  assert.deepEqual(later.service.plan(endpoint), service.plan(endpoint));
  await later.service.leave(endpoint);
  await later.service.leave(endpoint);
  assert.equal(later.service.endpoints(endpoint.networkId).length, 1);
});

test('none brings up the loopback interface, host brings nothing', () => {
  const { service } = fixture();
  assert.deepEqual(service.plan(service.join('host', CONTAINER)), { host: [], inside: [] });
  assert.deepEqual(service.plan(service.join('none', CONTAINER)).inside.map(({ note }) => note), ['lo up']);
});

test('reconcile drops what no container owns, on the host and in the books', async () => {
  const { service, netlink } = fixture();
  await service.setUp();
  const kept = service.join('bridge', CONTAINER);
  const lost = service.join('bridge', 'd'.repeat(64));
  const bridge = netlink.links[0]?.index ?? 0;
  const names = [kept.hostInterface ?? '', lost.hostInterface ?? '', 'veth0', 'vethabcdef0', 'foreign'];
  for (const [position, name] of names.entries()) netlink.links.push({ index: 100 + position, name, kind: 'veth', master: name === 'foreign' ? 1 : bridge });
  await service.reconcile(new Set([CONTAINER]));
  assert.deepEqual(netlink.links.map(({ name }) => name), ['berth0', kept.hostInterface, 'veth0', 'foreign']);
  assert.deepEqual(service.endpoints(kept.networkId), [kept]);
});

test('a bridge belongs to one engine: to that of a running daemon, or of containers that outlive theirs', async () => {
  const first = fixture();
  const { netlink } = first;
  netlink.links.push({ index: 5, name: 'berth0', kind: 'bridge', master: 0, alias: 'office network' });
  await first.service.setUp();
  await first.service.setUp();
  const bridge = netlink.links[0]!;
  assert.match(bridge.alias ?? '', new RegExp(`^office network berth:e1:${process.pid}:\\d+:[0-9a-f-]+$`));
  const second = fixture({}, undefined, netlink, 'e2').service;
  await assert.rejects(second.setUp(), (error: Error) => isKind(error, 'conflict') && error.message === `the bridge berth0 is in use by another daemon (pid ${process.pid})`);
  const dead = (bridge.alias = (bridge.alias ?? '').replace(/:\d+:([0-9a-f-]+)$/, ':1:$1')); // the same pid, started at another time
  netlink.links.push({ index: 50, name: 'veth0123456', kind: 'veth', master: 5 });
  await assert.rejects(second.setUp(), /in use by 1 running container of another daemon \(pid \d+, which has ended\)/);
  assert.equal(bridge.alias, dead);
  netlink.links.pop();
  await second.setUp();
  assert.match(bridge.alias ?? '', /^office network berth:e2:/);
  await assert.rejects(first.service.reconcile(new Set()), (error) => isKind(error, 'conflict'));
});

test('without a bridge there is nothing to set up', async () => {
  const { service, netlink, rulesets } = fixture({ bridge: 'none' });
  await service.setUp();
  assert.deepEqual([service.list().length, netlink.sent.length, rulesets.length], [2, 0, 0]);
  assert.throws(() => service.join('bridge', CONTAINER), (error) => isKind(error, 'notFound'));
});

test('an interface that is not a bridge is left alone', async () => {
  const { service, netlink } = fixture();
  netlink.links.push({ index: 9, name: 'berth0', kind: 'dummy', master: 0 });
  await assert.rejects(service.setUp(), (error) => isKind(error, 'conflict'));
});

test('resolvers are read from resolv.conf', () => {
  assert.deepEqual(nameserversOf('# nameserver 1.1.1.1\nnameserver 10.0.0.1\nsearch x\nnameserver\tfe80::1\n'), ['10.0.0.1', 'fe80::1']);
});
