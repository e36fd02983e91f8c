import { endpoints } from '#api/endpoints.ts';
import type { Address } from './address.ts';
import { type AnyRequest, encodeRequest } from './encode.ts';
import { Transport } from './transport.ts';
import type { CallAnswer, CallArguments, CallId, ConnectOptions } from './types.ts';

/**
 * The Engine API as typed calls, derived from the endpoint descriptors:
 *
 *     using client = new Client(parseHost('unix:///run/berth/berth.sock'));
 *     const { Id } = await client.call('ContainerCreate', { query: { name: 'web' }, body: { Image: 'nginx' } });
 *     await client.call('ContainerStart', { name: Id });
 *
 * Nothing is sent before the first call. Errors are BerthErrors: the daemon's answer by its status (404 is `notFound`, and so on,
 * see `errors.ts`), `unavailable` without an answer.
 */
export class Client implements Disposable {
  /** The untyped level, for paths that no descriptor tells. */
  readonly raw: Transport;

  constructor(address: Address, options: ConnectOptions = {}) {
    this.raw = new Transport(address, options);
  }

  /** Host as in errors: "unix:///run/x.sock". */
  get host(): string {
    return this.raw.host;
  }

  /** The API version that requests carry now: lower than our own after an older daemon refused it. */
  get version(): string {
    return this.raw.version;
  }

  /** Calls an endpoint; the answer is what its descriptor says (see {@link CallAnswer}). */
  async call<Id extends CallId>(id: Id, ...[request]: CallArguments<Id>): Promise<CallAnswer<Id>> {
    return (await this.#call(id, request ?? {})) as CallAnswer<Id>;
  }

  /** Calls an endpoint for its body as it came: numbers and the order of fields are the daemon's. */
  text<Id extends CallId>(id: Id, ...[request]: CallArguments<Id>): Promise<string> {
    return this.raw.text(encodeRequest(endpoints[id], (request ?? {}) as AnyRequest));
  }

  /** Closes all connections; streams end. */
  [Symbol.dispose](): void {
    this.raw.close();
  }

  async #call(id: CallId, call: AnyRequest): Promise<unknown> {
    const endpoint = endpoints[id];
    const request = encodeRequest(endpoint, call);
    const { document, list, stream } = endpoint.answer;
    if (stream === 'hijack') return this.raw.hijack(request);
    if (stream !== undefined) return this.raw.stream(request);
    if (document !== undefined || list !== undefined) return this.raw.json(request);
    await this.raw.text(request);
    return undefined;
  }
}
