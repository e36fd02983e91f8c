import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FlagError, type FlagSpec, parseFlags } from './flags.ts';
import { BOOL, BYTES, DURATION, FILTER, goInt, INT, LIST, MAP, NANO_CPUS, STRING, SWAP_BYTES, UINT16 } from './flag-types.ts';

const specs: readonly FlagSpec[] = [
  { name: 'interactive', short: 'i', type: BOOL, usage: '' }, { name: 'tty', short: 't', type: BOOL, usage: '' }, { name: 'rm', type: BOOL, usage: '' },
  { name: 'env', short: 'e', type: LIST, usage: '' }, { name: 'publish', short: 'p', type: LIST, usage: '' }, { name: 'memory-swap', type: SWAP_BYTES, usage: '' },
  { name: 'name', type: STRING, usage: '' }, { name: 'count', short: 'c', type: INT, usage: '' }, { name: 'old', type: STRING, usage: '', deprecated: 'use --name instead' },
];

describe('parseFlags', () => {
  it('reads a docker run line: clusters, joined values, negative numbers, and stops at the image', () => {
    const { flags, args } = parseFlags(specs, '-it --rm -p 80:80 -p443:443 -e A=1 --env=B=2 --memory-swap -1 --tty=false --name web alpine sh -c ls --rm'.split(' '), false);
    assert.deepEqual(args, ['alpine', 'sh', '-c', 'ls', '--rm']);
    assert.deepEqual([flags.bool('interactive'), flags.bool('tty'), flags.bool('rm')], [true, false, true]);
    assert.deepEqual([flags.list('publish'), flags.list('env'), flags.int('memory-swap'), flags.str('name')], [['80:80', '443:443'], ['A=1', 'B=2'], -1, 'web']);
    assert.equal(flags.changed('count'), false);
  });

  it('goes on behind arguments when interspersed, and not behind --', () => {
    const { flags, args } = parseFlags(specs, ['a', '-i', '--', '-t'], true);
    assert.deepEqual(args, ['a', '-t']);
    assert.deepEqual([flags.bool('interactive'), flags.bool('tty')], [true, false]);
  });

  it('offers help by --help and by the old -h', () => {
    assert.equal(parseFlags(specs, ['--help'], true).help, true);
    assert.deepEqual(parseFlags(specs, ['-ih'], true).notices, ['Flag shorthand -h has been deprecated, use --help']);
  });

  it('tells of deprecated flags', () => {
    assert.deepEqual(parseFlags(specs, ['--old', 'x'], true).notices, ['Flag --old has been deprecated, use --name instead']);
  });

  const errors: readonly (readonly [string[], string])[] = [
    [['--foo'], 'unknown flag: --foo'], [['--foo=1'], 'unknown flag: --foo'], [['-iZ'], 'unknown shorthand flag: \'Z\' in -Z'], [['--name'], 'flag needs an argument: --name'],
    [['-ie'], 'flag needs an argument: \'e\' in -e'], [['---x'], 'bad flag syntax: ---x'], [['--=x'], 'bad flag syntax: --=x'],
    [['-c', 'x'], 'invalid argument "x" for "-c, --count" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [['--rm=3'], 'invalid argument "3" for "--rm" flag: strconv.ParseBool: parsing "3": invalid syntax'],
  ];
  for (const [argv, message] of errors) it(`refuses ${argv.join(' ')}`, () => assert.throws(() => parseFlags(specs, argv, true), (error) => error instanceof FlagError && error.message === message));

  it('gives back every list value in order, however it is written', () => {
    const forms = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.constantFrom('long', 'equals', 'short', 'joined')));
    fc.assert(fc.property(forms, (values) => {
      const argv = values.flatMap(([value, form]) => {
        if (form === 'long') return ['--env', value];
        if (form === 'equals') return [`--env=${value}`];
        // pflag takes "=" behind a shorthand as a separator.
        return form === 'short' || value.startsWith('=') ? ['-e', value] : [`-e${value}`];
      });
      const parsed = parseFlags(specs, [...argv, 'image', '-i'], false);
      assert.deepEqual(parsed.flags.list('env'), values.map(([value]) => value));
      assert.deepEqual(parsed.args, ['image', '-i']);
    }));
  });

  it('never throws anything but FlagError', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('-it', '--env', '--', '-c', '--rm=x', '-p'))), (argv) => {
      try {
        parseFlags(specs, argv, true);
      } catch (error) {
        assert.ok(error instanceof FlagError);
      }
    }));
  });
});

describe('flag types', () => {
  it('reads sizes, durations, CPUs, maps and filters', () => {
    assert.equal(BYTES.parse('1.5GiB', 0), 1_610_612_736);
    assert.equal(DURATION.parse('1h0m1.5s', 0n), 3_601_500_000_000n);
    assert.equal(DURATION.parse('-1ms', 0n), -1_000_000n);
    assert.equal(NANO_CPUS.parse('1.5', 0), 1_500_000_000);
    assert.equal(NANO_CPUS.parse('1/2', 0), 500_000_000);
    assert.deepEqual(MAP.parse('a=b=c', { x: 'y' }), { x: 'y', a: 'b=c' });
    assert.deepEqual(FILTER.parse('Name=b', { name: ['a'] }), { name: ['a', 'b'] });
    assert.equal(goInt('0x1f'), 31);
    assert.equal(goInt('-010'), -8);
    assert.equal(UINT16.parse('65535', 0), 65535);
  });

  it('refuses with Go\'s texts', () => {
    assert.throws(() => UINT16.parse('-1', 0), /^Error: strconv\.ParseUint: parsing "-1": invalid syntax$/);
    assert.throws(() => DURATION.parse('3', 0n), /^Error: time: missing unit in duration "3"$/);
    assert.throws(() => DURATION.parse('3x', 0n), /^Error: time: unknown unit "x" in duration "3x"$/);
    assert.throws(() => NANO_CPUS.parse('0.0000000001', 0), /^Error: value is too precise$/);
    assert.throws(() => FILTER.parse('x', {}), /^Error: bad format of filter \(expected name=value\)$/);
  });

  it('reads every decimal integer', () => {
    fc.assert(fc.property(fc.integer(), (value) => assert.equal(goInt(String(value)), value)));
  });
});
