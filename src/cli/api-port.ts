/**
 * What commands need of a connection to the daemon. Paths are without host and version prefix; query values that are
 * undefined are left out. Connections that cannot be made throw {@link ConnectionError}; answers of 400 and more throw
 * {@link ApiError} from {@link ApiPort.json} and friends.
 */
export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent chunked as application/x-tar. Instead of `body`. */
  readonly stream?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ApiResponse {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body's pieces as they come. The consumer's speed is the sender's: a promise from `onData` holds back reading. */
  read(onData: (chunk: Buffer) => void | Promise<void>): Promise<void>;
  text(): Promise<string>;
}

/** A connection taken over for a raw stream (attach, exec). */
export interface Hijacked {
  /** "application/vnd.docker.raw-stream" or "…multiplexed-stream"; empty when the daemon is too old to say. */
  readonly mediaType: string;
  /** Reads until the other side ends. As {@link ApiResponse.read}. */
  read(onData: (chunk: Buffer) => void | Promise<void>): Promise<void>;
  /** Sends input; settles when more may be sent. */
  write(chunk: Uint8Array): Promise<void>;
  /** No more input; output goes on. */
  closeWrite(): void;
  destroy(): void;
}

export interface ApiPort {
  /** Host as in errors: "unix:///run/x.sock". */
  readonly host: string;
  /** The API version that requests carry now: lower than our own after an older daemon refused it. */
  readonly version: string;
  /** Any answer, also of status 400 and more. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Answers below 400 as streams; others throw {@link ApiError}. */
  stream(request: ApiRequest): Promise<ApiResponse>;
  /** The body as text. */
  text(request: ApiRequest): Promise<string>;
  /** The body parsed; undefined when empty. */
  json<T>(request: ApiRequest): Promise<T>;
  hijack(request: ApiRequest): Promise<Hijacked>;
  close(): void;
}

/** The daemon answered with an error. `message` is Docker's "Error response from daemon: …". */
export class ApiError extends Error {
  readonly status: number;
  /** The daemon's own text. */
  readonly detail: string;

  constructor(status: number, detail: string) {
    super(`Error response from daemon: ${detail}`);
    this.status = status;
    this.detail = detail;
  }
}

/** No daemon answered. */
export class ConnectionError extends Error {}
