/** One raw request to the engine of DOCKER_HOST: api.ts METHOD PATH [BODY [CONTENT-TYPE]]. For what no docker client would send. `@file` is the body in a file. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

const HEADERS = ['content-type', 'api-version', 'ostype', 'docker-experimental', 'allow'];
const PATH_STAT = 'x-docker-container-path-stat';

function main(): void {
  const [method = 'GET', path = '/', text, contentType = 'application/json'] = process.argv.slice(2);
  const body = text?.startsWith('@') === true ? readFileSync(text.slice(1)) : text;
  const socketPath = (process.env['DOCKER_HOST'] ?? '').replace('unix://', '');
  const headers = body === undefined ? {} : { 'Content-Type': contentType, 'Content-Length': String(Buffer.byteLength(body)) };
  const sent = request({ socketPath, method, path, headers }, (response) => {
    console.log(response.statusCode);
    for (const name of HEADERS) if (response.headers[name] !== undefined) console.log(`${name}: ${String(response.headers[name])}`);
    const stat = response.headers[PATH_STAT];
    if (stat !== undefined) console.log(`${PATH_STAT}: ${Buffer.from(String(stat), 'base64').toString()}`);
    response.pipe(process.stdout);
  });
  sent.on('error', (error) => {
    console.log(`no answer: ${error.message}`);
    process.exitCode = 1;
  });
  sent.end(body);
}

main();
