import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { BerthError, errnoOf, fail, messageOf } from '#base/errors.ts';
import { parseDigest } from '#spec/ids.ts';
import { LayerApplier } from './apply.ts';
import { decompress, detectCompression } from './compression.ts';
import { head } from './peek.ts';
import { TarDecoder } from './tar/decoder.ts';
import { toText } from './tar/format.ts';
import type { DiffId, Digest } from '#spec/ids.ts';
import type { ByteString } from './tar/format.ts';

/** One layer to unpack: file of the blob, an empty directory, and what to do with whiteouts ({@link LayerApplier}). */
export interface UnpackRequest {
  readonly blob: string;
  /** Digest of the blob, verified: also that of the archive when it is not compressed. */
  readonly digest: Digest;
  readonly target: string;
  readonly whiteouts: 'overlay' | 'drop';
}

export interface Unpacked {
  /** Digest of the uncompressed archive. */
  readonly diffId: DiffId;
  readonly size: number;
  readonly entries: number;
}

/** Unpacks a layer while hashing it. Blocking in pieces: runs in a worker thread. The caller discards the directory on error. */
export async function unpackLayer(request: UnpackRequest, signal: AbortSignal): Promise<Unpacked> {
  const compressed = detectCompression(await head(request.blob)) !== 'none' || !request.digest.startsWith('sha256:');
  const hash = createHash('sha256');
  const decoder = new TarDecoder();
  using applier = new LayerApplier(request.target, { whiteouts: request.whiteouts });
  let current: ByteString = '';
  try {
    for await (const piece of decompress(createReadStream(request.blob, { highWaterMark: 1 << 20 }))) {
      if (signal.aborted) fail('cancelled', 'unpacking a layer: cancelled');
      if (compressed) hash.update(piece);
      for (const event of decoder.push(piece)) {
        if (event.kind === 'entry') current = event.entry.path;
        applier.apply(event);
      }
    }
    decoder.end();
    current = '';
    applier.finish();
  } catch (error) {
    throw explain(error, current);
  }
  return {
    diffId: compressed ? parseDigest(`sha256:${hash.digest('hex')}`) : request.digest,
    size: applier.size,
    entries: applier.entries,
  };
}

// What the kernel refuses is the archive's fault, except that a disk may be full or broken.
function explain(error: unknown, path: ByteString): unknown {
  const errno = errnoOf(error);
  const where = path === '' ? 'unpacking a layer' : `unpacking ${JSON.stringify(toText(path).slice(0, 200))}`;
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new BerthError('exhausted', `${where}: no space left on device`, { cause: error, data: { errno } });
  if (errno === undefined) return error;
  // Docker's text for the one that users meet.
  if (errno === 'ENAMETOOLONG' && path !== '')
    return new BerthError('invalidArgument', `openat ${toText(path)}: file name too long`, { cause: error, data: { errno } });
  const kind = ['EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS'].includes(errno) ? 'internal' : 'invalidArgument';
  return new BerthError(kind, `${where}: ${messageOf(error)}`, { cause: error, data: { errno } });
}
