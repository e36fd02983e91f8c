import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { startInBackground } from '#kernel/background.ts';

/** Starting the daemon when the client finds none on the default socket. */

const logPath = '/var/log/berth.log';
const patience = 15_000;

/**
 * Starts `berth daemon` in a session of its own and waits until its socket answers. Throws with the end of its log when it
 * ends or does not answer in time. Several clients may do this at once: the daemon's own lock lets one of them win.
 */
export async function startDaemon(socketPath: string): Promise<void> {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a', 0o640);
  const from = statSync(logPath).size;
  const daemon = startInBackground([process.execPath, ...process.execArgv, '--', process.argv[1] as string, 'daemon'], log);
  closeSync(log);
  const deadline = Date.now() + patience;
  for (let pause = 5; Date.now() < deadline; pause = Math.min(pause * 2, 100)) {
    if (existsSync(socketPath) && (await answers(socketPath))) return;
    const ended = daemon.ended();
    if (ended !== undefined) throw new Error(`the daemon was started and ended at once (${ended}):\n${tail(from)}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(`the daemon was started but did not answer on ${socketPath} within ${patience / 1000} seconds; its log is ${logPath}:\n${tail(from)}`);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function tail(from: number): string {
  return readFileSync(logPath).subarray(from).toString().split('\n').slice(-12).join('\n').trim();
}
