/**
 * The plan: a container as an ordered list of kernel operations, as plain data (docs/PLAN.md).
 *
 * An operation runs in one of three processes, and the list order is the order of execution across all of them:
 *
 *   shim   the supervisor, in the daemon's (host) namespaces
 *   stage  a short-lived child that joins existing namespaces before the container's process is made; it exists only
 *          when the plan has stage operations, and then it is the one that runs `ns.new` (with CLONE_PARENT)
 *   init   the container's (or exec's) process, from `ns.new` up to `exec`
 *
 * The shim executes the list in lock-step: whenever the side changes, the side that ran reports and the other goes on.
 * A failing operation ends the plan as `{step, errno}`; everything that earlier steps made is undone by the shim.
 *
 * Every operation encodes to: kind u16, a count of integers, the integers (i64), a count of strings, the strings
 * (length-prefixed bytes). `codec.ts` holds the table; `native/shim/plan.h` is generated to the same numbers.
 */

/** Where an operation runs. */
export type Side = 'shim' | 'stage' | 'init';

/** A path inside the new root (resolved with openat2 RESOLVE_IN_ROOT) or on the host. */
export type Where = 'root' | 'host';

/** What a mount target is made as when it is missing; `like`: a directory or a file as the source (a host path) is. */
export type Create = 'none' | 'dir' | 'file' | 'like';

/** Bytes that the shim passes on without looking inside (netlink messages, BPF). */
export type Blob = Uint8Array;

