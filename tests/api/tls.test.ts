import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { startServer } from './harness.ts';
import { jsonRequest, upgrade } from './raw-client.ts';

test('over TLS with client certificates: requests, and streams that stay half-open', async () => {
  await using harness = await startServer();
  const pem = (name: string): Buffer => readFileSync(join(harness.folder, name));
  const openssl = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key', '-out', 'cert', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
  ], { cwd: harness.folder, encoding: 'utf8' });
  assert.equal(openssl.status, 0, openssl.stderr);
  const identity = { key: pem('key'), cert: pem('cert'), ca: pem('cert') };
  await using secure = await startServer({ tls: { ...identity, requestCert: true, rejectUnauthorized: true } });
  const port = Number((await secure.server.listen('tcp://127.0.0.1:0')).split(':').at(-1));
  const open = (options: object): TLSSocket => connect({ host: '127.0.0.1', port, ca: identity.ca, servername: 'localhost', allowHalfOpen: true, ...options } as ConnectionOptions);

  // With a certificate any name may be used in Host.
  const client = open(identity);
  client.write(jsonRequest('POST', '/exec/e1/start', '{"Tty":true}', upgrade).replace('Host: d', 'Host: engine.example.com'));
  let received = '';
  for await (const chunk of client) {
    received += String(chunk);
    if (received.endsWith('\r\n\r\n')) client.end('hello');
  }
  assert.match(received, /101 UPGRADED[^]*\r\n\r\nhellobye$/);

  const stranger = open({});
  const refused = await new Promise<Error>((resolve) => stranger.once('error', resolve));
  assert.match(String(refused), /certificate required|handshake failure|ECONNRESET|EPIPE/);
});
