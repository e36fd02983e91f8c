import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { routes } from './answers.ts';
import type { Case } from './case.ts';
import { fakeDaemon, type Recorded } from './fake-daemon.ts';

/** Running a client against the fake daemon, and what of its behaviour must not differ between clients. */

export interface Behaviour {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
  /** What the daemon was asked to change or list, without order. */
  readonly requests: readonly string[];
}

/** Runs one command line. `argv0` is the client's program with its own first arguments. */
export async function behaviour(argv0: readonly string[], one: Case, socket: string): Promise<Behaviour> {
  rmSync(socket, { force: true });
  await using daemon = await fakeDaemon(socket, routes);
  const child = spawn(argv0[0] as string, [...argv0.slice(1), ...one.argv], {
    cwd: '/tmp', stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: '/root', TZ: 'UTC', DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: '/nonexistent' },
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(one.stdin ?? '');
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | string>((resolve) => child.on('close', (status, signal) => resolve(status ?? String(signal))));
  return { code, out: normalize(out, socket), err: normalize(err, socket), requests: code === 0 || daemon.requests.length > 0 ? relevant(daemon.requests) : [] };
}

// One program's name for both, and nothing that depends on the time of day or the place of the socket.
function normalize(text: string, socket: string): string {
  return text.replace(/\nBerth's own options:\n(?: .*\n)+/, '').replaceAll('docker', 'berth').replaceAll('Docker', 'Berth').replaceAll(socket, 'SOCKET')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME').replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, 'TIME');
}

function relevant(requests: readonly Recorded[]): string[] {
  const counts = requests.filter(({ method, path }) => (method === 'GET' ? /^\/(containers\/json|images\/json|events|networks|system\/df)$/.test(path) : !path.endsWith('/wait')));
  return counts.map(({ method, path, query, body }) => `${method} ${path} ${JSON.stringify(sorted(query))} ${bodyText(body)}`).sort();
}

function bodyText(body: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(body)));
  } catch {
    return body;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // Docker's client sends these in the random order of a Go map.
  return Object.fromEntries(entries.map(([key, inner]) => [key, (key === 'Env' || key === 'Binds') && Array.isArray(inner) ? [...inner].sort() : sorted(inner)]));
}
