import { cut } from './flag-types.ts';
import { isIP } from './ip.ts';

/** `-p` and `--expose` in Docker's syntax (go-connections/nat). */

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

export interface Ports {
  readonly exposed: Record<string, object>;
  readonly bindings: Record<string, PortBinding[]>;
}

/** Reads all `-p` values, short and long form, then adds what `--expose` names. Throws with Docker's texts. */
export function parsePorts(publish: readonly string[], expose: readonly string[]): Ports {
  const ports: Ports = { exposed: {}, bindings: {} };
  for (const spec of publish) addPublished(ports, spec.includes('=') ? standardNotation(spec) : spec);
  for (const spec of expose) addExposed(ports, spec);
  return ports;
}

function standardNotation(spec: string): string {
  const parameters: Record<string, string> = { protocol: 'tcp', published: '', target: '' };
  for (const pair of spec.split(',')) {
    const [key, value] = cut(pair, '=');
    if (value === undefined || key === '') throw new Error(`invalid publish opts format (should be name=value but got '${pair}')`);
    parameters[key] = value;
  }
  return `${parameters['published']}:${parameters['target']}/${parameters['protocol']}`;
}

function addPublished(ports: Ports, spec: string): void {
  const parts = spec.split(':');
  const last = parts.pop() as string;
  const hostPort = parts.pop() ?? '';
  const ip = hostAddress(parts.join(':'));
  const [port, protocol] = splitProtocol(last);
  if (port === '') throw new Error(`no port specified: ${spec}<empty>`);
  const container = parseRange(port, `invalid containerPort: ${port}`);
  const host = hostPort === '' ? undefined : parseRange(hostPort, `invalid hostPort: ${hostPort}`);
  const count = container[1] - container[0];
  if (host !== undefined && count !== host[1] - host[0] && count !== 0) {
    throw new Error(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
  }
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw new Error(`invalid proto: ${protocol}`);
  for (let step = 0; step <= count; step++) {
    const key = `${container[0] + step}/${protocol}`;
    ports.exposed[key] = {};
    (ports.bindings[key] ??= []).push({ HostIp: ip, HostPort: host === undefined ? '' : hostPortText(host, step, count === 0) });
  }
}

// One container port with a range of host ports: the daemon picks one of them.
function hostPortText(host: readonly [number, number], step: number, single: boolean): string {
  return single && host[0] !== host[1] ? `${host[0]}-${host[1]}` : String(host[0] + step);
}

function hostAddress(text: string): string {
  if (text === '') return '';
  const ip = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIP(ip) === 0) throw new Error(`invalid IP address: ${ip}`);
  return ip;
}

function addExposed(ports: Ports, spec: string): void {
  if (spec.includes(':')) throw new Error(`invalid port format for --expose: ${spec}`);
  const [port, protocol] = splitProtocol(spec);
  const [start, end] = parseRange(port, undefined, spec);
  for (let number = start; number <= end; number++) ports.exposed[`${number}/${protocol}`] ??= {};
}

function splitProtocol(text: string): [string, string] {
  const [port, protocol] = cut(text, '/');
  return [port, protocol === undefined || protocol === '' ? 'tcp' : protocol.toLowerCase()];
}

function parseRange(text: string, message: string | undefined, spec = ''): [number, number] {
  const problem = (reason: string): Error => new Error(message ?? `invalid range format for --expose: ${spec}, error: ${reason}`);
  if (text === '') throw problem('empty string specified for ports');
  const [from, to] = cut(text, '-');
  const numbers = [from, to ?? from].map((one) => {
    if (!/^\d+$/.test(one)) throw problem(`strconv.ParseUint: parsing "${one}": invalid syntax`);
    if (Number(one) > 65535) throw problem(`strconv.ParseUint: parsing "${one}": value out of range`);
    return Number(one);
  }) as [number, number];
  if (numbers[1] < numbers[0]) throw problem(`invalid range specified for port: ${text}`);
  return numbers;
}
