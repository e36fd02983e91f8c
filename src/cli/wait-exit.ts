import type { ApiPort } from './api-port.ts';

interface WaitAnswer {
  readonly StatusCode: number;
  readonly Error?: { readonly Message?: string } | null;
}

/** The exit status of a container, once it stopped (or was removed). Asked before the start, so that nothing is missed. */
export async function waitForExit(api: ApiPort, id: string, condition: 'next-exit' | 'removed'): Promise<number> {
  const answer = await api.json<WaitAnswer>({ method: 'POST', path: `/containers/${id}/wait`, query: { condition } });
  // The container cannot be waited for any more; Docker's client reports 125.
  if (answer.Error?.Message) return 125;
  return answer.StatusCode;
}
