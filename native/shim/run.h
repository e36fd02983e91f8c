/*
 * Runs a plan in lock-step over up to three processes. The shim walks the list; stage and init are forks of it that walk
 * their own copy. Each executes the operations of its side; where the side changes it reports and waits.
 *
 *   shim ──fork──▶ stage ──clone3(CLONE_PARENT)──▶ init        (without stage operations: shim ──clone3──▶ init)
 *     │  ◀──────── REACHED step ──────────────────  │          one SOCK_SEQPACKET pair, shared by stage and init
 *     │  ───────── GO step ──────────────────────▶  │
 *     │  ◀──────── CREATED (start.wait) ──────────  │
 *     │  ───────── GO ───────────────────────────▶  │
 *     │  ◀──────── end of file: exec happened ────  │          FAILED {step, errno, detail} or WARN come at any time
 *
 * One shared page tells the shim the pid of the init (CLONE_PARENT_SETTID) and whether exec was reached.
 */
#pragma once

#include "cgroup.h"
#include "plan.h"

enum { MAX_ENTER = 24, MAX_WARNINGS = 16 };

struct failure {
  uint32_t step;
  int err;
  char detail[256];
};

struct shared {
  volatile pid_t pid;      /* of the init, as the shim sees it */
  volatile uint32_t step;  /* where the init is */
  volatile uint32_t at_exec;
  volatile int scratch;
};

enum run_state { RUN_WAITING, RUN_CREATED, RUN_EXECUTING, RUN_STARTED, RUN_FAILED };

struct run {
  struct plan plan;
  uint8_t *message; /* the plan's bytes, owned */
  enum run_state state;
  uint32_t pos; /* next operation of the shim, nops when none is left */
  bool resume;  /* the child waits for GO */
  int ctl;      /* the shim's end; in a child its own end */
  pid_t stage;
  struct shared *shared;
  struct failure failure;
  struct failure warnings[MAX_WARNINGS];
  uint32_t nwarnings;
  /* stdio: the child's ends, and ours */
  int child_io[3];
  int in_fd, out_fd, err_fd, master;
  bool terminal, inherit;
  /* opened in the host's namespaces before the first child */
  int proc, enter[MAX_ENTER], into, console_socket, listener, fifo;
  uint32_t nenter;
  struct cgroups cgroups; /* made by this plan; the owner of the run takes them over */
  /* in the init */
  int root, slave, null, mask;
  bool pivoted, umask_set, netns;
  char **argv, **env; /* with room for HOME */
  char path[4096], home[4096];
};

/* Takes the message. 0, or -errno with detail; run_free() is needed in both cases. */
int run_open(struct run *run, uint8_t *message, size_t len);
/* Goes on as far as possible; reports in run->state. Call when run->ctl is readable, and once at the start. */
void run_advance(struct run *run);
void run_read(struct run *run);
/* The control socket is at its end, or the child has been reaped: exec happened, or the plan has failed. Whoever watches the socket closes it. */
void run_ended(struct run *run);
/* Lets a created init go on to exec. */
void run_start(struct run *run);
/* Closes and frees everything but the processes and our ends of stdio. */
void run_free(struct run *run);
/* Keeps NETNS_FD taken, so that no other file gets that number. */
void reserve_netns(void);
void run_warn(struct run *run, uint32_t step, int err);

/* child.c: runs the operations of `side` from `step`; never returns. */
__attribute__((noreturn)) void child_main(struct run *run, enum side side, uint32_t step);
/* clone3 of the init; 0 in the init, its pid in the caller, or -errno. */
pid_t spawn_init(struct run *run, const struct op *op, bool from_stage);
/* Operations, by side: 0 or -errno. */
int shim_op(struct run *run, const struct op *op, uint32_t step);
int stage_op(struct run *run, const struct op *op);
int mount_op(struct run *run, const struct op *op);
int process_op(struct run *run, const struct op *op);
int netlink_op(const struct op *op);
int hook_op(struct run *run, const struct op *op);
/* HOME, when the plan asks for it and the environment has none. Reads the root's passwd: to be called before no file can be opened. */
void set_home(struct run *run);
int exec_find(struct run *run);
int chdir_inside(struct run *run, const char *path, bool create);
int console_op(struct run *run, const struct op *op);
int session_op(struct run *run);

/* paths.c: opens `path` in the root with O_PATH, making it first as `create` says (CREATE_*). */
enum { CREATE_NONE, CREATE_DIR, CREATE_FILE, CREATE_LIKE };
int open_target(struct run *run, const char *path, int create, mode_t mode);
/* Makes the parents of `path` and returns the last one; *base is the last component. */
int open_parent(struct run *run, const char *path, const char **base);
/* "self/fd/N" below run->proc for mount(2). */
void fd_path(char out[32], int fd);
int connect_unix(const char *path);
int send_fd(int sock, int fd, const char *data, size_t len);

/* Messages between shim and children. */
enum { MSG_REACHED = 1, MSG_CREATED, MSG_FAILED, MSG_WARN, MSG_MASTER, MSG_GO };
struct message {
  uint32_t type, step;
  int32_t err;
  uint32_t len;
  char text[256];
};
