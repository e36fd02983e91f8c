import { createReadStream, existsSync } from 'node:fs';
import type { ImageService } from '#images/types.ts';

/** Name of the image that comes with Berth. */
export const baseImage = 'berth/base:latest';

/**
 * Loads the image that comes with Berth when the store has never had it. `archive`: where the set-up put it; without it
 * nothing happens. Who removed the image does not get it back: `known` says that it was loaded once.
 */
export async function loadBaseImage(images: ImageService, archive: string, known: { get(): boolean; set(): void }): Promise<void> {
  if (known.get() || !existsSync(archive)) return;
  if (!images.list().some((image) => image.repoTags.includes(baseImage))) await images.load(createReadStream(archive), () => undefined);
  known.set();
}
