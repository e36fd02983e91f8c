/** The key sequence that leaves a container running: "ctrl-p,ctrl-q" unless said otherwise. */

const defaultKeys = 'ctrl-p,ctrl-q';

/** Bytes of a sequence in Docker's notation: letters, or ctrl- with a letter or one of @ [ \ ] ^ _. Throws with Docker's text. */
export function keysOf(notation: string): Uint8Array {
  const keys = (notation === '' ? defaultKeys : notation).split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key.toLowerCase())?.[1];
    if (control === undefined) throw new Error(`Unknown character: '${key}'`);
    return control.toUpperCase().charCodeAt(0) & 0x1f;
  });
  return Uint8Array.from(keys);
}

/** Looks for the sequence in what is typed; holds back its beginning until it is clear that it is none. */
export class DetachScanner {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What may be passed on; undefined once the whole sequence was typed. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const out: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return undefined;
        continue;
      }
      out.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) out.push(byte);
    }
    return Uint8Array.from(out);
  }
}