/** One kernel operation. `note` is for people only and is never encoded. */
export type Op = { note?: string } & (
  // ── what the shim is told about its task ──────────────────────────────────────────────────────────────────────────
  /** Stdio of the process: pipes or a terminal. `stdinOnce` closes stdin when the first attached stdin ends. `inherit` keeps the shim's own stdio (berth runtime). */
  | { kind: 'stdio'; terminal: boolean; stdin: boolean; stdinOnce: boolean; inherit: boolean; rows: number; cols: number }
  /** json-file log: rotation at maxSize bytes (-1: never) over maxFiles files; `attrs` is the JSON object for "attrs", or "". */
  | { kind: 'log'; path: string; maxSize: number; maxFiles: number; attrs: string }
  // ── cgroups ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** mkdir of one cgroup directory (parents too); removed again when the task ends or the plan fails. */
  | { kind: 'cgroup.create'; path: string }
  /** Writes `data` to a cgroup (or other host) file. `optional`: a failure is a warning in the result, not an error. */
  | { kind: 'cgroup.set'; path: string; data: string; optional: boolean }
  /** v1 cpuset: where the file (cpuset.cpus, cpuset.mems) is empty, copies the parent directory's content into it, first in its ancestors. */
  | { kind: 'cgroup.inherit'; path: string }
  /** Device filter of cgroup v2: loads the BPF program and attaches it to the directory. */
  | { kind: 'cgroup.devices'; path: string; program: Blob }
  /** init (in exec plans stage: it stands before ns.enter, where the host's paths can still be opened): writes "0" to `tasks` (v1) of every directory: migrates itself without the global lock (kernel/cgroup/cgroup.c, cgroup_procs_write_start). */
  | { kind: 'cgroup.enter'; paths: string[] }
  // ── namespaces ────────────────────────────────────────────────────────────────────────────────────────────────────
  /** stage: setns to a namespace file, `flag` is the CLONE_NEW* bit (0: any type). */
  | { kind: 'ns.join'; path: string; flag: number }
  /** stage: setns through the pidfd of the task's init (exec), `flags` are CLONE_NEW* bits; then fchdir to its root. */
  | { kind: 'ns.enter'; pid: number; startTime: number; flags: number }
  /** stage: unshare (CLONE_NEWTIME) and write offsets to /proc/self/timens_offsets ("" for none). */
  | { kind: 'ns.time'; offsets: string }
  /** shim or stage: clone3 of the init with these CLONE_NEW* flags (0 for exec); `cgroup` is a v2 directory for CLONE_INTO_CGROUP or "". */
  | { kind: 'ns.new'; flags: number; cgroup: string }
  /** shim: writes uid_map, gid_map and setgroups of the init. */
  | { kind: 'userns.map'; uidMap: string; gidMap: string; setgroups: '' | 'allow' | 'deny' }
  /** init: unshare, used for CLONE_NEWCGROUP after cgroup.enter. */
  | { kind: 'ns.unshare'; flags: number }
  // ── network ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Sends rtnetlink requests one by one and waits for each ACK, in the namespace of `side`. Before shim-side messages that follow ns.new, fd NETNS_FD refers to the init's network namespace; on the init side fd NETNS_FD refers to the host's (the shim's). */
  | { kind: 'netlink'; side: 'shim' | 'init'; messages: Blob[] }
  // ── hooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Runs a program with the container state on stdin: `statePrefix` + decimal pid of the init + `stateSuffix`. timeoutMs 0: none. */
  | { kind: 'hook'; side: 'shim' | 'init'; path: string; args: string[]; env: string[]; timeoutMs: number; statePrefix: string; stateSuffix: string }
  // ── mounts (all init) ─────────────────────────────────────────────────────────────────────────────────────────────
  /** mount(NULL, path, NULL, flags): propagation of the host tree as the new namespace sees it. A path that is no mount point means the mount that holds it (walk up on EINVAL). */
  | { kind: 'propagation'; path: string; flags: number; where: Where }
  /** mount(2). A tmpfs whose data has no "mode=" takes the mode of the directory that it covers, if that existed. `cwd`: directory to be in while mounting ("" none), so that long lists of layers stay short. `source` is a host path; that of a bind in the root with a `cwd` is resolved inside `cwd`. */
  | { kind: 'mount'; source: string; target: string; fstype: string; flags: number; data: string; where: Where; create: Create; createMode: number; cwd: string }
  /** mount_setattr on a mount in the root: `set`/`clear` are MOUNT_ATTR_*; maps non-empty: idmapped mount. */
  | { kind: 'mount.attr'; target: string; set: number; clear: number; recursive: boolean; uidMap: string; gidMap: string }
  /** Opens the directory that is to be the root; later `where: 'root'` paths resolve inside it. */
  | { kind: 'root.open'; path: string }
  /** mount of a tmpfs over `target` in the root, keeping what was there (runc's tmpcopyup). */
  | { kind: 'tmpfs.copyup'; target: string; flags: number; data: string }
  | { kind: 'symlink'; target: string; path: string }
  /** mknod in the root. `mode` includes the type bits. An existing node of the same type and number is accepted. */
  | { kind: 'mknod'; path: string; mode: number; major: number; minor: number; uid: number; gid: number }
  /** Hides a path in the root: a directory by an empty read-only tmpfs, a file by /dev/null; missing is fine. */
  | { kind: 'mask'; path: string; label: string }
  /** Binds a path on itself and makes it read-only; missing is fine. */
  | { kind: 'readonly'; path: string }
  /** Allocates the terminal in the container's devpts, binds it to /dev/console, hands the master to the shim (or to `socket`, SCM_RIGHTS). */
  | { kind: 'console'; socket: string; bind: boolean }
  /** Makes the opened root the root: pivot_root (old root detached), or MS_MOVE + chroot where pivot_root is impossible. */
  | { kind: 'pivot_root'; mode: 'pivot' | 'move' }
  /** Remounts / read-only, keeping its other flags. */
  | { kind: 'root.readonly' }
  /** Propagation of / after the pivot (linux.rootfsPropagation). */
  | { kind: 'root.propagation'; flags: number }
  // ── the process (all init, but proc.oom) ──────────────────────────────────────────────────────────────────────────
  | { kind: 'hostname'; name: string }
  | { kind: 'domainname'; name: string }
  /** Writes /proc/sys/<key with dots as slashes>. */
  | { kind: 'sysctl'; key: string; value: string }
  /** RLIMIT_NOFILE: HOME is looked up first (exec.find, `setHome`), because later steps may not be able to open a file. */
  | { kind: 'rlimit'; resource: number; soft: bigint; hard: bigint }
  /** shim: /proc/<init>/oom_score_adj. A refused lowering is a warning. */
  | { kind: 'proc.oom'; score: number }
  | { kind: 'proc.scheduler'; policy: number; nice: number; priority: number; flags: bigint; runtime: bigint; deadline: bigint; period: bigint }
  | { kind: 'proc.ioprio'; value: number }
  | { kind: 'proc.personality'; persona: number }
  /** CPU list mask as bytes for sched_setaffinity. */
  | { kind: 'proc.affinity'; mask: Blob }
  /** setsid, controlling terminal, stdio onto 0, 1, 2. */
  | { kind: 'session' }
  /** A new session keyring with this name, so that the caller's keys are out of reach. */
  | { kind: 'keyring'; name: string }
  /** Drops everything outside `bounding` from the bounding set and sets PR_SET_KEEPCAPS. */
  | { kind: 'caps.bound'; bounding: bigint }
  /** setgroups, setresgid, setresuid. `setgroups` false where the user namespace denies it. */
  | { kind: 'ids'; uid: number; gid: number; groups: number[]; setgroups: boolean }
  | { kind: 'caps.set'; effective: bigint; permitted: bigint; inheritable: bigint; ambient: bigint }
  | { kind: 'no_new_privs' }
  /** The label that the next exec takes: /proc/self/attr/apparmor/exec ("exec <profile>") or /proc/self/attr/exec (SELinux). */
  | { kind: 'lsm'; type: 'apparmor' | 'selinux'; label: string }
  /** seccomp(SECCOMP_SET_MODE_FILTER, flags). `listener`: unix socket to which the notify fd and the container state are sent ("" none). */
  | { kind: 'seccomp'; program: Blob; flags: number; listener: string; listenerMetadata: string }
  | { kind: 'umask'; mask: number }
  /** chdir, created when missing (`create`, as Docker does), and refused when the result is outside the root. */
  | { kind: 'chdir'; path: string; create: boolean }
  /** Resolves argv[0] against PATH of `env` and checks that it can be executed; the failure is ENOENT or EACCES. `setHome`: HOME from the root's /etc/passwd when env has none. */
  | { kind: 'exec.find'; argv: string[]; env: string[]; setHome: boolean }
  /** The init reports `created` and waits: for the shim's `start` (fifo ""), or for a reader of the fifo (berth runtime). */
  | { kind: 'start.wait'; fifo: string }
  /** close_range(3 + preserve, CLOEXEC) and execve of what exec.find resolved. Always last. */
  | { kind: 'exec'; preserveFds: number }
);

export type OpKind = Op['kind'];

/** An operation of one kind. */
export type OpOf<K extends OpKind> = Extract<Op, { kind: K }>;

/** A compiled plan. `warnings` are things that were asked for and cannot be given here (missing capability, controller…). */
export interface Plan {
  readonly version: 1;
  readonly ops: readonly Op[];
  readonly warnings: readonly string[];
}

/** How a plan ended early. `step` counts from 0; `detail` names the path or object as the kernel saw it, or "". */
export interface PlanFailure {
  readonly step: number;
  readonly errno: number;
  readonly detail: string;
}
