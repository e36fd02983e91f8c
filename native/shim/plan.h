/*
 * A plan as the daemon sends it: an ordered list of kernel operations (src/runtime/plan.ts says what each does,
 * src/runtime/codec.ts draws the bytes). Decoding checks everything that can be checked without the kernel, so that the
 * code that runs operations may trust counts, terminators and sides.
 */
#pragma once

#include "util.h"

enum side { SIDE_SHIM = 0, SIDE_STAGE = 1, SIDE_INIT = 2 };

#define ANY_SIDE 3    /* the plan says */
#define BIRTH_SIDE 4  /* ns.new: shim or stage */
#define ENTER_SIDE 5  /* cgroup.enter: stage or init */
#define BLOB_LIST 128 /* the lists hold bytes, not texts */

/*
 * name, number, integers, single strings, lists (their counts are the first integers), which strings are bytes, side.
 * The same table as OPS in src/runtime/codec.ts; numbers are never reused.
 */
#define OPS(X)                                  \
  X(STDIO, 1, 6, 0, 0, 0, SIDE_SHIM)            \
  X(LOG, 2, 2, 2, 0, 0, SIDE_SHIM)              \
  X(CGROUP_CREATE, 3, 0, 1, 0, 0, SIDE_SHIM)    \
  X(CGROUP_SET, 4, 1, 2, 0, 0, SIDE_SHIM)       \
  X(CGROUP_DEVICES, 5, 0, 2, 0, 2, SIDE_SHIM)   \
  X(CGROUP_ENTER, 6, 1, 0, 1, 0, ENTER_SIDE)    \
  X(NS_JOIN, 7, 1, 1, 0, 0, SIDE_STAGE)         \
  X(NS_ENTER, 8, 3, 0, 0, 0, SIDE_STAGE)        \
  X(NS_TIME, 9, 0, 1, 0, 0, SIDE_STAGE)         \
  X(NS_NEW, 10, 1, 1, 0, 0, BIRTH_SIDE)         \
  X(USERNS_MAP, 11, 0, 3, 0, 0, SIDE_SHIM)      \
  X(NS_UNSHARE, 12, 1, 0, 0, 0, SIDE_INIT)      \
  X(NETLINK, 13, 1, 0, 1, BLOB_LIST, ANY_SIDE)  \
  X(HOOK, 14, 3, 3, 2, 0, ANY_SIDE)             \
  X(PROPAGATION, 15, 2, 1, 0, 0, SIDE_INIT)     \
  X(MOUNT, 16, 4, 5, 0, 0, SIDE_INIT)           \
  X(MOUNT_ATTR, 17, 3, 3, 0, 0, SIDE_INIT)      \
  X(ROOT_OPEN, 18, 0, 1, 0, 0, SIDE_INIT)       \
  X(TMPFS_COPYUP, 19, 1, 2, 0, 0, SIDE_INIT)    \
  X(SYMLINK, 20, 0, 2, 0, 0, SIDE_INIT)         \
  X(MKNOD, 21, 5, 1, 0, 0, SIDE_INIT)           \
  X(MASK, 22, 0, 2, 0, 0, SIDE_INIT)            \
  X(READONLY, 23, 0, 1, 0, 0, SIDE_INIT)        \
  X(CONSOLE, 24, 1, 1, 0, 0, SIDE_INIT)         \
  X(PIVOT_ROOT, 25, 1, 0, 0, 0, SIDE_INIT)      \
  X(ROOT_READONLY, 26, 0, 0, 0, 0, SIDE_INIT)   \
  X(ROOT_PROPAGATION, 27, 1, 0, 0, 0, SIDE_INIT) \
  X(HOSTNAME, 28, 0, 1, 0, 0, SIDE_INIT)        \
  X(DOMAINNAME, 29, 0, 1, 0, 0, SIDE_INIT)      \
  X(SYSCTL, 30, 0, 2, 0, 0, SIDE_INIT)          \
  X(RLIMIT, 31, 3, 0, 0, 0, SIDE_INIT)          \
  X(PROC_OOM, 32, 1, 0, 0, 0, SIDE_SHIM)        \
  X(PROC_SCHEDULER, 33, 7, 0, 0, 0, SIDE_INIT)  \
  X(PROC_IOPRIO, 34, 1, 0, 0, 0, SIDE_INIT)     \
  X(PROC_PERSONALITY, 35, 1, 0, 0, 0, SIDE_INIT) \
  X(PROC_AFFINITY, 36, 0, 1, 0, 1, SIDE_INIT)   \
  X(SESSION, 37, 0, 0, 0, 0, SIDE_INIT)         \
  X(KEYRING, 38, 0, 1, 0, 0, SIDE_INIT)         \
  X(CAPS_BOUND, 39, 1, 0, 0, 0, SIDE_INIT)      \
  X(IDS, 40, 3, 1, 0, 1, SIDE_INIT)             \
  X(CAPS_SET, 41, 4, 0, 0, 0, SIDE_INIT)        \
  X(NO_NEW_PRIVS, 42, 0, 0, 0, 0, SIDE_INIT)    \
  X(LSM, 43, 1, 1, 0, 0, SIDE_INIT)             \
  X(SECCOMP, 44, 1, 3, 0, 1, SIDE_INIT)         \
  X(UMASK, 45, 1, 0, 0, 0, SIDE_INIT)           \
  X(CHDIR, 46, 1, 1, 0, 0, SIDE_INIT)           \
  X(EXEC_FIND, 47, 3, 0, 2, 0, SIDE_INIT)       \
  X(START_WAIT, 48, 0, 1, 0, 0, SIDE_INIT)      \
  X(EXEC, 49, 1, 0, 0, 0, SIDE_INIT)            \
  X(CGROUP_INHERIT, 50, 0, 1, 0, 0, SIDE_SHIM)

enum kind {
#define X(name, number, ...) OP_##name = number,
  OPS(X)
#undef X
};

/* Bytes with a NUL after them that is not counted. */
struct str {
  const char *p;
  uint32_t len;
};

struct op {
  uint16_t kind;
  uint8_t side;
  uint32_t nstrs;
  const int64_t *i;    /* integers in the order of the fields; counts of lists first */
  const struct str *s; /* single strings in the order of the fields, then the lists */
};

struct plan {
  uint32_t nops;
  struct op *ops;
  void *memory; /* one allocation: ops, integers, strings; the texts stay in the message */
};

/* Decodes `bytes`, which must outlive the plan. 0, -EPROTO for malformed or unknown things (detail says what), -ENOMEM. */
int plan_decode(struct plan *plan, const uint8_t *bytes, size_t len);
void plan_free(struct plan *plan);

/* The first operation of a kind, or NULL. */
const struct op *plan_find(const struct plan *plan, enum kind kind);
