import type { HookSpec, RuntimeSpec } from '#spec/runtime.ts';
import type { OciState } from '#spec/runtime-state.ts';
import { messageOf } from '#base/errors.ts';
import { runProgram } from '#kernel/run-program.ts';

/** Hooks that run outside of plans: after start and after the end. Each failure is a warning (runtime.md "Lifecycle"). */
export function runLateHooks(kind: 'poststart' | 'poststop', spec: RuntimeSpec, state: OciState, warn: (text: string) => void): void {
  for (const hook of spec.hooks?.[kind] ?? []) {
    try {
      runLateHook(hook, state);
    } catch (error) {
      warn(`${kind} hook: ${messageOf(error)}`);
    }
  }
}

function runLateHook(hook: HookSpec, state: OciState): void {
  runProgram({ path: hook.path, args: hook.args ?? [hook.path], env: hook.env ?? [], stdin: JSON.stringify(state), timeoutMs: (hook.timeout ?? 0) * 1000 });
}
