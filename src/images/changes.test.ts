import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from './changes.ts';
import { expandWord, splitWords } from './words.ts';
import type { ImageRunConfig } from '#spec/image.ts';

// What dockerd 28.5 answers to `docker import -c …`.
const results: [string[], ImageRunConfig][] = [
  [['CMD'], { Cmd: ['/bin/sh', '-c'] }],
  [['ENTRYPOINT'], {}],
  [['CMD ["a", b]'], { Cmd: ['/bin/sh', '-c', '["a", b]'] }],
  [['CMD []'], {}],
  [['CMD "a" b'], { Cmd: ['/bin/sh', '-c', '"a" b'] }],
  [['CMD a\\'], { Cmd: ['/bin/sh', '-c', 'a'] }],
  [['ENV a b c'], { Env: ['a=b c'] }],
  [
    ['ENV A=1', 'ENV B=$A C=${A:-x} D=${Z:-y} E="q $A" F=\'$A\'', 'LABEL l=$A', 'USER $A', 'WORKDIR /$A', 'EXPOSE $A'],
    { Env: ['A=1', 'B=1', 'C=1', 'D=y', 'E=q 1', 'F=$A'], Labels: { l: '1' }, User: '1', WorkingDir: '/1', ExposedPorts: { '1/tcp': {} } },
  ],
  [['ENV A=a\\ b B="x\\"y" C=\'x\\y\''], { Env: ['A=a b', 'B=x"y', 'C=x\\y'] }],
  [['ENV A=$A:x PATH=$PATH:/y'], { Env: ['A=:x', 'PATH=:/y'] }],
  [['ENV a=b \\\n # c\n c=d'], { Env: ['a=b', 'c=d'] }],
  [
    ['HEALTHCHECK --retries=3 --timeout=1m30s --start-period=2s CMD ["a","b"]'],
    { Healthcheck: { Test: ['CMD', 'a', 'b'], Retries: 3, Timeout: 90e9, StartPeriod: 2e9 } },
  ],
  [['HEALTHCHECK --interval=0 CMD x'], { Healthcheck: { Test: ['CMD-SHELL', 'x'] } }],
  [['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
  [['EXPOSE 80-82 99/sctp'], { ExposedPorts: { '80/tcp': {}, '81/tcp': {}, '82/tcp': {}, '99/sctp': {} } }],
  [['EXPOSE 80:90'], { ExposedPorts: { '90/tcp': {} } }],
  [['VOLUME ["/x y", "/z"]'], { Volumes: { '/x y': {}, '/z': {} } }],
  [['VOLUME /a /b'], { Volumes: { '/a': {}, '/b': {} } }],
  [['LABEL "a b"=c'], { Labels: { 'a b': 'c' } }],
  [['LABEL a b c'], { Labels: { a: 'b c' } }],
  [['onbuild run x  y'], { OnBuild: ['run x  y'] }],
  [['STOPSIGNAL term'], { StopSignal: 'term' }],
  [['STOPSIGNAL 99'], { StopSignal: '99' }],
  [['CMD ["b"]', 'ENTRYPOINT ["a"]'], { Entrypoint: ['a'], Cmd: ['b'] }],
  [['WORKDIR /w', 'WORKDIR rel'], { WorkingDir: '/w/rel' }],
  [['WORKDIR a b'], { WorkingDir: '/a b' }],
  [['USER ""'], {}],
  [['USER a b'], { User: 'a b' }],
];

const refusals: [string, string][] = [
  ['RUN x', 'RUN is not a valid change command'],
  ['run x', 'run is not a valid change command'],
  ['constructor x', 'constructor is not a valid change command'],
  ['EXPOSE abc', 'Invalid containerPort: abc'],
  ['EXPOSE 99999', 'Invalid containerPort: 99999'],
  ['EXPOSE 80/foo', 'Invalid proto: foo'],
  ['EXPOSE', 'EXPOSE requires at least one argument'],
  ['ENV', 'ENV requires at least one argument'],
  ['ENV a', 'ENV must have two arguments'],
  ['ENV =x', 'ENV names can not be blank'],
  ['ENV a=b c', 'Syntax error - can\'t find = in "c". Must be of the form: name=value'],
  ['WORKDIR', 'WORKDIR requires exactly one argument'],
  ['VOLUME ""', 'VOLUME specified can not be an empty string'],
  ['STOPSIGNAL FOO', 'invalid signal: FOO'],
  ['HEALTHCHECK', 'HEALTHCHECK requires at least one argument'],
  ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
  ['HEALTHCHECK FOO x', 'Unknown type "FOO" in HEALTHCHECK (try CMD)'],
  ['HEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
  ['HEALTHCHECK --interval=1us CMD x', 'Interval "interval" cannot be less than 1ms'],
  ['HEALTHCHECK --interval=q CMD x', 'time: invalid duration "q"'],
  ['HEALTHCHECK --retries=-1 CMD x', '--retries cannot be negative (-1)'],
  ['HEALTHCHECK --foo=1 CMD x', 'unknown flag: --foo'],
  ['CMD --foo x', 'unknown flag: --foo'],
  ['ONBUILD', 'ONBUILD requires at least one argument'],
  ['ONBUILD ONBUILD RUN x', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
  ['ONBUILD FROM x', "FROM isn't allowed as an ONBUILD trigger"],
  ['', 'file with no instructions'],
  ['# x', 'file with no instructions'],
];

test('changes do what dockerd does', () => {
  for (const [changes, expected] of results) assert.deepEqual(applyChanges({}, changes), expected, changes.join(' ; '));
  for (const [change, message] of refusals)
    assert.throws(
      () => applyChanges({}, [change]),
      (error) => (error as Error).message === message,
      `${change}: ${message}`,
    );
});

test('a new entry point takes the old command back; the base is not changed', () => {
  const base: ImageRunConfig = { Cmd: ['old'], Env: ['A=1'] };
  assert.deepEqual(applyChanges(base, ['ENTRYPOINT ["x"]', 'ENV A=2']), { Entrypoint: ['x'], Env: ['A=2'] });
  assert.deepEqual(base, { Cmd: ['old'], Env: ['A=1'] });
});

test('words and variables', () => {
  assert.deepEqual(splitWords(`a "b c"d 'e f' g\\ h`), ['a', '"b c"d', "'e f'", 'g\\ h']);
  const lookup = (name: string): string | undefined => ({ A: '1', E: '' })[name];
  assert.equal(expandWord('$A-${A}-${E:-e}-${E-x}-${A:+plus}-${N+n}-\\$A-$ "$A\'s"', lookup), "1-1-e--plus--$A-$ 1's");
});
