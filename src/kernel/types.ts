/**
 * The only door to the host. Everything here is a small interface so that the layers above can be tested with
 * recording fakes; `main` constructs the real ones. Errors are BerthErrors whose `data.errno` is the errno name.
 */

/** A started program that is nobody's child (double fork), so that it outlives us without becoming a zombie. */
export interface SpawnDetached {
  /** Sealed memfd of the program ({@link Programs.sealed}). */
  readonly program: number;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Child fd number → our fd. 0,1,2 default to /dev/null; everything else is closed. */
  readonly fds: Readonly<Record<number, number>>;
  readonly cwd: string;
}

export interface Programs {
  /** Copies a file into a memfd sealed against every change (CVE-2019-5736) once, and returns its fd. */
  sealed(path: string): number;
  spawnDetached(options: SpawnDetached): { pid: number };
}

/** A root opened without a mount point (fsopen, fsmount): nothing appears in the host's mount table; closing unmounts it. */
export interface RootView extends Disposable {
  /** O_PATH fd of the root directory; every path below is resolved with openat2(RESOLVE_IN_ROOT). */
  readonly fd: number;
}

/** rtnetlink socket in our own network namespace. */
export interface Netlink extends Disposable {
  /** Sends one request and returns the answer's payload messages; throws on NLMSG_ERROR. */
  request(message: Uint8Array): readonly Uint8Array[];
}

export interface Nft {
  /** Applies a ruleset text atomically. Throws with nft's own message. */
  apply(ruleset: string): void;
}
