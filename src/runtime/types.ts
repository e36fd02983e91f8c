import type { RuntimeSpec } from '#spec/runtime.ts';
import type { RootMount } from '#spec/mount.ts';
import type { Blob, Plan } from './plan.ts';

/** Facts about the host that the compiler needs; read once at start by the kernel layer's probes. */
export interface HostFacts {
  readonly kernel: { readonly release: string; readonly major: number; readonly minor: number };
  /** seccomp's name: SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64. */
  readonly arch: 'x86_64' | 'aarch64';
  readonly cgroup: CgroupFacts;
  /** Capabilities in our own bounding set, as a mask; what lacks is left out of plans with a warning. */
  readonly boundingCaps: bigint;
  readonly lastCap: number;
  readonly lsm: { readonly apparmor: boolean; readonly selinux: boolean };
  readonly cpus: string; // list format, "0-1"
  readonly mems: string;
  readonly memoryBytes: number;
  readonly cpuCount: number;
  readonly rootless: boolean;
  readonly bootId: string;
}

export type CgroupFacts =
  | { readonly version: 2; readonly root: string; readonly controllers: readonly string[] }
  /** Controllers of v1 with their mount points; `unified` is the hybrid's cgroup2 mount or "". */
  | { readonly version: 1; readonly controllers: Readonly<Record<string, string>>; readonly unified: string };

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
}

/** rtnetlink requests as bytes with a line each for people. */
export interface NetworkPlan {
  readonly host: readonly { readonly note: string; readonly messages: readonly Blob[] }[];
  readonly inside: readonly { readonly note: string; readonly messages: readonly Blob[] }[];
}

/** Compiles a spec to a plan. Pure: same input, same plan. Throws invalidArgument for what the spec may not say. */
export type Compile = (input: CompileInput, host: HostFacts) => Plan;
