import type { Client } from '#client/client.ts';

/** The exit status of a container, once it stopped (or was removed). Asked before the start, so that nothing is missed. */
export async function waitForExit(api: Client, id: string, condition: 'next-exit' | 'removed'): Promise<number> {
  const answer = await api.call('ContainerWait', { name: id, query: { condition } });
  // The container cannot be waited for any more; Docker's client reports 125.
  if (answer.Error?.Message) return 125;
  return answer.StatusCode;
}
