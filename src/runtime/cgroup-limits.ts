import { fail } from '#base/errors.ts';
import type { Int64 } from '#spec/runtime.ts';

/** Where limits are written: makes `cgroup.set` steps, or warns when the host has no such controller. */
export interface LimitWriter {
  /** `optional`: a refusal by the kernel is a warning. */
  set(controller: string, file: string, data: string, optional?: boolean): void;
  warn(text: string): void;
}

/** Decimal text of a limit; -1 as `unlimited`. Throws invalidArgument for what is no integer. */
export function limitText(property: string, value: Int64, unlimited: string): string {
  if (typeof value === 'number' && !Number.isInteger(value)) fail('invalidArgument', `linux.resources.${property}: ${value} is not an integer`);
  const exact = BigInt(value);
  if (exact === -1n) return unlimited;
  if (exact < 0n || exact > 0xffff_ffff_ffff_ffffn) fail('invalidArgument', `linux.resources.${property}: ${exact} is out of range`);
  return String(exact);
}
