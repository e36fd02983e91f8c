import { fail } from '#base/errors.ts';
import type { LinuxSpec, NamespaceType, ProcessSpec, RuntimeSpec } from '#spec/runtime.ts';
import type { HostFacts } from './types.ts';

/** What every part of the compiler gets. `warn` collects what was asked for and cannot be given on this host. */
export interface Context {
  readonly id: string;
  readonly spec: RuntimeSpec;
  readonly linux: LinuxSpec;
  /** Absolute bundle directory, or "". */
  readonly bundle: string;
  readonly host: HostFacts;
  /** The container has a user namespace of its own (new or joined). */
  readonly userns: boolean;
  readonly warnings: string[];
}

/** Makes the context of one compilation. */
export function makeContext(id: string, spec: RuntimeSpec, bundle: string, host: HostFacts): Context {
  const linux = spec.linux ?? {};
  const userns = (linux.namespaces ?? []).some((n) => n.type === 'user');
  return { id, spec, linux, bundle, host, userns, warnings: [] };
}

/** Adds a warning once. */
export function warn(context: Context, text: string): void {
  if (!context.warnings.includes(text)) context.warnings.push(text);
}

/** The namespace entry of this type, if the spec has one. */
export function namespaceOf(context: Context, type: NamespaceType): { type: NamespaceType; path?: string } | undefined {
  return context.linux.namespaces?.find((n) => n.type === type);
}

/** The process of the spec; invalidArgument when there is none or it has no arguments. */
export function processOf(spec: RuntimeSpec): ProcessSpec {
  const process = spec.process ?? fail('invalidArgument', 'process property must not be empty');
  checkProcess(process);
  return process;
}

/** Refuses what no process may have; texts say which property. */
export function checkProcess(process: ProcessSpec): void {
  if (process.args === undefined || process.args.length === 0) fail('invalidArgument', 'args must not be empty');
  if (typeof process.cwd !== 'string' || !process.cwd.startsWith('/')) fail('invalidArgument', 'Cwd must be an absolute path');
  checkId('process.user.uid', process.user?.uid ?? 0);
  checkId('process.user.gid', process.user?.gid ?? 0);
  for (const gid of process.user?.additionalGids ?? []) checkId('process.user.additionalGids', gid);
  for (const text of [...process.args, ...(process.env ?? []), process.cwd]) checkText('process', text);
}

/** Refuses NUL bytes: they would end the string in the kernel, where a check before saw more. */
export function checkText(property: string, text: string): string {
  if (typeof text !== 'string' || text.includes('\0')) fail('invalidArgument', `${property}: ${JSON.stringify(text)} is not a string without NUL`);
  return text;
}

function checkId(property: string, id: number): void {
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_fffe) fail('invalidArgument', `${property}: ${id} is not an id`);
}
