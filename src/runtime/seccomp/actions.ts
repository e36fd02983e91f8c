import { fail } from '#base/errors.ts';

// SECCOMP_RET_* (include/uapi/linux/seccomp.h). SCMP_ACT_KILL is libseccomp's old name for killing the thread.
const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0x0000_0000,
  SCMP_ACT_KILL_THREAD: 0x0000_0000,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_NOTIFY: 0x7fc0_0000,
};

const FLAGS: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_NEW_LISTENER: 8,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};

const EPERM = 1;
const ENOSYS = 38;

/** Names for `features`. */
export const ACTION_NAMES: readonly string[] = Object.keys(ACTIONS);
export const FLAG_NAMES: readonly string[] = Object.keys(FLAGS).filter((name) => name !== 'SECCOMP_FILTER_FLAG_NEW_LISTENER');

/** What a call of an ABI that the profile does not have gets: libseccomp's default. */
export const BAD_ARCHITECTURE: number = ACTIONS['SCMP_ACT_KILL_THREAD'] ?? 0;
export const NO_SYSTEM_CALL: number = (ACTIONS['SCMP_ACT_ERRNO'] ?? 0) | ENOSYS;
export const NOTIFY: number = ACTIONS['SCMP_ACT_NOTIFY'] ?? 0;
export const NEW_LISTENER = 8;
export const SPEC_ALLOW = 4;

/** The value that a filter returns for an action. `errnoRet` is for ERRNO and TRACE only; without it EPERM. */
export function actionValue(action: string, errnoRet: number | undefined): number {
  const value = ACTIONS[action] ?? fail('invalidArgument', `invalid seccomp action ${JSON.stringify(action)}`);
  const takesData = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  if (!takesData) {
    if (errnoRet !== undefined && errnoRet !== 0) fail('invalidArgument', `seccomp action ${action} takes no errnoRet`);
    return value;
  }
  const data = errnoRet ?? EPERM;
  if (!Number.isInteger(data) || data < 0 || data > 0xffff) fail('invalidArgument', `seccomp errnoRet ${data} is out of range`);
  return value + data;
}

/** True for actions that let the call happen. */
export function isPermissive(action: string): boolean {
  return action === 'SCMP_ACT_ALLOW' || action === 'SCMP_ACT_LOG';
}

/** SECCOMP_FILTER_FLAG_* bits. */
export function flagBits(flags: readonly string[]): number {
  return flags.reduce((sum, flag) => sum | (FLAGS[flag] ?? fail('invalidArgument', `unknown seccomp flag ${JSON.stringify(flag)}`)), 0);
}
