import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type { DeviceSpec } from '#spec/runtime.ts';
import { hasCapability } from './capabilities.ts';
import { type Context, checkText } from './context.ts';
import { MS, S_IF } from './linux.ts';
import type { Op } from './plan.ts';

// OCI config-linux.md, "Default Devices" and config.md "Dev symbolic links".
const DEFAULT_DEVICES: readonly DeviceSpec[] = (
  [['null', 1, 3], ['zero', 1, 5], ['full', 1, 7], ['random', 1, 8], ['urandom', 1, 9], ['tty', 5, 0]] as const
).map(([name, major, minor]) => ({ path: `/dev/${name}`, type: 'c', major, minor, fileMode: 0o666, uid: 0, gid: 0 }));

const LINKS: readonly (readonly [path: string, target: string])[] = [
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
  ['/dev/core', '/proc/kcore'], // only where that exists, as runc's (libcontainer/rootfs_linux.go, setupDevSymlinks)
  ['/dev/ptmx', 'pts/ptmx'],
];

/** Device nodes and links of /dev. Where nodes cannot be made (user namespace, no CAP_MKNOD) the host's are bound. */
export function compileDevices(context: Context): Op[] {
  const own = context.linux.devices ?? [];
  const paths = new Set(own.map((device) => posix.normalize(device.path)));
  const bind = context.userns || context.host.rootless || !hasCapability(context.host.boundingCaps, 'CAP_MKNOD');
  const devices = [...DEFAULT_DEVICES.filter((device) => !paths.has(device.path)), ...own];
  const links = LINKS.filter(([, target]) => target !== '/proc/kcore' || context.host.kcore !== false);
  return [...devices.map((device) => node(device, bind)), ...links.map(([path, target]): Op => ({ kind: 'symlink', target, path }))];
}

function node(device: DeviceSpec, bind: boolean): Op {
  const path = checkText('linux.devices', device.path ?? '');
  if (!path.startsWith('/')) fail('invalidArgument', `linux.devices: path ${JSON.stringify(path)} is not absolute`);
  const type = { c: S_IF.CHR, u: S_IF.CHR, b: S_IF.BLK, p: S_IF.FIFO }[device.type];
  if (type === undefined) fail('invalidArgument', `linux.devices: invalid type ${JSON.stringify(device.type)} for device ${path}`);
  if (bind && type !== S_IF.FIFO) {
    return { kind: 'mount', source: path, target: path, fstype: '', flags: MS.BIND, data: '', where: 'root', create: 'file', createMode: 0o644, cwd: '', note: 'device' };
  }
  const mode = type | ((device.fileMode ?? 0o666) & 0o7777);
  return { kind: 'mknod', path, mode, major: device.major ?? 0, minor: device.minor ?? 0, uid: device.uid ?? 0, gid: device.gid ?? 0 };
}
