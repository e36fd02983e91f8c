import type { StatsResponse } from '#api/schema.ts';
import type { Client } from '#client/client.ts';
import { readLines } from './read-lines.ts';
import { type Reading, readingValues } from './stats-reading.ts';

/** After this long without an answer nothing is shown of a container. */
const silenceMs = 2000;

interface Reader {
  reading: Reading;
  error: Error | undefined;
  readonly stop: AbortController;
}

/** The newest reading of each of several containers, kept up to date by one stream each. */
export class StatsReaders {
  readonly #api: Client;
  readonly #stream: boolean;
  readonly #readers = new Map<string, Reader>();

  constructor(api: Client, stream: boolean) {
    this.#api = api;
    this.#stream = stream;
  }

  /** Begins with a container; settles with its first reading or error. One that is known already is left as it is. */
  add(container: string): Promise<void> {
    if (this.#readers.has(container)) return Promise.resolve();
    const reader: Reader = { reading: { container, name: '', id: '', values: undefined }, error: undefined, stop: new AbortController() };
    this.#readers.set(container, reader);
    return new Promise((resolve) => void this.#read(reader, resolve).then(resolve));
  }

  remove(container: string): void {
    this.#readers.get(container)?.stop.abort();
    this.#readers.delete(container);
  }

  get readings(): Reading[] {
    return [...this.#readers.values()].map(({ reading }) => reading);
  }

  get errors(): Error[] {
    return [...this.#readers.values()].flatMap(({ error }) => error ?? []);
  }

  // Ends with the stream, or after one answer.
  async #read(reader: Reader, heard: () => void): Promise<void> {
    const { container } = reader.reading;
    const silent = (): void => {
      reader.reading = { ...reader.reading, values: undefined };
      heard();
    };
    let timer = setTimeout(silent, silenceMs);
    try {
      const response = await this.#api.call('ContainerStats', { name: container, query: { stream: this.#stream }, signal: reader.stop.signal });
      await readLines(response, (line) => {
        clearTimeout(timer);
        const stats = JSON.parse(line) as StatsResponse;
        reader.reading = { container, name: stats.name ?? '', id: stats.id ?? '', values: readingValues(stats) };
        heard();
        if (this.#stream) timer = setTimeout(silent, silenceMs);
      });
      if (this.#stream) silent();
    } catch (error) {
      reader.error = error instanceof Error ? error : new Error(String(error));
      silent();
    } finally {
      clearTimeout(timer);
    }
  }
}
