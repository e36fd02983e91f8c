import type { RuntimeSpec } from '#spec/runtime.ts';
import type { RootMount } from '#spec/mount.ts';
import type { HostFacts } from '#spec/host.ts';
import type { NetworkPlan } from '#spec/network-plan.ts';
import type { Plan } from './plan.ts';

export type { CgroupFacts, HostFacts } from '#spec/host.ts';
export type { NetworkPlan } from '#spec/network-plan.ts';

/** What surrounds a spec when it is compiled; none of it is in config.json. */
export interface CompileInput {
  readonly id: string;
  readonly spec: RuntimeSpec;
  /** Bundle directory: relative root paths and hooks' state use it. "" for the engine's own containers. */
  readonly bundle: string;
  /** How the root is mounted inside the container's own mount namespace; undefined: spec.root.path is a directory. */
  readonly rootMount?: RootMount;
  readonly stdio: { readonly terminal: boolean; readonly stdin: boolean; readonly stdinOnce: boolean; readonly inherit: boolean; readonly rows: number; readonly cols: number };
  readonly log?: { readonly path: string; readonly maxSize: number; readonly maxFiles: number; readonly attrs: string };
  /** Network set-up, from the network layer: messages for the host's side and for the container's. */
  readonly network?: NetworkPlan;
  readonly consoleSocket: string;
  readonly fifo: string;
  readonly preserveFds: number;
  readonly noPivot: boolean;
  readonly createCwd: boolean;
  /** Links made in the root, with their parents, before anything is mounted in it; what has their name already stays. */
  readonly links?: readonly { readonly path: string; readonly target: string }[];
  /** Keep the caller's session keyring. */
  readonly noNewKeyring?: boolean;
}

/** Compiles a spec to a plan. Pure: same input, same plan. Throws invalidArgument for what the spec may not say. */
export type Compile = (input: CompileInput, host: HostFacts) => Plan;
