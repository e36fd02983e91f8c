import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linkBody, linkUp, netlinkMessage, newAddress, newBridge, newDefaultRoute, newVeth, noLinkLocal, readAttributes, splitMessages, u32 } from './rtnetlink.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/(.{8})/g, '$1 ').trim();

// Golden bytes: read with include/uapi/linux/{netlink,rtnetlink,if_link}.h beside them, and accepted by a kernel (test/network).
test('link up', () => {
  assert.equal(hex(linkUp(1)), '20000000 10000500 01000000 00000000 00000000 01000000 01000000 01000000');
});

test('a bridge with an address of its own', () => {
  assert.equal(
    hex(newBridge('berth0', '02:42:00:00:00:01')),
    '48000000 10000506 01000000 00000000 00000000 00000000 01000000 01000000 ' +
      '0b000300 62657274 68300000 0a000100 02420000 00010000 10001280 0b000100 62726964 67650000',
  );
});

test('a veth pair born in two namespaces', () => {
  const message = newVeth({ name: 'veth1', index: 0x1000001, master: 7, up: true, netnsFd: 100 }, { name: 'eth0', index: 16, mac: '02:42:ac:11:00:02', mtu: 1400, up: false });
  assert.equal(
    hex(message),
    'a4000000 10000506 01000000 00000000 00000000 01000001 01000000 01000000 ' +
      '0a000300 76657468 31000000 08001f00 01000000 08002000 01000000 08000a00 07000000 08001c00 64000000 ' +
      '58001280 09000100 76657468 00000000 48000280 44000100 ' +
      '00000000 10000000 00000000 00000000 09000300 65746830 00000000 08001f00 01000000 08002000 01000000 0a000100 0242ac11 00020000 08000400 78050000',
  );
});

test('address, default route, no link-local address', () => {
  assert.equal(
    hex(newAddress(16, '172.17.0.2', 16, '172.17.255.255')),
    '30000000 14000506 01000000 00000000 02100000 10000000 08000200 ac110002 08000100 ac110002 08000400 ac11ffff',
  );
  assert.equal(hex(newDefaultRoute(16, '172.17.0.1')), '2c000000 18000506 01000000 00000000 02000000 fe030001 00000000 08000500 ac110001 08000400 10000000');
  assert.equal(hex(noLinkLocal(16)), '30000000 13000500 01000000 00000000 00000000 10000000 00000000 00000000 10001a80 0c000a80 05000800 01000000');
});

test('bad addresses are refused', () => {
  assert.throws(() => newAddress(1, '1.2.3.256', 8), /invalid IPv4 address/);
  assert.throws(() => newBridge('b', '02:42'), /invalid MAC address/);
});

test('what is encoded is read back', () => {
  const attribute = fc.tuple(fc.integer({ min: 1, max: 0x3fff }), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(fc.uniqueArray(attribute, { selector: ([type]) => type, maxLength: 20 }), (attributes) => {
      const one = netlinkMessage(16, 1, linkBody(1, 2, 3), attributes);
      const [first, second, ...rest] = splitMessages(Buffer.concat([one, one]));
      assert.equal(rest.length, 0);
      assert.deepEqual(first?.payload, second?.payload);
      const found = readAttributes(first?.payload.subarray(16) ?? Buffer.alloc(0));
      assert.deepEqual(new Map([...found].map(([type, data]) => [type, [...data]])), new Map(attributes.map(([type, data]) => [type, [...data]])));
    }),
  );
});

test('hostile bytes are read or refused, never crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [splitMessages, readAttributes]) {
        try {
          read(Buffer.from(bytes));
        } catch (error) {
          assert.match(String(error), /netlink (message|attribute) of \d+ bytes/);
        }
      }
    }),
  );
  assert.throws(() => splitMessages(Buffer.from(u32(8))), /netlink message of 0 bytes/);
});
