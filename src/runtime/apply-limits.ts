import { basename, dirname } from 'node:path';
import { fail, messageOf } from '#base/errors.ts';
import { readCgroupFile, writeCgroupFile } from '#kernel/cgroup.ts';
import type { Op } from './plan.ts';

/**
 * Runs a plan of `cgroup.set` steps on a task that lives: what `update` does, here and behind runc's command line. All or
 * nothing: when a step fails, those before it are taken back in reverse and the failure is thrown. An optional step that
 * fails is a warning.
 */
export function applyLimits(ops: readonly Op[], warn: (text: string) => void): void {
  const done: { directory: string; file: string; before: string | undefined }[] = [];
  for (const op of ops) {
    if (op.kind !== 'cgroup.set') fail('internal', `${op.kind} is no step of an update`);
    const [directory, file] = [dirname(op.path), basename(op.path)];
    const before = valueOf(directory, file);
    try {
      if (!writeCgroupFile(directory, file, op.data)) fail('notFound', `${op.path} does not exist`);
      done.push({ directory, file, before });
    } catch (error) {
      if (!op.optional) {
        takeBack(done, warn);
        throw error;
      }
      warn(`setting ${op.path}: ${messageOf(error)}`);
    }
  }
}

// Undefined for what can't be read: it can't be taken back either.
function valueOf(directory: string, file: string): string | undefined {
  try {
    return readCgroupFile(directory, file);
  } catch {
    return undefined;
  }
}

function takeBack(done: readonly { directory: string; file: string; before: string | undefined }[], warn: (text: string) => void): void {
  for (const { directory, file, before } of done.toReversed()) {
    if (before === undefined) continue;
    try {
      writeCgroupFile(directory, file, before === '' ? '\n' : before);
    } catch (error) {
      warn(`setting ${directory}/${file} back to ${before}: ${messageOf(error)}`);
    }
  }
}
