import { readFileSync, rmSync, unlinkSync } from 'node:fs';
import { errnoOf } from '#base/errors.ts';
import type { CgroupDirs } from '#kernel/cgroup.ts';
import type { ExitRecord, ProcessIdentity } from '#spec/exit-record.ts';

/**
 * The run directory of a task:
 *
 *   intent.json   by us, before the shim is started: what will have to be cleaned up
 *   shim.json     by the shim, first of all: its identity
 *   init.json     by the shim, once the process is created
 *   started       by the shim, once it let the process go on to exec
 *   exit.json     by the shim, before it tells anyone
 *   execs/ID.json the same for execs
 *   s             the shim's socket
 */
export interface Intent {
  readonly version: 1;
  readonly id: string;
  readonly bootId: string;
  readonly terminal: boolean;
  readonly cgroups: CgroupDirs;
}

export interface RunDirectory {
  readonly intent: Intent | undefined;
  readonly shim: ProcessIdentity | undefined;
  readonly init: { readonly pid: number; readonly startTime: number } | undefined;
  readonly started: boolean;
  readonly exit: ExitRecord | undefined;
}

/** Reads what is there; files that are missing or unreadable (a crash in between) are undefined. */
export function readRunDirectory(path: string): RunDirectory {
  return {
    intent: readJson<Intent>(`${path}/intent.json`, (value) => typeof value.id === 'string' && typeof value.cgroups === 'object' && value.cgroups !== null),
    shim: readJson<ProcessIdentity>(`${path}/shim.json`, isIdentity),
    init: readJson<{ pid: number; startTime: number }>(`${path}/init.json`, (value) => Number.isInteger(value.pid) && Number.isInteger(value.startTime)),
    started: readText(`${path}/started`) !== undefined,
    exit: readExit(`${path}/exit.json`),
  };
}

/** An exit record of a task or an exec; undefined while there is none. */
export function readExit(path: string): ExitRecord | undefined {
  return readJson<ExitRecord>(path, (value) => Number.isInteger(value.code) && typeof value.finishedAt === 'string' && typeof value.startedAt === 'string');
}

/** Removes the record of an exec that was taken up. */
export function dropExecRecord(directory: string, execId: string): void {
  try {
    unlinkSync(`${directory}/execs/${execId}.json`);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Removes the records of execs that ended while nobody listened: who started them is gone. */
export function dropExecRecords(directory: string): void {
  rmSync(`${directory}/execs`, { recursive: true, force: true });
}

function isIdentity(value: Partial<ProcessIdentity>): boolean {
  return Number.isInteger(value.pid) && Number.isInteger(value.startTime) && typeof value.bootId === 'string';
}

function readJson<T extends object>(path: string, valid: (value: Partial<T>) => boolean): T | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as T | null;
    return typeof value === 'object' && value !== null && valid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
