import { errnoOf } from '#base/errors.ts';
import { fail } from '#base/errors.ts';
import type { RootMount } from '#spec/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './constants.ts';
import { check } from './errno.ts';
import { closeFd, openDir } from './fs-at.ts';
import { cloneTree, mountDetached, setMountAttributes } from './mounts.ts';
import { native } from './native.ts';
import type { RootView } from './types.ts';

// What is looked at through a view is data: its devices are not to be opened and its programs not to be run.
const ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

type Overlay = Extract<RootMount, { type: 'overlay' }>;

/**
 * Opens a root without a mount point. Stacks that overlayfs refuses because they need no overlay (one layer and nothing
 * to write to; only something to write to) are bound instead. Read-only when `readonly` or when nothing is writable.
 * Not for the root of a running container: its overlay is mounted already; go through /proc/PID/root.
 */
export function openRootView(mount: RootMount, readonly: boolean = false): RootView {
  return view(open(mount, readonly));
}

/** The root directory of a running process, through /proc: it belongs to another mount namespace and cannot be cloned. */
export function openProcessRoot(pid: number): RootView {
  return view(openDir(`/proc/${pid}/root`));
}

function open(mount: RootMount, readonly: boolean): number {
  if (mount.type === 'bind') return bind(mount.source, readonly || mount.readonly);
  const [only] = mount.lower;
  if (mount.upper === undefined && mount.lower.length === 1) return bind(`${mount.base}/${only}`, true);
  if (mount.lower.length === 0) {
    return bind(`${mount.base}/${mount.upper ?? fail('invalidArgument', `mounting a root below ${mount.base}: no layers`)}`, readonly);
  }
  return overlay(mount, readonly);
}

function view(fd: number): RootView {
  let open = true;
  return {
    fd,
    [Symbol.dispose](): void {
      if (open) closeFd(fd);
      open = false;
    },
  };
}

function bind(path: string, readonly: boolean): number {
  return attributed(cloneTree(path), readonly);
}

function attributed(fd: number, readonly: boolean): number {
  try {
    setMountAttributes(fd, ATTRIBUTES | (readonly ? MOUNT_ATTR_RDONLY : 0));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

let layerByLayer: boolean | undefined;

function overlay(mount: Overlay, readonly: boolean): number {
  if (layerByLayer !== false) {
    try {
      const fd = overlayByConfig(mount, readonly);
      layerByLayer = true;
      return fd;
    } catch (error) {
      // `lowerdir+` came with Linux 6.8; before that a value is cut off at 256 bytes, so only mount(2) takes a stack.
      if (layerByLayer === true || errnoOf(error) !== 'EINVAL') throw error;
    }
  }
  const fd = overlayInThread(mount, readonly);
  layerByLayer = false;
  return fd;
}

function overlayByConfig(mount: Overlay, readonly: boolean): number {
  const base = openDir(mount.base);
  try {
    // Values are at most 255 bytes: name the directories through an fd, however long the data root's path is.
    const at = (name: string): string => `/proc/self/fd/${base}/${name}`;
    const layers = mount.lower.map((name) => ['lowerdir+', at(name)] as const);
    const writable = mount.upper === undefined ? [] : [['upperdir', at(mount.upper)] as const, ['workdir', at(mount.work ?? '')] as const];
    const attributes = ATTRIBUTES | (readonly ? MOUNT_ATTR_RDONLY : 0);
    return mountDetached('overlay', [...layers, ...writable, ...(mount.options ?? []).map(option)], attributes);
  } finally {
    closeFd(base);
  }
}

function option(text: string): readonly [string, string | null] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** The way of kernels before 6.8: exported for the test that keeps it alive on newer ones. */
export function overlayInThread(mount: Overlay, readonly: boolean): number {
  const writable = mount.upper === undefined ? [] : [`upperdir=${mount.upper}`, `workdir=${mount.work ?? ''}`];
  const data = [`lowerdir=${mount.lower.join(':')}`, ...writable, ...(mount.options ?? [])].join(',');
  if (Buffer.byteLength(data) > 4095) fail('invalidArgument', `mounting a root below ${mount.base}: ${mount.lower.length} layers do not fit in one page of mount data`);
  return attributed(check(native().hiddenOverlay(mount.base, data, 0), 'mounting an overlay below', mount.base), readonly);
}
