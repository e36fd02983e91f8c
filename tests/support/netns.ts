import { must, run } from './command.ts';

/** A network namespace of a test's own: loopback only, everything else unreachable, so no packet leaves the machine. */
export interface NetworkNamespace extends AsyncDisposable {
  readonly name: string;
  readonly path: string;
  /** The arguments in front of a program to run it inside: `nsenter --net=…` keeps /sys/fs/cgroup, `ip netns exec` hides it. */
  readonly enter: readonly [string, string];
}

/** Makes the namespace b-<id>. Needs root. */
export async function makeNetworkNamespace(id: string): Promise<NetworkNamespace> {
  const name = `b-${id}`;
  await must('ip', ['netns', 'add', name]);
  const path = `/run/netns/${name}`;
  const namespace: NetworkNamespace = {
    name,
    path,
    enter: ['nsenter', `--net=${path}`],
    async [Symbol.asyncDispose]() {
      await run('ip', ['netns', 'delete', name]);
    },
  };
  try {
    await must('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    await must('ip', ['-n', name, 'route', 'add', 'unreachable', 'default']);
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
  return namespace;
}
