import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quote } from '#base/go-quote.ts';
import fc from 'fast-check';
import { displayPorts } from './display-ports.ts';
import { ellipsis } from './go-text.ts';
import { align } from './tabwriter.ts';
import { bytesSize, humanDuration, humanSize, ramInBytes, significant } from './units.ts';

describe('sizes', () => {
  it('prints as go-units does', () => {
    assert.deepEqual([0, 999, 1000, 1234, 1_000_000, 192_345_678].map((size) => humanSize(size, 3)), ['0B', '999B', '1kB', '1.23kB', '1MB', '192MB']);
    assert.deepEqual([humanSize(1_234_567), bytesSize(8_000_000_000), bytesSize(64 << 20)], ['1.235MB', '7.451GiB', '64MiB']);
    assert.equal(significant(999.9, 3), '1e+03');
  });

  it('reads what it prints of whole powers', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom('', 'k', 'm', 'g', 't'), fc.constantFrom('', 'b', 'ib', 'B', 'iB'), (count, unit, tail) => {
      const suffix = unit === '' && tail.length > 1 ? '' : unit + tail;
      assert.equal(ramInBytes(`${count}${suffix}`), count * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit));
    }));
  });

  it('refuses with go-units\' texts', () => {
    assert.throws(() => ramInBytes('10x'), /^Error: invalid suffix: 'x'$/);
    assert.throws(() => ramInBytes('x'), /^Error: invalid size: 'x'$/);
  });
});

it('humanDuration counts like go-units', () => {
  const hour = 3600;
  const cases: readonly (readonly [number, string])[] = [
    [0.5, 'Less than a second'], [1.9, '1 second'], [59, '59 seconds'], [61, 'About a minute'], [150, '2 minutes'], [hour, 'About an hour'], [hour * 1.6, '2 hours'],
    [hour * 47, '47 hours'], [hour * 50, '2 days'], [hour * 24 * 15, '2 weeks'], [hour * 24 * 90, '3 months'], [hour * 24 * 800, '2 years'],
  ];
  for (const [seconds, text] of cases) assert.equal(humanDuration(seconds), text);
});

describe('align', () => {
  it('pads columns and leaves the last cell', () => assert.equal(align('A\tB\tC\nlonger-than-ten\tx\ty'), 'A                 B         C\nlonger-than-ten   x         y'));
  it('ends a column at a line without it', () => assert.equal(align('aa\tb\nplain\nc\td', 4, 1), 'aa  b\nplain\nc   d'));
  it('keeps the text of every cell', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { minLength: 1 }), { minLength: 1 }), (rows) => {
      const lines = align(rows.map((cells) => cells.join('\t')).join('\n')).split('\n');
      assert.deepEqual(lines.map((line) => line.replaceAll(' ', '')), rows.map((cells) => cells.join('')));
    }));
  });
});

it('quote writes Go literals', () => {
  assert.equal(quote('a"b\\\n\t\x01é\u200b'), '"a\\"b\\\\\\n\\t\\x01é\\u200b"');
});

it('ellipsis counts columns', () => {
  assert.deepEqual([ellipsis('abcdef', 4), ellipsis('abcd', 4), ellipsis('漢字漢字', 5)], ['abc…', 'abcd', '漢字…']);
});

it('displayPorts joins ranges that map to themselves', () => {
  const port = (number: number, ip = '', to = number): { PrivatePort: number; PublicPort: number; IP: string; Type: string } => ({ PrivatePort: number, PublicPort: to, IP: ip, Type: 'tcp' });
  assert.equal(displayPorts([port(82, '1.2.3.4'), port(80), port(81), port(83, '1.2.3.4'), port(90, '::', 91)]), '80-81/tcp, 1.2.3.4:82-83->82-83/tcp, [::]:91->90/tcp');
});
