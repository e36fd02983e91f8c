/* The stage's and the init's side of run.h: walk the list, report, wait. Nothing here allocates. */
#include "run.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void report(struct run *run, uint32_t type, uint32_t step, int err) {
  struct message m = {.type = type, .step = step, .err = err, .len = (uint32_t)strlen(detail)};
  memcpy(m.text, detail, m.len);
  if (send(run->ctl, &m, offsetof(struct message, text) + m.len, MSG_NOSIGNAL) < 0) _exit(1);
}

__attribute__((noreturn)) static void give_up(struct run *run, uint32_t step, int err) {
  if (run->ctl >= 0) report(run, MSG_FAILED, step, -err);
  _exit(127);
}

static void wait_go(struct run *run) {
  struct message m;
  ssize_t n;
  do n = recv(run->ctl, &m, sizeof(m), 0);
  while (n < 0 && errno == EINTR);
  /* The shim is gone or changed its mind. */
  if (n < (ssize_t)offsetof(struct message, text) || m.type != MSG_GO) _exit(1);
}

static int start_wait(struct run *run, uint32_t step) {
  report(run, MSG_CREATED, step, 0);
  if (run->fifo < 0) {
    wait_go(run);
    return 0;
  }
  /* berth runtime: nobody is left to tell; the one who opens the fifo for reading lets us go. */
  shut(&run->ctl);
  char path[32];
  fd_path(path, run->fifo);
  autofd fd = openat(run->proc, path, O_WRONLY | O_CLOEXEC);
  return fd < 0 ? -errno : write_all(fd, "0", 1);
}

static int do_exec(struct run *run, const struct op *op) {
  if (run->path[0] == 0) return fail_as(EINVAL, "exec.find");
  if (!run->umask_set) umask(022);
  char cwd[4096];
  if (getcwd(cwd, sizeof(cwd)) == NULL) return fail_on("the working directory");
  if (cwd[0] != '/') return fail_as(EPERM, "the working directory is outside the root");
  if (syscall(SYS_close_range, (unsigned)(3 + op->i[0]), ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) return fail_on("close_range");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  run->shared->at_exec = 1;
  execve(run->path, run->argv, run->env);
  run->shared->at_exec = 0;
  return fail_on(run->path);
}

/* Ignored signals stay ignored over exec, and the shim ignores some. */
static void reset_signals(void) {
  struct sigaction dfl = {.sa_handler = SIG_DFL};
  for (int n = 1; n < 65; n++)
    if (n != SIGKILL && n != SIGSTOP) sigaction(n, &dfl, NULL);
}

static int init_op(struct run *run, const struct op *op, uint32_t step) {
  if (op->kind == OP_START_WAIT) return start_wait(run, step);
  if (op->kind == OP_EXEC) return do_exec(run, op);
  if (op->kind == OP_EXEC_FIND) return exec_find(run);
  if (op->kind == OP_NETLINK) return netlink_op(op);
  if (op->kind == OP_HOOK) return hook_op(run, op);
  if (op->kind == OP_CONSOLE) return console_op(run, op);
  if (op->kind == OP_SESSION) return session_op(run);
  if (op->kind == OP_CHDIR) return chdir_inside(run, op->s[0].p, op->i[0] != 0);
  if (op->kind >= OP_PROPAGATION && op->kind <= OP_ROOT_PROPAGATION) return mount_op(run, op);
  return process_op(run, op);
}

void child_main(struct run *run, enum side side, uint32_t step) {
  reset_signals();
  umask(0);
  for (uint32_t n = step; n < run->plan.nops; n++) {
    const struct op *op = &run->plan.ops[n];
    detail[0] = 0;
    if (op->side == SIDE_SHIM) {
      report(run, MSG_REACHED, n, 0);
      wait_go(run);
      while (n + 1 < run->plan.nops && run->plan.ops[n + 1].side == SIDE_SHIM) n++;
      continue;
    }
    if (side == SIDE_STAGE && op->kind == OP_NS_NEW) {
      pid_t pid = spawn_init(run, op, true);
      if (pid < 0) give_up(run, n, pid);
      if (pid > 0) _exit(0);
      side = SIDE_INIT;
      continue;
    }
    if (side == SIDE_INIT) run->shared->step = n;
    int err = side == SIDE_STAGE ? stage_op(run, op) : init_op(run, op, n);
    if (err == -ECANCELED) report(run, MSG_WARN, n, ECANCELED);
    else if (err < 0) give_up(run, n, err);
  }
  _exit(127);
}

pid_t spawn_init(struct run *run, const struct op *op, bool from_stage) {
  struct clone_args args = {
      .flags = (uint64_t)op->i[0] | CLONE_PARENT_SETTID,
      .parent_tid = (uint64_t)(uintptr_t)&run->shared->pid,
      .exit_signal = SIGCHLD,
  };
  if (from_stage) {
    args.flags |= CLONE_PARENT; /* takes the stage's exit signal, SIGCHLD, and wants none named */
    args.exit_signal = 0;
  }
  if (run->into >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = (uint64_t)run->into;
  }
  pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
  return pid < 0 ? fail_on("clone3") : pid;
}
