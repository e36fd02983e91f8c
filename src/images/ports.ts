import { fail } from '#base/errors.ts';

/** `80`, `80/udp`, `80-82/tcp`, also `host:container` as Docker lets through: the container's ports as `80/tcp`. Throws invalidArgument. */
export function portsOf(spec: string): string[] {
  const [range = '', proto = 'tcp'] = spec.split('/', 2);
  const container = range.slice(range.lastIndexOf(':') + 1);
  const [first = '', last = first] = container.split('-', 2);
  const start = portNumber(first, container);
  const end = portNumber(last, container);
  if (end < start) fail('invalidArgument', `Invalid containerPort: ${container}`);
  const protocol = proto.toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) fail('invalidArgument', `Invalid proto: ${proto}`);
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol}`);
}

function portNumber(text: string, shown: string): number {
  const port = Number(text);
  return /^[0-9]{1,5}$/.test(text) && port <= 65535 ? port : fail('invalidArgument', `Invalid containerPort: ${shown}`);
}
