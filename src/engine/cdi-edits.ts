import { statSync } from 'node:fs';
import { errnoOf, fail } from '#base/errors.ts';
import type { CdiDeviceNode, ContainerEdits } from '#spec/cdi.ts';
import type { DeviceSpec, HookSpec, HooksSpec, MountSpec, RuntimeSpec } from '#spec/runtime.ts';
import { deviceNumbers } from './devices.ts';

/** Merges edits into a specification: what they bring replaces what was at the same place. Throws for a device that is not on the host. */
export function applyEdits(spec: RuntimeSpec, edits: readonly ContainerEdits[]): RuntimeSpec {
  if (edits.length === 0) return spec;
  const result = structuredClone(spec);
  for (const edit of edits) {
    addEnvironment(result, edit.env ?? []);
    for (const node of edit.deviceNodes ?? []) addDevice(result, node);
    addMounts(result, (edit.mounts ?? []).map(({ hostPath, containerPath, options, type }) => ({
      source: hostPath, destination: containerPath, ...(options === undefined ? {} : { options: [...options] }), ...(type === undefined ? {} : { type }),
    })));
    for (const { hookName, ...hook } of edit.hooks ?? []) addHook(result, hookName as keyof HooksSpec, hook);
    addGroups(result, edit.additionalGids ?? []);
    if (edit.intelRdt !== undefined) result.linux = { ...result.linux, intelRdt: { ...edit.intelRdt } };
  }
  result.mounts = parentsFirst(result.mounts ?? []);
  return result;
}

function addEnvironment({ process }: RuntimeSpec, env: readonly string[]): void {
  if (process === undefined) return;
  for (const entry of env) {
    const prefix = entry.slice(0, entry.indexOf('=') + 1);
    const at = (process.env ?? []).findIndex((each) => each.startsWith(prefix));
    if (at < 0) process.env = [...(process.env ?? []), entry];
    else process.env?.splice(at, 1, entry);
  }
}

function addDevice(spec: RuntimeSpec, node: CdiDeviceNode): void {
  const device = completed(node);
  const { uid = 0, gid = 0 } = spec.process?.user ?? {};
  // A device belongs to the container's user unless the specification says whose it is.
  const owned = { ...device, ...(device.uid === undefined && uid > 0 ? { uid } : {}), ...(device.gid === undefined && gid > 0 ? { gid } : {}) };
  const linux = (spec.linux ??= {});
  linux.devices = [...(linux.devices ?? []).filter(({ path }) => path !== device.path), owned];
  if (device.type === 'p') return;
  const rule = { allow: true, type: device.type, major: device.major, minor: device.minor, access: node.permissions || 'rwm' };
  linux.resources = { ...linux.resources, devices: [...(linux.resources?.devices ?? []), rule] };
}

/** Type and numbers that the specification leaves out are the host's. */
function completed({ path, hostPath = path, type = '', major = 0, minor = 0, fileMode, uid, gid }: CdiDeviceNode): DeviceSpec {
  const rest = { ...(fileMode === undefined ? {} : { fileMode }), ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  if (type !== '' && (major !== 0 || type === 'p')) return { path, type, major, minor, ...rest };
  const host = hostDevice(hostPath);
  if (type !== '' && type !== host.type) fail('internal', `CDI device injection failed: failed to inject devices: CDI device ("${path}", "${hostPath}"), host type mismatch (${type}, ${host.type})`);
  return { path, ...host, ...(major === 0 ? {} : { major, minor }), ...rest };
}

function hostDevice(path: string): { type: string; major: number; minor: number } {
  const prefix = `CDI device injection failed: failed to inject devices: failed to stat CDI host device "${path}": `;
  try {
    const stat = statSync(path);
    const type = stat.isCharacterDevice() ? 'c' : stat.isBlockDevice() ? 'b' : stat.isFIFO() ? 'p' : fail('internal', `${prefix}not a device node`);
    return { type, ...deviceNumbers(stat.rdev) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') fail('internal', `${prefix}no such file or directory`);
    throw error;
  }
}

function addMounts(spec: RuntimeSpec, mounts: readonly MountSpec[]): void {
  for (const mount of mounts) spec.mounts = [...(spec.mounts ?? []).filter(({ destination }) => destination !== mount.destination), mount];
}

// A mount below another one comes after it.
function parentsFirst(mounts: readonly MountSpec[]): MountSpec[] {
  const depth = ({ destination }: MountSpec): number => destination.split('/').filter(Boolean).length;
  return mounts.toSorted((a, b) => depth(a) - depth(b));
}

function addHook(spec: RuntimeSpec, name: keyof HooksSpec, hook: HookSpec): void {
  spec.hooks = { ...spec.hooks, [name]: [...(spec.hooks?.[name] ?? []), hook] };
}

function addGroups({ process }: RuntimeSpec, gids: readonly number[]): void {
  if (process === undefined) return;
  const groups = process.user.additionalGids ?? [];
  process.user.additionalGids = [...groups, ...gids.filter((gid, index) => gid !== 0 && !groups.includes(gid) && gids.indexOf(gid) === index)];
}
