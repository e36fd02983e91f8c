import type { ByteReader } from './reader.ts';

/** A request's head. Header names are in lower case; repeated ones are joined by ", ". */
export interface RequestHead {
  readonly method: string;
  /** As sent: path and query, in origin form. */
  readonly target: string;
  readonly minor: 0 | 1;
  readonly headers: ReadonlyMap<string, string>;
}

/** How the body of a request is delimited. */
export type Framing = { readonly kind: 'none' } | { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' };

/** The request can't be understood; the connection is answered with this status and closed. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const maxHeadBytes: number = 1 << 20; // As Go's server, since credentials for many registries travel in one header.
const maxHeaders = 1_000;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads one head. Undefined at a clean end of the connection. Throws {@link BadRequest}. */
export async function readHead(reader: ByteReader): Promise<RequestHead | undefined> {
  let searched = 0;
  for (;;) {
    const bytes = reader.peek();
    const end = bytes.indexOf('\r\n\r\n', Math.max(0, searched - 3));
    if (end > maxHeadBytes || (end < 0 && bytes.length > maxHeadBytes)) throw new BadRequest(431, 'Request Header Fields Too Large');
    if (end >= 0) {
      const text = bytes.toString('latin1', 0, end);
      reader.skip(end + 4);
      return parseHead(text);
    }
    const lineEnd = bytes.indexOf('\n');
    // A first line that can't be a request is refused before the head is complete: whoever sends it won't send an empty line.
    if (lineEnd >= 0) parseRequestLine(bytes.toString('latin1', 0, lineEnd).replace(/\r$/, ''));
    searched = bytes.length;
    if (!(await reader.more())) {
      if (bytes.length === 0) return undefined;
      throw new BadRequest(400, 'Bad Request');
    }
  }
}

/** Parses the text of a head without its final empty line. */
export function parseHead(text: string): RequestHead {
  // Empty lines before a request are tolerated, as RFC 9112 §2.2 asks for.
  const lines = text.replace(/^(\r\n)+/, '').split('\r\n');
  const request = parseRequestLine(lines[0] ?? '');
  if (lines.length > maxHeaders) throw new BadRequest(431, 'Request Header Fields Too Large');
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    // Folded lines, spaces before the colon and control characters are how requests are smuggled; nobody needs them.
    if (!token.test(name) || /[\0\r\n]/.test(value)) throw new BadRequest(400, 'Bad Request');
    const before = headers.get(name);
    if (before !== undefined && (name === 'host' || (name === 'content-length' && before !== value))) throw new BadRequest(400, 'Bad Request');
    if (before === undefined || name === 'content-length') headers.set(name, value);
    else headers.set(name, `${before}, ${value}`);
  }
  if (request.minor === 1 && !headers.has('host')) throw new BadRequest(400, 'Bad Request: missing required Host header');
  return { ...request, headers };
}

function parseRequestLine(line: string): { method: string; target: string; minor: 0 | 1 } {
  const [method = '', rawTarget = '', version = '', ...rest] = line.split(' ');
  if (!token.test(method) || rawTarget === '' || rest.length > 0 || !version.startsWith('HTTP/')) throw new BadRequest(400, 'Bad Request');
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') throw new BadRequest(505, 'HTTP Version Not Supported: unsupported protocol version');
  // Absolute form comes from clients behind a proxy setting; only its path matters here.
  const target = rawTarget.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  if (!target.startsWith('/') && target !== '*') throw new BadRequest(400, 'Bad Request');
  if (/[^\x21-\x7e\x80-\xff]/.test(target)) throw new BadRequest(400, 'Bad Request');
  return { method, target, minor: version === 'HTTP/1.1' ? 1 : 0 };
}

/** The body's framing. Both a length and chunks, or an unknown coding, are refused. */
export function framingOf(head: RequestHead): Framing {
  const coding = head.headers.get('transfer-encoding');
  const length = head.headers.get('content-length');
  if (coding !== undefined) {
    if (length !== undefined) throw new BadRequest(400, 'Bad Request');
    if (coding.toLowerCase() !== 'chunked' || head.minor === 0) throw new BadRequest(501, 'Not Implemented: unsupported transfer encoding');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'none' };
  if (!/^\d{1,15}$/.test(length)) throw new BadRequest(400, 'Bad Request');
  return Number(length) === 0 ? { kind: 'none' } : { kind: 'length', length: Number(length) };
}
