import { TarDecoder } from './decoder.ts';
import type { TarEvent } from './decoder.ts';
import type { TarEntry } from './format.ts';

/** One entry of a stream with its data. The data must be read, or left alone, before the next entry is asked for. */
export interface TarMember {
  readonly entry: TarEntry;
  /** The entry's data in pieces; of a sparse file, without its holes. */
  readonly data: AsyncIterable<Buffer>;
}

/** Reads an archive entry by entry; data that nobody reads is skipped. The source is read to its end. Throws invalidArgument. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember, void, undefined> {
  const events = eventsOf(source);
  for (;;) {
    const next = await events.next();
    if (next.done === true) return;
    if (next.value.kind !== 'entry') continue;
    let open = true;
    const data = async function* (): AsyncGenerator<Buffer, void, undefined> {
      while (open) {
        const piece = await events.next();
        if (piece.done === true || piece.value.kind !== 'data') open = false;
        else yield piece.value.bytes;
      }
    };
    const body = data();
    yield { entry: next.value.entry, data: { [Symbol.asyncIterator]: () => body } };
    // A consumer that broke out of its loop has closed the generator: skip by hand.
    while (open) {
      const piece = await events.next();
      open = piece.done !== true && piece.value.kind === 'data';
    }
  }
}

async function* eventsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEvent, void, undefined> {
  const decoder = new TarDecoder();
  for await (const piece of source) {
    yield* decoder.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  decoder.end();
}
