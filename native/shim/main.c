/*
 * berth-shim supervise [N]: fd 3 is the first connection. berth-shim oneshot [N]: one plan on fd 3, one answer, the end.
 * With N that fd is 3 + N, and the N before it are the container's (--preserve-fds of berth runtime).
 */
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "protocol.h"
#include "shim.h"

enum { MAX_PRESERVED = 32 };

static int first = 3;

void drop_preserved(void) {
  if (first > 3) syscall(SYS_close_range, 3U, (unsigned)first - 1, 0);
}

void watch(struct source *source, uint32_t events) {
  if (source->fd < 0 || source->events == events) return;
  struct epoll_event e = {.events = events, .data.ptr = source};
  int what = events == 0 ? EPOLL_CTL_DEL : source->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(task.epoll, what, source->fd, &e) == 0) source->events = events;
}

void source_close(struct source *source) {
  watch(source, 0);
  shut(&source->fd);
  source->events = 0;
}

static void accept_ready(struct source *source, uint32_t events) {
  (void)events;
  int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) conn_add(fd);
}

static void signal_ready(struct source *source, uint32_t events) {
  (void)events;
  struct signalfd_siginfo info[8];
  while (read(source->fd, info, sizeof(info)) > 0)
    ;
  task_reap();
}

static int listen_here(void) {
  struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "s"};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink("s");
  umask(0177);
  int err = fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 64) < 0 ? -errno : fd;
  umask(027);
  return err;
}

static int write_shim(void) {
  char boot[64];
  ssize_t n = read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
  TEXT(t, 256);
  put(&t, "{\"version\":1,\"pid\":");
  put_u64(&t, (uint64_t)getpid());
  put(&t, ",\"startTime\":");
  put_u64(&t, start_time(getpid()));
  put(&t, ",\"bootId\":");
  put_json(&t, boot, n > 0 ? strcspn(boot, "\n") : 0);
  put(&t, "}\n");
  return write_durable("shim.json", t.p, t.len);
}

/* Nobody can want anything any more. */
static bool ended(void) {
  if (!task.done) return task.procs == NULL && task.conns == NULL; /* never given a task, and the giver is gone */
  bool execs = task.procs != NULL && (task.procs->next != NULL || task.procs->id[0] != 0);
  bool unsent = false, half = false;
  for (struct conn *c = task.conns; c != NULL; c = c->next) {
    unsent = unsent || c->to > c->from || c->nout > 0;
    half = half || c->half;
  }
  uint64_t waited = now_mono() - task.done_at;
  return ((!execs && !half) || waited > 5000000000ULL) && (!unsent || waited > 60000000000ULL);
}

static int next_timeout(void) {
  bool timers = task.done || stream_tick(now_mono());
  for (struct proc *p = task.procs; p != NULL; p = p->next) timers = timers || p->status == PROC_EXITED;
  return timers ? 100 : -1;
}

static void loop(void) {
  struct epoll_event events[32];
  while (!ended()) {
    int n = epoll_wait(task.epoll, events, LEN(events), next_timeout());
    for (int k = 0; k < n; k++) {
      struct source *source = events[k].data.ptr;
      if (source->fd >= 0) source->ready(source, events[k].events);
    }
    task_tick(now_mono());
    conn_sweep();
    proc_sweep();
  }
}

/* Signals for the daemon's group must not end us; children reset them. */
static void ignore_signals(void) {
  struct sigaction ign = {.sa_handler = SIG_IGN};
  const int names[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
  for (size_t n = 0; n < LEN(names); n++) sigaction(names[n], &ign, NULL);
}

int supervise(void) {
  if (fcntl(first, F_SETFD, FD_CLOEXEC) < 0) return 1; /* started by somebody else, as through /proc/self/exe */
  setsid();
  ignore_signals();
  umask(027);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, NULL);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return 1;
  if (write_shim() < 0) return 1;
  task.epoll = epoll_create1(EPOLL_CLOEXEC);
  task.listener = (struct source){listen_here(), 0, accept_ready};
  task.signals = (struct source){signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), 0, signal_ready};
  task.oom.fd = task.log.fd = -1;
  if (task.epoll < 0 || task.listener.fd < 0 || task.signals.fd < 0) return 1;
  watch(&task.listener, EPOLLIN);
  watch(&task.signals, EPOLLIN);
  if (conn_add(first) == NULL) return 1;
  loop();
  unlink("s");
  return 0;
}

