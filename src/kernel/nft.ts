import { spawnSync } from 'node:child_process';
import { BerthError, fail } from '#base/errors.ts';
import { kernelError } from './errno.ts';
import { native } from './native.ts';
import type { Nft } from './types.ts';

/**
 * nftables through libnftables in this process (0.1 ms), or the `nft` program (5 ms) where only that is installed. The
 * namespace is that of the calling thread.
 */
export function createNft(): Nft {
  return { apply: (ruleset) => void runNft(ruleset) };
}

/** Runs nft commands as one transaction and returns what they print. Throws with nft's own message. */
export function runNft(commands: string): string {
  const result = native().nftRun(commands);
  if (result === -2) return runProgram(commands);
  if (typeof result === 'number') throw kernelError(-result, 'running nft commands');
  const [status, output, error] = result;
  if (status !== 0) throw failure(error);
  return output;
}

function runProgram(commands: string): string {
  const run = spawnSync('nft', ['-f', '-'], {
    input: commands,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 30_000,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  if (run.error !== undefined) {
    fail('unavailable', `running nft: ${run.error.message}`, { cause: run.error, hint: 'install the package nftables' });
  }
  if (run.status !== 0) throw failure(run.stderr);
  return run.stdout;
}

function failure(text: string): BerthError {
  return new BerthError('internal', `nft: ${text.trim() || 'failed without a message'}`, { data: { errno: errnoIn(text) } });
}

// The library gives no number: the kernel's word stands in the first line of the text.
function errnoIn(text: string): string {
  if (/No such file or directory/.test(text)) return 'ENOENT';
  if (/Operation not permitted/.test(text)) return 'EPERM';
  if (/File exists/.test(text)) return 'EEXIST';
  return 'EINVAL';
}
