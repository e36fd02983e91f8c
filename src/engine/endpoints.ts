import { BerthError, isKind } from '#base/errors.ts';
import type { Endpoint } from '#network/types.ts';
import type { Container } from './container.ts';
import { networkEvent } from './context.ts';
import type { EngineContext } from './context.ts';

/** The network that a container asks for; undefined for host and shared ones without a place of their own. */
export function joinNetwork(ctx: EngineContext, container: Container): Endpoint | undefined {
  const { hostConfig, id, endpoints, config } = container.record;
  const mode = hostConfig.NetworkMode ?? 'bridge';
  if (mode.startsWith('container:')) return undefined;
  const wanted = endpoints[mode];
  const mac = wanted?.MacAddress || config.MacAddress || undefined;
  const ipv4 = wanted?.IPAMConfig?.IPv4Address || undefined;
  let endpoint: Endpoint;
  try {
    endpoint = ctx.networks.join(mode, id, { mac, ipv4 });
  } catch (error) {
    if (error instanceof BerthError) throw new BerthError(error.kind, `failed to set up container networking: ${error.message}`, { cause: error });
    throw error;
  }
  return endpoint;
}

/** Tells that a container joined its network; as in dockerd once its process is created, so not for a start that fails before. */
export function announceJoin(ctx: EngineContext, container: Container): void {
  if (container.endpoint !== undefined) networkEvent(ctx, container, 'connect', networkOf(ctx, container.endpoint));
}

/** Tells that a container left its network; comes before `die`, as dockerd has it. The endpoint itself goes by {@link leaveNetwork}. */
export function announceLeave(ctx: EngineContext, container: Container): void {
  if (container.endpoint !== undefined) networkEvent(ctx, container, 'disconnect', networkOf(ctx, container.endpoint));
}

/** Gives a container's endpoint back. */
export async function leaveNetwork(ctx: EngineContext, container: Container, endpoint: Endpoint): Promise<void> {
  if (container.endpoint === endpoint) container.endpoint = undefined;
  await ctx.networks.leave(endpoint);
}

function networkOf(ctx: EngineContext, endpoint: Endpoint): { id: string; name: string; driver: string } {
  try {
    return ctx.networks.get(endpoint.networkId);
  } catch (error) {
    if (isKind(error, 'notFound')) return { id: endpoint.networkId, name: endpoint.networkName, driver: 'bridge' };
    throw error;
  }
}
