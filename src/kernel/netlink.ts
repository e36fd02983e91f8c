import { BerthError } from '#base/errors.ts';
import { check, kernelError } from './errno.ts';
import { closeFd } from './fs-at.ts';
import { native } from './native.ts';
import { NLMSG_DONE, NLMSG_ERROR, readAttributes, splitMessages } from './rtnetlink.ts';
import type { ReceivedMessage } from './rtnetlink.ts';
import type { Netlink } from './types.ts';

const NETLINK_ROUTE = 0;
const RECEIVE_SIZE = 1 << 16;
const MESSAGES_MAX = 1_000_000;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

/** Opens an rtnetlink socket in the network namespace of the calling thread. */
export function openNetlink(): Netlink {
  return new RouteSocket(check(native().netlinkOpen(NETLINK_ROUTE, 0), 'opening a netlink socket'));
}

class RouteSocket implements Netlink {
  readonly #fd: number;
  #sequence = 0;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  request(message: Uint8Array): readonly Uint8Array[] {
    const request = Buffer.from(message);
    const sequence = (this.#sequence = (this.#sequence + 1) >>> 0);
    request.writeUInt32LE(sequence, 8);
    check(native().netlinkSend(this.#fd, request), 'sending a netlink request');
    const answers: Uint8Array[] = [];
    for (;;) {
      for (const answer of this.#receive()) {
        if (answer.sequence !== sequence) continue; // of a request whose answer was given up on
        if (answer.type === NLMSG_ERROR) {
          throwFailure(answer);
          return answers;
        }
        if (answer.type === NLMSG_DONE) return answers;
        if (answers.push(answer.payload) > MESSAGES_MAX) throw new BerthError('exhausted', 'netlink answer of more than a million messages');
      }
    }
  }

  #receive(): ReceivedMessage[] {
    const buffer = Buffer.allocUnsafe(RECEIVE_SIZE);
    const length = check(native().netlinkReceive(this.#fd, buffer), 'receiving a netlink answer');
    if (length > buffer.length) throw new BerthError('dataLoss', `netlink answer of ${length} bytes was cut`);
    return splitMessages(buffer.subarray(0, length));
  }

  [Symbol.dispose](): void {
    if (!this.#closed) closeFd(this.#fd);
    this.#closed = true;
  }
}

// NLMSG_ERROR: errno (0: acknowledgement), the request's header (and body, unless capped), then extended ack attributes.
function throwFailure(answer: ReceivedMessage): void {
  const errno = -answer.payload.readInt32LE(0);
  if (errno === 0) return;
  const requestLength = answer.payload.readUInt32LE(4);
  const type = answer.payload.readUInt16LE(8);
  const detail = (answer.flags & NLM_F_ACK_TLVS) === 0 ? '' : extendedText(answer, requestLength);
  throw kernelError(errno, `netlink request ${type}${detail === '' ? '' : ` (${detail})`}`, { netlinkType: type });
}

function extendedText(answer: ReceivedMessage, requestLength: number): string {
  const start = 4 + ((answer.flags & NLM_F_CAPPED) === 0 ? (requestLength + 3) & ~3 : 16);
  const text = readAttributes(answer.payload.subarray(start)).get(1); // NLMSGERR_ATTR_MSG
  return text === undefined ? '' : text.toString('utf8').replace(/\0+$/, '');
}
