import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKind } from '#base/errors.ts';
import type { ErrorKind } from '#base/errors.ts';
import { dockerUserRules, forwardBlockers, passDockerUser } from './coexistence.ts';
import { ruleset, tableName } from './firewall.ts';
import { AddressSpace, freeSubnet } from './ipam.ts';
import { contains, formatAddress, formatSubnet, lastOf, overlaps, parseAddress, parseCidr, subnetOf } from './ipv4.ts';
import { joinPlan } from './join-plan.ts';
import { bridgeName, checkInside } from './options.ts';

const kind = (wanted: ErrorKind) => (error: unknown): boolean => isKind(error, wanted);
const subnet = (text: string): ReturnType<typeof subnetOf> => parseCidr(text).subnet;

test('addresses and subnets: what is printed is parsed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 32 }), (address, length) => {
      assert.equal(parseAddress(formatAddress(address)), address);
      const network = subnetOf(address, length);
      assert.deepEqual(subnet(formatSubnet(network)), network);
      assert.ok(contains(network, address) && contains(network, lastOf(network)) && overlaps(network, subnetOf(address, 32)));
    }),
  );
});

test('what is not an address is refused', () => {
  for (const text of ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.4 ', 'a.b.c.d', '::1']) assert.equal(parseAddress(text), undefined, text);
  for (const text of ['1.2.3.4', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/-1', '1.2.3.4/8/8', '/8']) assert.throws(() => parseCidr(text), kind('invalidArgument'), text);
});

test('default subnets are given in order and avoid what the host has', () => {
  assert.equal(formatSubnet(freeSubnet([])), '172.17.0.0/16');
  assert.equal(formatSubnet(freeSubnet([subnet('172.17.5.0/24'), subnet('172.18.0.0/15')])), '172.20.0.0/16');
  assert.equal(formatSubnet(freeSubnet([subnet('172.16.0.0/12')])), '192.168.0.0/20');
  assert.equal(formatSubnet(freeSubnet([subnet('172.16.0.0/12'), subnet('192.168.0.0/17')])), '192.168.128.0/20');
  assert.throws(() => freeSubnet([subnet('0.0.0.0/0')]), kind('exhausted'));
});

test('the lowest free address comes first; a released one rests a moment, or until its interface is gone, while others are free', () => {
  let now = 0;
  const space = new AddressSpace('bridge', subnet('172.17.0.0/16'), subnet('172.17.0.0/16'), [parseAddress('172.17.0.1') ?? 0], () => now);
  const next = (): string => formatAddress(space.take());
  assert.deepEqual([next(), next(), next()], ['172.17.0.2', '172.17.0.3', '172.17.0.4']);
  space.release(parseAddress('172.17.0.2') ?? 0);
  assert.equal(next(), '172.17.0.5');
  now = 1000;
  assert.equal(next(), '172.17.0.2');
  assert.equal(next(), '172.17.0.6');
  let gone = false;
  space.release(parseAddress('172.17.0.3') ?? 0, () => gone);
  assert.equal(next(), '172.17.0.7');
  gone = true;
  assert.equal(next(), '172.17.0.3');
});

test('a full network says so; resting addresses are the last resort; asked ones are checked', () => {
  const space = new AddressSpace('bridge', subnet('10.0.0.0/29'), subnet('10.0.0.0/29'), [parseAddress('10.0.0.1') ?? 0], () => 0);
  const all = Array.from({ length: 5 }, () => space.take());
  assert.throws(() => space.take(), kind('exhausted'));
  space.release(all[3] ?? 0);
  assert.equal(space.take(), all[3]);
  assert.throws(() => space.take(all[0]), kind('conflict'));
  assert.throws(() => space.take(parseAddress('10.0.1.1')), kind('invalidArgument'));
  assert.throws(() => space.take(parseAddress('10.0.0.7')), kind('conflict'));
});

test('no address is given twice, whatever the order of taking and releasing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (steps) => {
      let now = 0;
      const space = new AddressSpace('n', subnet('10.0.0.0/28'), subnet('10.0.0.0/28'), [], () => (now += 50));
      const held: number[] = [];
      for (const step of steps) {
        if (step > 10 || held.length === 14) {
          const [address] = held.splice(step % Math.max(held.length, 1), 1);
          if (address !== undefined) space.release(address);
          continue;
        }
        const address = space.take();
        assert.ok(!held.includes(address));
        held.push(address);
      }
    }),
  );
});

