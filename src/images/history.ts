import { parseTime } from '#base/clock.ts';
import { chainIds } from '#spec/image.ts';
import { layerSize } from './install.ts';
import type { Snapshotter } from '#snapshots/types.ts';
import type { Image, ImageService } from './types.ts';

/** The lines of `docker history`, newest first. */
export function historyOf(image: Image, snapshots: Snapshotter): ReturnType<ImageService['history']> {
  const chains = chainIds(image.config.rootfs.diff_ids);
  let layer = 0;
  const lines = (image.config.history ?? []).map((entry) => {
    const chain = entry.empty_layer === true ? undefined : chains[layer++];
    return {
      id: '<missing>',
      created: Number((parseTime(entry.created ?? '') ?? 0n) / 1_000_000_000n),
      createdBy: entry.created_by ?? '',
      tags: [] as readonly string[],
      size: chain === undefined ? 0 : layerSize(snapshots, chain),
      comment: entry.comment ?? '',
    };
  });
  lines.reverse();
  const [newest, ...older] = lines;
  return newest === undefined ? [] : [{ ...newest, id: image.id, tags: image.repoTags }, ...older];
}
