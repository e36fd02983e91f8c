import { fail } from '#base/errors.ts';
import { decodePlan } from '#runtime/codec.ts';
import { explainJson, explainLines } from '#runtime/explain.ts';
import type { Plan } from '#runtime/plan.ts';
import type * as wire from '#api/schema.ts';
import { recordEdits } from './cdi-start.ts';
import { newContainerId, draft, recordOf, containerDirectory, volumesFrom } from './create.ts';
import type { EngineContext } from './context.ts';
import { etcPaths } from './etc-files.ts';
import { resolveMounts } from './mounts.ts';
import { prepareStart } from './prepare-start.ts';

function document(plan: Plan): wire.Explanation {
  return { warnings: [...plan.warnings], lines: explainLines(plan), plan: explainJson(plan).ops };
}

/** The plan of a create request, compiled like a start; what that needs is made and taken away again. */
export async function explainRequest(ctx: EngineContext, request: { body: wire.ContainerCreateBody }): Promise<wire.Explanation> {
  const drafted = draft(ctx, request.body);
  const id = newContainerId();
  await using undo = new AsyncDisposableStack();
  const { mounts, made } = resolveMounts(drafted.config, drafted.hostConfig, volumesFrom(ctx, drafted.hostConfig), ctx.volumes);
  for (const volume of made) undo.defer(() => ctx.volumes.remove(volume));
  const record = recordOf(ctx, id, drafted, mounts, request.body.NetworkingConfig);
  ctx.snapshots.prepare(id, drafted.image.chainId);
  undo.defer(() => ctx.snapshots.remove(id));
  const mode = record.hostConfig.NetworkMode ?? 'bridge';
  const endpoint = mode.startsWith('container:') ? undefined : ctx.networks.join(mode, id);
  if (endpoint !== undefined) undo.defer(() => ctx.networks.leave(endpoint));
  const { plan } = prepareStart(ctx, record, endpoint, etcPaths(containerDirectory(ctx, id)), { make: false, edits: await recordEdits(ctx, record) });
  return document({ ...plan, warnings: [...drafted.warnings, ...plan.warnings] });
}

/** The plan of the last start, from the bytes that the shim got. */
export function recordedPlan(ctx: EngineContext, reference: string): wire.Explanation {
  const { id } = ctx.registry.get(reference).record;
  const stored = ctx.registry.plan(id) ?? fail('notFound', `container ${reference} was never started: it has no recorded plan`);
  return document({ version: 1, ops: decodePlan(stored.plan), warnings: stored.warnings });
}
