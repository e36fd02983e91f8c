import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { findLink, listLinks } from '#kernel/links.ts';
import { openNetlink } from '#kernel/netlink.ts';
import { runNft } from '#kernel/nft.ts';
import { openNetworkHost } from '#network/host.ts';
import { deleteLink, linkUp, loopbackUp, newAddress, newDefaultRoute, newVeth } from '#kernel/rtnetlink.ts';
import { readSysctl, writeSysctl } from '#kernel/sysctl.ts';
import { networkMigrations } from '#network/table.ts';
import { createNetworkService } from '#network/service.ts';
import type { NetworkService } from '#network/types.ts';
import type { NetworkOptions } from '#network/options.ts';
import { tableName } from '#network/firewall.ts';
import { openStore } from '#store/store.ts';
import { Peer } from './peer.ts';
import { sendSteps } from './send.ts';

const HERE = `/proc/${process.pid}/ns/net`;

interface Host {
  readonly service: NetworkService;
  readonly warnings: string[];
}

/** A service on this (otherwise empty) namespace; bridge and table go when the test ends. */
async function setUp(t: TestContext, options: Partial<NetworkOptions> = {}): Promise<Host> {
  const warnings: string[] = [];
  const store = openStore(':memory:', networkMigrations);
  const host = { ...openNetworkHost('e1', (text) => warnings.push(text)), nameservers: [] };
  const { netlink } = host;
  const service = createNetworkService(store, host, { bridge: '', ...options });
  const name = options.bridge || 'berth0';
  t.after(() => {
    service[Symbol.dispose]();
    const bridge = findLink(netlink, name);
    if (bridge !== undefined) netlink.request(deleteLink(bridge.index));
    runNft(`table inet ${tableName(name)}\ndelete table inet ${tableName(name)}\n`);
    store[Symbol.dispose]();
    netlink[Symbol.dispose]();
  });
  await service.setUp();
  return { service, warnings };
}

async function joinPeer(service: NetworkService, containerId: string): Promise<{ peer: Peer; address: string } & AsyncDisposable> {
  const endpoint = service.join('bridge', containerId);
  const peer = await Peer.start();
  const plan = service.plan(endpoint);
  assert.deepEqual(plan.host, []);
  await peer.send(plan.inside, HERE);
  return {
    peer,
    address: endpoint.ipv4?.address ?? '',
    [Symbol.asyncDispose]: async () => {
      await peer[Symbol.asyncDispose]();
      await service.leave(endpoint);
    },
  };
}

