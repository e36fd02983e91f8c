import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, existsSync, writeFileSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, fail } from '#base/errors.ts';
import type { ProcessIdentity } from '#spec/exit-record.ts';
import type { RuntimeSpec } from '#spec/runtime.ts';
import type { OciState } from '#spec/runtime-state.ts';
import { isFrozen } from '#kernel/cgroup.ts';
import { isRunning } from '#kernel/procfs.ts';

/** What is remembered of a container in ROOT/ID/state.json; its specification lies beside it as config.json. */
export interface ContainerRecord extends ProcessIdentity {
  readonly version: 1;
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  readonly owner: string;
  readonly cgroups: Readonly<Record<string, string>>;
}

export type Status = OciState['status'];

/** A container as loaded from its directory. */
export interface Container {
  readonly record: ContainerRecord;
  readonly directory: string;
  readonly status: Status;
}

/** Name of the fifo on which a created container waits. */
export const FIFO = 'exec.fifo';

/** Refuses ids that are no plain file names, with runc's text. */
export function checkId(id: string | undefined): string {
  if (id === undefined || id === '') fail('invalidArgument', 'container id cannot be empty');
  if (id.length > 1024 || id === '.' || id === '..' || !/^[\w+\-.]+$/.test(id)) fail('invalidArgument', `invalid container ID format: ${JSON.stringify(id)}`);
  return id;
}

/** Claims the directory of a new container. Throws conflict when the id is taken. */
export function makeDirectory(root: string, id: string): string {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const directory = join(root, id);
  try {
    mkdirSync(directory, { mode: 0o711 });
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') fail('conflict', 'container with given ID already exists', { cause: error });
    throw error;
  }
  return directory;
}

/** Path of the fifo on which a created container waits. */
export function fifoPath(directory: string): string {
  return join(directory, FIFO);
}

/** Writes a file so that readers see all of it or the one before. */
export function writeWhole(path: string, text: string, mode: number = 0o600): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
}

export function saveRecord(directory: string, record: ContainerRecord): void {
  writeWhole(join(directory, 'state.json'), `${JSON.stringify(record)}\n`);
}

export function saveSpec(directory: string, spec: RuntimeSpec): void {
  writeWhole(join(directory, 'config.json'), `${JSON.stringify(spec)}\n`);
}

/** The specification that the container was made from, as updated since. */
export function loadSpec(directory: string): RuntimeSpec {
  return JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as RuntimeSpec;
}

/** Loads a container. Throws notFound with runc's text. */
export function loadContainer(root: string, id: string | undefined): Container {
  const name = checkId(id);
  return tryLoad(root, name) ?? fail('notFound', `container "${name}" does not exist`);
}

/** All containers below the root, by id. */
export function listContainers(root: string): Container[] {
  let names: string[] = [];
  try {
    names = readdirSync(root).sort();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return names.flatMap((name) => (/^[\w+\-.]+$/.test(name) ? (tryLoad(root, name) ?? []) : []));
}

/** A container or undefined; a directory that is still being filled is none. */
export function tryLoad(root: string, id: string): Container | undefined {
  const directory = join(root, id);
  let record: ContainerRecord;
  try {
    record = JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')) as ContainerRecord;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  return { record, directory, status: statusOf(record, directory) };
}

function statusOf(record: ContainerRecord, directory: string): Status {
  if (!isRunning(record)) return 'stopped';
  if (existsSync(fifoPath(directory))) return 'created';
  return isFrozen(record.cgroups) ? 'paused' : 'running';
}

/** The state document of the specification. */
export function ociState(container: Container, spec: RuntimeSpec): OciState {
  const { record, status } = container;
  return {
    ociVersion: spec.ociVersion,
    id: record.id,
    status,
    pid: status === 'stopped' ? 0 : record.pid,
    bundle: record.bundle,
    ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
  };
}

/** Removes a container's directory. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** User name of a directory's owner, for lists. */
export function ownerOf(directory: string): string {
  const { uid } = lstatSync(directory);
  try {
    const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((text) => text.split(':')[2] === String(uid));
    return line?.split(':')[0] ?? `#${uid}`;
  } catch {
    return `#${uid}`;
  }
}
