import type { Readable } from 'node:stream';
import type { CommitOptions } from './commit.ts';
import type { ChainId, Digest } from '#spec/ids.ts';
import type { ImageConfigFile } from '#spec/image.ts';

/** An image as the engine sees it. The id is the digest of the config (Docker's classic id), names are full references. */
export interface Image {
  readonly id: Digest;
  readonly manifest: Digest;
  /** What a build or commit started from. */
  readonly parent: Digest | undefined;
  readonly config: ImageConfigFile;
  readonly chainId: ChainId | undefined; // undefined: an image without layers
  readonly repoTags: readonly string[]; // familiar form, "busybox:latest"
  readonly repoDigests: readonly string[];
  readonly size: number; // bytes unpacked, as `docker images` shows
  readonly lastTagged: string | undefined;
}

/** One line of the progress stream that /images/load and /images/create send. */
export interface ProgressMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly errorDetail?: { readonly message: string };
  readonly error?: string;
}

export interface ImageService {
  list(): readonly Image[];
  /** By name, name@digest, id or id prefix. Throws notFound with Docker's text ("No such image: x"). */
  get(reference: string): Image;
  /** docker-save archives and OCI layouts, plain, gzip or zstd. Nothing is named when it fails. */
  load(
    archive: Readable,
    progress: (message: ProgressMessage) => void,
    options?: { signal?: AbortSignal; platform?: string },
  ): Promise<readonly Image[]>;
  /** One flat root tar as a new image. */
  import(
    tar: Readable,
    options: { reference?: string; message?: string; changes?: readonly string[]; platform?: string; signal?: AbortSignal },
  ): Promise<Image>;
  /** A container's changes (a plain OCI layer) as a new image on its parent. */
  commit(layer: Readable, options: CommitOptions): Promise<Image>;
  /** A docker-save archive (with OCI layout inside, as dockerd ≥ 25 writes) of these images. Byte-identical for the same store. */
  save(references: readonly string[]): Readable;
  tag(source: string, target: string): void;
  /** Docker's untag and delete rules; returns what happened in order. */
  remove(
    reference: string,
    options: { force: boolean; prune: boolean; usedBy: (id: Digest) => readonly { id: string; running: boolean }[] },
  ): Promise<readonly { untagged?: string; deleted?: string }[]>;
  history(
    reference: string,
  ): readonly { id: string; created: number; createdBy: string; tags: readonly string[]; size: number; comment: string }[];
}
