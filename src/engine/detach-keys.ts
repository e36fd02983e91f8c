import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { fail } from '#base/errors.ts';

const SPECIAL: Readonly<Record<string, number>> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 };

/** Docker's notation: comma-separated single characters and ctrl-X. Empty: ctrl-p,ctrl-q. Throws invalidArgument. */
export function parseDetachKeys(text: string | undefined): Buffer {
  if (text === undefined || text === '') return Buffer.from([16, 17]);
  return Buffer.from(
    text.split(',').map((key) => {
      if (key.length === 1) return key.charCodeAt(0) & 0xff;
      const letter = /^ctrl-(.)$/.exec(key)?.[1];
      if (letter !== undefined && /[a-z]/.test(letter)) return letter.charCodeAt(0) - 96;
      return (letter === undefined ? undefined : SPECIAL[letter]) ?? fail('invalidArgument', `Unknown character: '${key}'`);
    }),
  );
}

/** Passes input on until the key sequence was typed; then it ends itself and calls `onDetach`. The keys are not passed on. */
export class DetachFilter extends Transform {
  readonly #keys: Buffer;
  readonly #onDetach: () => void;
  #matched = 0;
  #detached = false;

  constructor(keys: Buffer, onDetach: () => void) {
    super();
    this.#keys = keys;
    this.#onDetach = onDetach;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#detached) return done();
    const out: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] === this.#keys[this.#matched]) {
        if (this.#matched === 0) {
          out.push(chunk.subarray(start, at));
        }
        this.#matched++;
        start = at + 1;
        if (this.#matched === this.#keys.length) {
          this.#detached = true;
          this.push(Buffer.concat(out));
          this.#onDetach();
          return done();
        }
      } else if (this.#matched > 0) {
        // What looked like the sequence was typed text.
        out.push(this.#keys.subarray(0, this.#matched));
        this.#matched = 0;
        start = at;
        at--;
      }
    }
    if (start < chunk.length) out.push(chunk.subarray(start));
    const bytes = out.length === 1 ? out[0] : Buffer.concat(out);
    if (bytes !== undefined && bytes.length > 0) this.push(bytes);
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#matched > 0 && !this.#detached) this.push(this.#keys.subarray(0, this.#matched));
    done();
  }
}
