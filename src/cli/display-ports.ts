export interface Port {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** The PORTS column: "0.0.0.0:8080->80/tcp, 443/tcp", consecutive ports that map to themselves joined to ranges. */
export function displayPorts(ports: readonly Port[]): string {
  const sorted = [...ports].sort((a, b) => a.PrivatePort - b.PrivatePort || compare(a.IP ?? '', b.IP ?? '')
    || (a.PublicPort ?? 0) - (b.PublicPort ?? 0) || compare(a.Type, b.Type));
  const groups = new Map<string, { first: number; last: number }>();
  const done: string[] = [];
  const mapped: string[] = [];
  for (const port of sorted) {
    const ip = port.IP ?? '';
    if (ip !== '' && port.PublicPort !== port.PrivatePort) {
      mapped.push(`${joinHostPort(ip, String(port.PublicPort ?? 0))}->${port.PrivatePort}/${port.Type}`);
      continue;
    }
    const key = ip === '' ? port.Type : `${ip}/${port.Type}`;
    const group = groups.get(key);
    if (group !== undefined && port.PrivatePort === group.last + 1) group.last++;
    else {
      if (group !== undefined) done.push(groupText(key, group));
      groups.set(key, { first: port.PrivatePort, last: port.PrivatePort });
    }
  }
  return [...done, ...[...groups].map(([key, group]) => groupText(key, group)), ...mapped].join(', ');
}

function groupText(key: string, group: { first: number; last: number }): string {
  const [ip, type] = key.includes('/') ? (key.split('/') as [string, string]) : ['', key];
  const range = group.first === group.last ? String(group.first) : `${group.first}-${group.last}`;
  return ip === '' ? `${range}/${type}` : `${joinHostPort(ip, range)}->${range}/${type}`;
}

function joinHostPort(ip: string, port: string): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
