import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { errnoOf, fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { DeviceRule, DeviceSpec } from '#spec/runtime.ts';

/** A device node to make in a container, and the access that its cgroup gives. */
export interface HostDevice extends DeviceSpec {
  readonly access: string;
}

/** Splits a dev_t as the kernel packs it (sysmacros.h). */
export function deviceNumbers(rdev: number): { major: number; minor: number } {
  const value = BigInt(rdev);
  return {
    major: Number(((value >> 8n) & 0xfffn) | ((value >> 32n) & 0xfffff000n)),
    minor: Number((value & 0xffn) | ((value >> 12n) & 0xffffff00n)),
  };
}

function deviceOf(stat: Stats, path: string, access: string): HostDevice | undefined {
  const type = stat.isCharacterDevice() ? 'c' : stat.isBlockDevice() ? 'b' : undefined;
  if (type === undefined) return undefined;
  return { type, path, ...deviceNumbers(stat.rdev), fileMode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, access };
}

/** --device entries; a directory gives all devices below it. Throws with Docker's text for what is not there. */
export function requestedDevices(mappings: readonly wire.DeviceMapping[]): HostDevice[] {
  return mappings.flatMap((mapping) => {
    const { PathOnHost: host = '', PathInContainer: inside = '', CgroupPermissions: access = 'rwm' } = mapping;
    if (!/^[rwm]{1,3}$/.test(access || 'rwm')) fail('invalidArgument', `invalid device mode: ${access}`);
    try {
      const resolved = realpathSync(host);
      const stat = lstatSync(resolved);
      if (stat.isDirectory()) return devicesBelow(resolved, inside || host, access || 'rwm');
      const device = deviceOf(stat, inside || host, access || 'rwm');
      if (device !== undefined) return [device];
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error;
      fail('internal', `error gathering device information while adding custom device "${host}": no such file or directory`);
    }
    return fail('internal', `error gathering device information while adding custom device "${host}": not a device node`);
  });
}

function devicesBelow(directory: string, target: string, access: string): HostDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return devicesBelow(path, `${target}/${entry.name}`, access);
    const device = entry.isCharacterDevice() || entry.isBlockDevice() ? deviceOf(lstatSync(path), `${target}/${entry.name}`, access) : undefined;
    return device === undefined ? [] : [device];
  });
}

const HIDDEN = ['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console'];

/** All devices of the host, for privileged containers. */
export function hostDevices(): HostDevice[] {
  return readdirSync('/dev').filter((name) => !HIDDEN.includes(name)).flatMap((name) => {
    const path = `/dev/${name}`;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    if (stat.isDirectory()) return devicesBelow(path, path, 'rwm');
    return deviceOf(stat, path, 'rwm') ?? [];
  });
}

const DEFAULT_RULES: readonly (readonly [number, number])[] = [[1, 5], [1, 3], [1, 9], [1, 8], [5, 0], [5, 1]];

/** The device filter of the cgroup (dockerd: oci/defaults.go, daemon/oci_linux.go `WithDevices`). */
export function deviceRules(config: wire.HostConfig, devices: readonly HostDevice[]): DeviceRule[] {
  if (config.Privileged === true) return [{ allow: true, access: 'rwm' }];
  return [
    { allow: false, access: 'rwm' },
    ...DEFAULT_RULES.map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
    { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
    ...devices.map(({ type, major, minor, access }) => ({ allow: true, type, major, minor, access })),
    ...(config.DeviceCgroupRules ?? []).map(parseRule),
  ];
}

function parseRule(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) fail('invalidArgument', `invalid device cgroup rule format: '${text}'`);
  const [, type = 'a', major = '*', minor = '*', access = ''] = match;
  return { allow: true, type, ...(major === '*' ? {} : { major: Number(major) }), ...(minor === '*' ? {} : { minor: Number(minor) }), access };
}
