import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { Volume } from '#volumes/types.ts';
import type { EngineContext } from './context.ts';
import type { VolumesService } from './types.ts';

/** The volumes of the engine as the server sees them. */
export function createVolumes(ctx: EngineContext): VolumesService {
  return {
    inspect: async (name) => volumeDocument(ctx.volumes.find(name) ?? fail('notFound', `get ${name}: no such volume`)),
  };
}

/** A volume in dockerd's shape. */
export function volumeDocument(volume: Volume): wire.Volume {
  const { created, driver, labels, mountpoint, name } = volume;
  return { CreatedAt: created, Driver: driver, Labels: labels === null ? null : { ...labels }, Mountpoint: mountpoint, Name: name, Options: null, Scope: 'local' };
}
