/*
 * The supervisor: one thread, one epoll loop. Sources of readiness are the control sockets of running plans, the output
 * of processes, connections, the listening socket and SIGCHLD.
 */
#pragma once

#include "log.h"
#include "run.h"

struct source {
  int fd;
  uint32_t events; /* EPOLL*; 0: not registered */
  void (*ready)(struct source *source, uint32_t events);
};
#define OWNER(source, type, member) ((type *)(void *)((char *)(source)-offsetof(type, member)))

enum status { PROC_CREATING, PROC_CREATED, PROC_STARTING, PROC_RUNNING, PROC_EXITED };

struct conn;

/* The init of the task (id "") or an exec. */
struct proc {
  struct proc *next;
  char id[132];
  pid_t pid;
  uint64_t start_time, started_at, finished_at, deadline; /* deadline: monotonic, for output after the exit */
  enum status status;
  int wait_status;
  struct run *run;
  struct source ctl, in, out[2];
  bool terminal, stdin_once, throttled, close_stdin;
  bool busy[3]; /* stdout's, stderr's and stdin's pipe has been widened */
  char *held; /* stdin that the process has not taken yet */
  size_t nheld, held_at;
  struct conn *waiter; /* waits for the answer to CREATE, START or EXEC */
  uint32_t tag;
  uint16_t attach;
};

/* A connection: frames first, a stream of one process after ATTACH or EXEC. */
struct conn {
  struct conn *next;
  struct source src;
  uint8_t head[12];
  size_t nhead, npayload, have;
  uint8_t *payload;
  char *out; /* answers that did not fit into the socket */
  size_t nout;
  bool events, waiting, dead;
  struct proc *proc; /* not NULL: a stream */
  uint16_t attach;
  bool in_done, finishing, stalled;
  bool half; /* output ended, input thrown away until the client ends */
  int spill; /* unlinked file with what the client has not taken: bytes from..to */
  off_t from, to;
  uint64_t progress;
};

struct task {
  int epoll;
  struct proc *procs; /* the init is the one with id "" */
  struct proc *gone;  /* to be freed */
  struct conn *conns;
  struct source listener, signals, oom;
  struct log log;
  bool has_log, own_pids, done, failed;
  struct cgroups cgroups;
  struct evidence evidence;
  uint64_t done_at;
  char *spill_dir;
};
extern struct task task;
/* Scratch for one callback. */
extern char io_buf[65536];

/* main.c */
void watch(struct source *source, uint32_t events);
void source_close(struct source *source);
/* The init has its copies of what is preserved for it. */
void drop_preserved(void);
int supervise(void);
int oneshot(void);

/* server.c */
void answer_ok(struct conn *conn, uint32_t tag, const char *json, size_t len);
void answer_failure(struct conn *conn, uint32_t tag, const struct failure *failure);
void answer_error(struct conn *conn, uint32_t tag, int err);
void emit(const char *json, size_t len);
struct conn *conn_add(int fd);
void conn_close(struct conn *conn);
void conn_sweep(void);
void put_created(struct text *t, const struct proc *proc, const struct run *run);

/* task.c */
struct proc *proc_find(const char *id, size_t len);
void task_create(struct conn *conn, uint32_t tag, uint8_t *plan, size_t len);
void task_start(struct conn *conn, uint32_t tag);
void task_exec(struct conn *conn, uint32_t tag, const char *id, size_t nid, uint8_t *plan, size_t len, uint16_t attach);
int task_signal(struct proc *proc, int signo, bool all);
void task_delete(void);
void proc_close(struct proc *proc);
void proc_remove(struct proc *proc);
void proc_sweep(void);
void release_run(struct proc *proc);

/* exit.c */
void task_reap(void);
/* Draws the consequences of what its plan has come to; may remove `proc`. */
void task_advance(struct proc *proc);
void task_tick(uint64_t now);
void task_watch_oom(void);

/* io.c */
void stream_begin(struct conn *conn, struct proc *proc, uint16_t attach);
void stream_ready(struct source *source, uint32_t events);
void output_begin(struct proc *proc);
void output_ready(struct source *source, uint32_t events);
void input_ready(struct source *source, uint32_t events);
void input_close(struct proc *proc);
/* Closes the streams of a process as their output drains. */
void stream_finish(struct proc *proc);
/* Looks at slow clients; true while one must be looked at again. */
bool stream_tick(uint64_t now);