/** A second host beyond a link, without any route back to containers. */
async function outside(): Promise<Peer> {
  const peer = await Peer.start();
  using netlink = openNetlink();
  await peer.send([{ note: 'lo', messages: [loopbackUp(), newVeth({ name: 'up0', up: true, index: 900, netnsFd: 100 }, { name: 'eth0', index: 16, up: false }), linkUp(16), newAddress(16, '192.0.2.1', 24)] }], HERE);
  netlink.request(newAddress(900, '192.0.2.2', 24));
  return peer;
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); ) {
    if (Date.now() > end) assert.fail(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('two containers reach each other and the gateway; the links are as planned', async (t) => {
  const { service, warnings } = await setUp(t);
  await using one = await joinPeer(service, 'a'.repeat(64));
  await using two = await joinPeer(service, 'b'.repeat(64));
  assert.deepEqual([one.address, two.address], ['172.17.0.2', '172.17.0.3']);
  await one.peer.listen(80);
  assert.equal(await two.peer.connect(one.address, 80), two.address);
  assert.equal(await two.peer.connect('172.17.0.1', 80), 'ECONNREFUSED');
  const seen = await one.peer.look();
  assert.deepEqual(seen.links.map(({ index, name, flags, mac }) => ({ index, name, up: (flags & 1) === 1, mac })), [
    { index: 1, name: 'lo', up: true, mac: '00:00:00:00:00:00' },
    { index: 16, name: 'eth0', up: true, mac: '02:42:ac:11:00:02' },
  ]);
  assert.deepEqual(seen.addresses, [{ index: 1, address: '127.0.0.1', prefixLength: 8 }, { index: 16, address: '172.17.0.2', prefixLength: 16 }]);
  assert.ok(seen.routes.some((route) => route.prefixLength === 0 && route.link === 16));
  assert.equal(readSysctl('net/ipv4/ip_forward'), '1');
  assert.deepEqual(warnings, []);
});

test('outbound traffic is masqueraded; nothing unasked comes in', async (t) => {
  const { service } = await setUp(t);
  await using world = await outside();
  await using one = await joinPeer(service, 'a'.repeat(64));
  await world.listen(80);
  await one.peer.listen(80);
  assert.equal(await one.peer.connect('192.0.2.1', 80), '192.0.2.2');
  await world.send([{ note: 'route', messages: [newDefaultRoute(16, '192.0.2.2')] }], HERE);
  assert.equal(await world.connect(one.address, 80), 'timeout');
});

test('icc=false keeps containers apart', async (t) => {
  const { service } = await setUp(t, { icc: false });
  // Without br_netfilter a bridge does not ask the forward hook about its own ports.
  if (readSysctl('net/bridge/bridge-nf-call-iptables') === '0') writeSysctl('net/bridge/bridge-nf-call-iptables', '1');
  await using one = await joinPeer(service, 'a'.repeat(64));
  await using two = await joinPeer(service, 'b'.repeat(64));
  await one.peer.listen(80);
  assert.equal(await two.peer.connect(one.address, 80), 'timeout');
});

test('bridges of two daemons in one namespace are isolated and take different subnets', async (t) => {
  const first = await setUp(t);
  const second = await setUp(t, { bridge: 'berth-b' });
  await using one = await joinPeer(first.service, 'a'.repeat(64));
  await using two = await joinPeer(second.service, 'b'.repeat(64));
  assert.equal(two.address, '172.18.0.2');
  await one.peer.listen(80);
  assert.equal(await two.peer.connect(one.address, 80), 'timeout');
});

test('from the shim’s side too, for containers with a user namespace', async (t) => {
  const { service } = await setUp(t);
  const endpoint = service.join('bridge', 'c'.repeat(64));
  const plan = service.plan(endpoint, { hostSide: true });
  await using peer = await Peer.start();
  sendSteps(plan.host, peer.namespace);
  await peer.send(plan.inside, HERE);
  await peer.listen(80);
  await using other = await joinPeer(service, 'd'.repeat(64));
  assert.equal(await other.peer.connect(endpoint.ipv4?.address ?? '', 80), other.address);
});

test('set-up is idempotent and keeps the address of the bridge', async (t) => {
  const { service } = await setUp(t, { bip: '10.99.0.1/24' });
  const before = service.get('bridge');
  await service.setUp();
  assert.deepEqual(service.get('bridge'), before);
  assert.equal(before.ipam.config[0]?.subnet, '10.99.0.0/24');
});

test('the interface goes with the namespace, and reconcile removes one that nobody owns', async (t) => {
  const { service } = await setUp(t);
  using netlink = openNetlink();
  const veths = (): string[] => listLinks(netlink).filter(({ kind, master }) => kind === 'veth' && master !== 0).map(({ name }) => name);
  {
    await using _one = await joinPeer(service, 'a'.repeat(64));
    assert.equal(veths().length, 1);
  }
  await until('the veth to go', () => veths().length === 0);
  await using _lost = await joinPeer(service, 'b'.repeat(64));
  await service.reconcile(new Set());
  assert.deepEqual(veths(), []);
  assert.deepEqual(service.endpoints(service.get('bridge').id), []);
});

test('beside a firewall like dockerd’s, whose FORWARD policy is DROP', async (t) => {
  runNft('table ip filter { chain DOCKER-USER { }; chain FORWARD { type filter hook forward priority filter; policy drop; counter jump DOCKER-USER; }; }\n');
  t.after(() => runNft('delete table ip filter\n'));
  const { service } = await setUp(t);
  await using world = await outside();
  await using one = await joinPeer(service, 'a'.repeat(64));
  await world.listen(80);
  assert.equal(await one.peer.connect('192.0.2.1', 80), '192.0.2.2');
  await service.setUp();
  const rules = runNft('list chain ip filter DOCKER-USER\n').split('\n').filter((line) => line.includes('berth0'));
  assert.equal(rules.length, 2);
});

test('what others remove from the firewall is put back, and a dockerd that starts later is passed', async (t) => {
  await setUp(t);
  const listing = (what: string): string => {
    try {
      return runNft(`list chain ${what}\n`);
    } catch {
      return '';
    }
  };
  runNft('table ip filter { chain DOCKER-USER { }; }\n');
  await until('our rules in DOCKER-USER', () => listing('ip filter DOCKER-USER').includes('oifname "berth0"'));
  runNft('flush ruleset\n');
  await until('our table', () => listing('inet berth forward').includes('@bridges'));
});

test('removing everything leaves nothing', () => {
  assert.deepEqual(spawnSync('ip', ['-o', 'link', 'show', 'type', 'bridge'], { encoding: 'utf8' }).stdout, '');
  assert.equal(runNft('list tables\n').trim(), '');
});