test('the ruleset is the same for the same input, and rules do not grow with networks', () => {
  const bridge = { name: 'berth0', subnet: '172.17.0.0/16', icc: true, masquerade: true };
  const text = ruleset({ table: 'berth', bridges: [bridge] });
  assert.equal(text, GOLDEN);
  const two = ruleset({ table: 'berth', bridges: [bridge, { name: 'other', subnet: '10.1.2.3/24', icc: false, masquerade: false }] });
  assert.match(two, /elements = \{ "berth0", "other" \}/);
  assert.match(two, /elements = \{ "berth0" \. "berth0" \}/);
  assert.match(two, /elements = \{ 172\.17\.0\.0\/16 \}/);
  assert.equal(two.split('\n').length, text.split('\n').length);
});

test('daemons in one namespace have tables of their own', () => {
  assert.deepEqual(['berth0', 'br1', 'br-1', 'br_2d_1'].map(tableName), ['berth', 'berth_br1', 'berth_br_2d_1', 'berth_br_5f_2d_5f_1']);
});

test('options are checked as dockerd checks them', () => {
  assert.equal(bridgeName({ bridge: '' }), 'berth0');
  assert.equal(bridgeName({ bridge: 'none' }), undefined);
  assert.throws(() => bridgeName({ bridge: 'br0', bip: '10.0.0.1/24' }), /mutually exclusive/);
  for (const bridge of ['a"b', 'a b', '-x', 'sixteen-letters-', '../x', 'a*']) assert.throws(() => bridgeName({ bridge }), kind('invalidArgument'), bridge);
  assert.throws(() => bridgeName({ bridge: '', bip: 'x' }), /invalid CIDR address: x/);
  assert.throws(() => checkInside({ bridge: '', fixedCidr: '10.1.0.0/24' }, '10.0.0.1/24'), kind('invalidArgument'));
  checkInside({ bridge: '', fixedCidr: '10.0.0.128/25', defaultGateway: '10.0.0.9' }, '10.0.0.1/24');
});

test('the plan of a join: one request for the pair, everything from inside', () => {
  const endpoint = { ipv4: { address: '172.17.0.2', prefixLength: 16, gateway: '172.17.0.1' }, mac: '02:42:ac:11:00:02', hostInterface: 'vethabc', hostIndex: 0x1000001, containerInterface: 'eth0' };
  const plan = joinPlan(endpoint, { bridge: 7, mtu: 1400 }, false);
  assert.deepEqual(plan.host, []);
  assert.deepEqual(plan.inside.map(({ note, messages }) => `${note}: ${messages.length}`), [
    'veth vethabc on bridge 7, eth0 02:42:ac:11:00:02 inside: 1',
    'lo up: 1',
    'eth0 up with 172.17.0.2/16: 3',
    'default route via 172.17.0.1: 1',
  ]);
  assert.deepEqual(joinPlan(endpoint, { bridge: 7 }, true).host.length, 1);
});

test('beside dockerd: only what is missing is put into DOCKER-USER', () => {
  assert.equal(dockerUserRules('iifname "berth0" counter accept\noifname "berth0" counter accept', ['berth0']), undefined);
  const commands = dockerUserRules('iifname "berth0" counter accept', ['berth0']);
  assert.equal(commands, 'insert rule ip filter DOCKER-USER oifname "berth0" counter accept comment "berth"\n');
  const ran: string[] = [];
  const run = (text: string): string => (ran.push(text), '');
  assert.equal(passDockerUser(run, ['berth0']), true);
  assert.equal(ran.length, 2);
  assert.equal(passDockerUser(() => assert.fail('no chain'), ['berth0']), false);
});

test('chains that may keep containers from the outside are named', () => {
  const listing = 'table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\ntable inet berth {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n\t}\n}\n';
  assert.deepEqual(forwardBlockers(() => listing), ['ip filter FORWARD']);
});

const GOLDEN = `table inet berth
delete table inet berth
table inet berth {
  map published {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
    flags interval
  }

  set bridges {
    type ifname
    elements = { "berth0" }
  }

  set within {
    type ifname . ifname
    elements = { "berth0" . "berth0" }
  }

  set sources {
    type ipv4_addr
    flags interval
    elements = { 172.17.0.0/16 }
  }

  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport map @published
  }

  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport map @published
  }

  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname != @bridges ip saddr @sources masquerade
  }

  chain forward {
    type filter hook forward priority filter; policy accept;
    oifname @bridges ct state established,related accept
    oifname @bridges ct status dnat accept
    iifname . oifname @within accept
    oifname @bridges drop
  }
}
`;
