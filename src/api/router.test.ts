import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, endpoints } from './endpoints.ts';
import { unserved } from './endpoints-rest.ts';
import { route, splitVersion } from './router.ts';

const found = (method: string, path: string): string => {
  const result = route(method, path);
  return result.kind === 'endpoint' ? `${result.id} ${result.name}` : result.kind;
};

test('names with slashes', () => {
  assert.equal(found('GET', '/images/docker.io/library/alpine:3.20/json'), 'ImageInspect docker.io/library/alpine:3.20');
  assert.equal(found('DELETE', '/images/localhost:5000/a/b@sha256:00'), 'ImageDelete localhost:5000/a/b@sha256:00');
  assert.equal(found('GET', '/containers/x/attach/ws'), 'ContainerAttachWebsocket x');
});

test('fixed paths win over names', () => {
  assert.equal(found('GET', '/images/json'), 'ImageList ');
  assert.equal(found('GET', '/images/get'), 'ImageGetAll ');
  assert.equal(found('GET', '/containers/json/json'), 'ContainerInspect json');
  assert.equal(found('POST', '/containers/create'), 'ContainerCreate ');
});

test('what is unknown, and what is only not served', () => {
  assert.equal(found('GET', '/nope'), 'notFound');
  assert.equal(found('PUT', '/version'), 'notFound');
  assert.equal(found('GET', '/containers//json'), 'notFound');
  assert.equal(found('POST', '/plugins/pull'), 'unserved');
  assert.equal(found('POST', '/build'), 'unserved');
});

test('every endpoint is reached by its own path', () => {
  for (const [id, { method, path }] of Object.entries(endpoints)) assert.equal(found(method, path.replace('{name}', 'a/b')).split(' ')[0], id);
  for (const operation of unserved) {
    const [method = '', path = ''] = operation.split(' ');
    assert.equal(found(method, path.replaceAll(/\{\w+\}/g, 'x')), 'unserved', operation);
  }
});

test('version prefixes', () => {
  assert.deepEqual(splitVersion('/v1.44/info'), { version: '1.44', rest: '/info' });
  assert.deepEqual(splitVersion('/v2/info'), { version: '2', rest: '/info' });
  assert.deepEqual(splitVersion('/volumes'), { version: undefined, rest: '/volumes' });
  assert.ok(compareVersions('1.9', '1.24') < 0);
  assert.ok(compareVersions('2', '1.51') > 0);
});
