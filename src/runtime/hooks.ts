import { fail } from '#base/errors.ts';
import type { HookSpec, HooksSpec } from '#spec/runtime.ts';
import type { OciState } from '#spec/runtime-state.ts';
import { type Context, checkText } from './context.ts';
import type { Op } from './plan.ts';

// Stands for the pid in the state document while it is cut in two: no id or path can contain a NUL byte.
const PID = '\0pid\0';

/** The hooks of one kind as steps. poststart and poststop are not part of a plan: the caller runs them. */
export function compileHooks(context: Context, kind: Exclude<keyof HooksSpec, 'poststart' | 'poststop'>): Op[] {
  const inside = kind === 'createContainer' || kind === 'startContainer';
  const [statePrefix, stateSuffix] = hookState(context, kind === 'startContainer' ? 'created' : 'creating');
  return (context.spec.hooks?.[kind] ?? []).map((hook) => {
    checkHook(kind, hook);
    return {
      kind: 'hook',
      side: inside ? 'init' : 'shim',
      path: hook.path,
      args: hook.args ?? [hook.path],
      env: hook.env ?? [],
      timeoutMs: (hook.timeout ?? 0) * 1000,
      statePrefix,
      stateSuffix,
      note: kind,
    };
  });
}

/** Text before and after the pid in the state document (OCI runtime.md "State"). */
export function hookState(context: Context, status: OciState['status']): [prefix: string, suffix: string] {
  const state = {
    ociVersion: context.spec.ociVersion,
    id: context.id,
    status,
    pid: PID,
    bundle: context.bundle,
    ...(context.spec.annotations === undefined ? {} : { annotations: context.spec.annotations }),
  };
  const [prefix = '', suffix = ''] = JSON.stringify(state).split(JSON.stringify(PID));
  return [prefix, suffix];
}

/** Refuses hooks that the specification does not allow. */
export function checkHook(kind: string, hook: HookSpec): void {
  if (!checkText(`hooks.${kind}`, hook.path ?? '').startsWith('/')) fail('invalidArgument', `hooks.${kind}: path ${JSON.stringify(hook.path)} is not absolute`);
  for (const text of [...(hook.args ?? []), ...(hook.env ?? [])]) checkText(`hooks.${kind}`, text);
  if (hook.timeout !== undefined && (!Number.isInteger(hook.timeout) || hook.timeout <= 0)) fail('invalidArgument', `hooks.${kind}: timeout ${hook.timeout} is not above zero`);
}