/* One frame from fd 3, blocking. */
static uint8_t *read_plan(uint32_t *tag, size_t *len) {
  uint8_t head[FRAME_HEAD];
  struct frame f;
  for (size_t have = 0; have < sizeof(head);) {
    ssize_t n = read(first, head + have, sizeof(head) - have);
    if (n <= 0) return NULL;
    have += (size_t)n;
  }
  if (frame_head(&f, head) < 0 || f.type != FRAME_CREATE) return NULL;
  uint8_t *plan = malloc(f.npayload + 1);
  for (size_t have = 0; plan != NULL && have < f.npayload;) {
    ssize_t n = read(first, plan + have, f.npayload - have);
    if (n <= 0) {
      free(plan);
      return NULL;
    }
    have += (size_t)n;
  }
  *tag = f.tag;
  *len = f.npayload;
  return plan;
}

/* berth runtime: until the init waits for its fifo (or, for an exec, is executed); then it belongs to whoever reaps our orphans. */
int oneshot(void) {
  static struct run run;
  size_t len = 0;
  uint32_t tag = 0;
  fcntl(first, F_SETFD, FD_CLOEXEC);
  uint8_t *plan = read_plan(&tag, &len);
  if (plan == NULL) return 1;
  umask(027);
  struct conn conn = {.src = {first, 0, NULL}, .spill = -1};
  int err = run_open(&run, plan, len);
  if (err == 0) run_advance(&run);
  while (err == 0 && run.ctl >= 0 && (run.state == RUN_WAITING || run.state == RUN_EXECUTING)) {
    struct pollfd fd = {run.ctl, POLLIN, 0};
    if (poll(&fd, 1, -1) < 0 && errno != EINTR) break;
    run_read(&run);
  }
  if (err < 0) {
    answer_error(&conn, tag, err);
    return 1;
  }
  if (run.state == RUN_FAILED) {
    if (run.stage > 0) waitpid(run.stage, NULL, 0);
    if (run.shared->pid > 0) waitpid(run.shared->pid, NULL, 0);
    cgroups_remove(&run.cgroups);
    answer_failure(&conn, tag, &run.failure);
    return 1;
  }
  struct proc proc = {.pid = run.shared->pid, .start_time = start_time(run.shared->pid)};
  static char bytes[32768];
  struct text t = {bytes, 0, sizeof(bytes), false};
  put_created(&t, &proc, &run);
  answer_ok(&conn, tag, t.p, t.len);
  return 0;
}

int main(int argc, char **argv) {
  /* Until exec no one in a container may trace us or look at our files. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NAME, "berth-shim", 0, 0, 0);
  bool supervisor = argc >= 2 && strcmp(argv[1], "supervise") == 0;
  char *end = NULL;
  if (argc == 3) first += (int)strtoul(argv[2], &end, 10);
  if (argc > 3 || (end != NULL && *end != 0) || first < 3 || first > 3 + MAX_PRESERVED) return 2;
  /* What we inherited by mistake must not be held for as long as a container runs. */
  syscall(SYS_close_range, first + 1, ~0U, supervisor ? 0 : 4 /* CLOSE_RANGE_CLOEXEC */);
  reserve_netns();
  if (supervisor) return supervise();
  if (argc >= 2 && strcmp(argv[1], "oneshot") == 0) return oneshot();
  static const char usage[] = "usage: berth-shim supervise|oneshot [N] (run by the daemon, see docs)\n";
  return write(2, usage, sizeof(usage) - 1) < 0 ? 1 : 2;
}
