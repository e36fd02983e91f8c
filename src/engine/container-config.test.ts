import assert from 'node:assert/strict';
import test from 'node:test';
import type { ImageConfigFile } from '#spec/image.ts';
import { commandOf, environment, mergeConfig, validateConfig } from './container-config.ts';

function image(config: ImageConfigFile['config']): ImageConfigFile {
  return { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, config };
}

test('the command of the image is used only when neither command nor entrypoint is asked for', () => {
  const base = image({ Entrypoint: ['/e'], Cmd: ['a'] });
  assert.deepEqual(commandOf(mergeConfig({}, base)), { path: '/e', args: ['a'] });
  assert.deepEqual(commandOf(mergeConfig({ Cmd: ['b'] }, base)), { path: '/e', args: ['b'] });
  assert.deepEqual(commandOf(mergeConfig({ Entrypoint: ['/x'] }, base)), { path: '/x', args: [] });
  assert.deepEqual(commandOf(mergeConfig({ Entrypoint: [''], Cmd: ['c'] }, base)), { path: 'c', args: [] });
  assert.throws(() => commandOf(mergeConfig({}, image({}))), /no command specified/);
});

test('own variables come first and win over those of the image', () => {
  const merged = mergeConfig({ Env: ['A=1'] }, image({ Env: ['PATH=/bin', 'A=2'] }));
  assert.deepEqual(merged.Env, ['A=1', 'PATH=/bin']);
});

test('labels, volumes and ports are united, the rest is replaced', () => {
  const merged = mergeConfig({ Labels: { a: '1' }, User: 'u' }, image({ Labels: { a: '0', b: '2' }, Volumes: { '/v': {} }, User: 'root', WorkingDir: '/w', StopSignal: 'SIGINT' }));
  assert.deepEqual(merged.Labels, { a: '1', b: '2' });
  assert.deepEqual(merged.Volumes, { '/v': {} });
  assert.deepEqual([merged.User, merged.WorkingDir, merged.StopSignal], ['u', '/w', 'SIGINT']);
});

test('the environment of a process has defaults that the config replaces in place or takes away', () => {
  const defaults = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  assert.deepEqual(environment({ Hostname: 'h', Env: ['A=1', 'PATH=/bin'] }), ['PATH=/bin', 'HOSTNAME=h', 'A=1']);
  assert.deepEqual(environment({ Hostname: 'h', Tty: true, Env: ['HOSTNAME'] }), [defaults, 'TERM=xterm']);
  assert.deepEqual(environment({ Hostname: 'h', Env: ['A=1'] }, ['A=2', 'B=3'], false), [defaults, 'HOSTNAME=h', 'A=2', 'B=3']);
});

test('what a config may not say is refused with Docker\'s texts', () => {
  assert.throws(() => validateConfig({ WorkingDir: 'x' }), /the working directory 'x' is invalid, it needs to be an absolute path/);
  assert.throws(() => validateConfig({ StopSignal: 'NOSUCH' }), /invalid signal: NOSUCH/);
  assert.throws(() => validateConfig({ Env: ['=x'] }), /invalid environment variable: =x/);
  assert.throws(() => validateConfig({ Healthcheck: { Interval: 5 } }), /Interval in Healthcheck cannot be less than 1ms/);
});
