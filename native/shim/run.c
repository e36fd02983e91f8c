#include "run.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#define PROC_MAGIC 0x9fa0
/* Where the other side's network namespace is open (NETNS_FD in src/runtime/plan.ts). */
#define NETNS_FD 100

static int make_pipe(int *child, int *ours, bool child_reads) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail_on("pipe");
  *child = ends[child_reads ? 0 : 1];
  *ours = ends[child_reads ? 1 : 0];
  fcntl(*ours, F_SETFL, O_NONBLOCK);
  fcntl(*ours, F_SETPIPE_SZ, 256 * 1024); /* fewer wake-ups; refused for lack of quota is fine */
  return 0;
}

static int open_stdio(struct run *run) {
  const struct op *op = plan_find(&run->plan, OP_STDIO);
  run->terminal = op != NULL && op->i[0];
  run->inherit = op != NULL && op->i[3];
  if (run->inherit || run->terminal) return 0;
  int err = 0;
  if (op != NULL && op->i[1]) err = make_pipe(&run->child_io[0], &run->in_fd, true);
  else if ((run->child_io[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) err = fail_on("/dev/null");
  if (err == 0) err = make_pipe(&run->child_io[1], &run->out_fd, false);
  if (err == 0) err = make_pipe(&run->child_io[2], &run->err_fd, false);
  return err;
}

void reserve_netns(void) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fd == NETNS_FD) return;
  if (dup3(fd, NETNS_FD, O_CLOEXEC) < 0) close(NETNS_FD);
  close(fd);
}

static int open_netns(struct run *run, const char *path) {
  run->netns = true;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_on(path);
  int err = dup3(fd, NETNS_FD, O_CLOEXEC) < 0 ? fail_on(path) : 0;
  close(fd);
  return err;
}

static int open_fifo(struct run *run, const char *path) {
  struct stat st;
  run->fifo = open(path, O_PATH | O_CLOEXEC);
  if (run->fifo < 0 || fstat(run->fifo, &st) < 0) return fail_on(path);
  return S_ISFIFO(st.st_mode) ? 0 : fail_as(EINVAL, path);
}

/* argv and environment for execve, with room for HOME: nothing may allocate later. */
static int build_vectors(struct run *run, const struct op *op) {
  size_t argc = (size_t)op->i[0], envc = (size_t)op->i[1];
  run->argv = calloc(argc + envc + 3, sizeof(char *));
  if (run->argv == NULL) return -ENOMEM;
  run->env = run->argv + argc + 1;
  for (size_t n = 0; n < argc; n++) run->argv[n] = (char *)(uintptr_t)op->s[n].p;
  for (size_t n = 0; n < envc; n++) run->env[n] = (char *)(uintptr_t)op->s[argc + n].p;
  return 0;
}

int run_open(struct run *run, uint8_t *message, size_t len) {
  *run = (struct run){.message = message, .ctl = -1, .child_io = {-1, -1, -1}, .in_fd = -1, .out_fd = -1, .err_fd = -1, .master = -1,
      .proc = -1, .into = -1, .console_socket = -1, .listener = -1, .fifo = -1, .root = -1, .slave = -1, .null = -1, .mask = -1};
  int err = plan_decode(&run->plan, message, len);
  if (err < 0) return err;
  run->shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (run->shared == MAP_FAILED) {
    run->shared = NULL;
    return fail_on("shared page");
  }
  run->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct statfs fs;
  if (run->proc < 0 || fstatfs(run->proc, &fs) < 0) return fail_on("/proc");
  if (fs.f_type != PROC_MAGIC) return fail_as(EINVAL, "/proc");
  err = build_vectors(run, plan_find(&run->plan, OP_EXEC_FIND));
  if (err < 0) return err;
  return open_stdio(run);
}

/* Host paths that children need later, from inside other namespaces. Runs right before the first child is made. */
static int open_for_children(struct run *run) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return fail_on("socketpair");
  run->ctl = ends[0];
  run->slave = ends[1]; /* becomes ctl in the child */
  for (uint32_t n = 0; n < run->plan.nops; n++) {
    const struct op *op = &run->plan.ops[n];
    int err = 0;
    if (op->kind == OP_CGROUP_ENTER) {
      for (uint32_t k = 0; k < op->nstrs && err == 0; k++) {
        if (run->nenter == MAX_ENTER) return fail_as(E2BIG, op->s[k].p);
        TEXT(file, 4096);
        put(&file, op->s[k].p);
        size_t dir = file.len;
        put(&file, "/tasks");
        int fd = text_z(&file) == NULL ? -1 : open(file.p, O_WRONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
          file.len = dir;
          put(&file, "/cgroup.procs");
          fd = text_z(&file) == NULL ? -1 : open(file.p, O_WRONLY | O_CLOEXEC);
        }
        if (fd < 0) err = fail_on(op->s[k].p);
        else run->enter[run->nenter++] = fd;
      }
    } else if (op->kind == OP_NS_NEW && op->s[0].len > 0) {
      run->into = open(op->s[0].p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (run->into < 0) err = fail_on(op->s[0].p);
    } else if (op->kind == OP_CONSOLE && op->s[0].len > 0) {
      run->console_socket = connect_unix(op->s[0].p);
      if (run->console_socket < 0) err = run->console_socket;
    } else if (op->kind == OP_SECCOMP && op->s[1].len > 0) {
      run->listener = connect_unix(op->s[1].p);
      if (run->listener < 0) err = run->listener;
    } else if (op->kind == OP_START_WAIT && op->s[0].len > 0) {
      err = open_fifo(run, op->s[0].p);
    } else if (op->kind == OP_NETLINK && op->side == SIDE_INIT) {
      err = open_netns(run, "/proc/self/ns/net");
    }
    if (err < 0) {
      run->pos = n; /* named as the failing step */
      return err;
    }
  }
  return 0;
}

/* In the new child: its end of the control socket instead of ours. */
static void become_child(struct run *run) {
  shut(&run->ctl);
  run->ctl = run->slave;
  run->slave = -1;
}

static int make_child(struct run *run, const struct op *op) {
  int err = run->ctl < 0 ? open_for_children(run) : 0;
  if (err < 0) return err;
  bool stage = op->side == SIDE_STAGE;
  pid_t pid = stage ? fork() : spawn_init(run, op, false);
  if (pid < 0) return stage ? fail_on("fork") : pid;
  if (pid == 0) {
    become_child(run);
    child_main(run, stage ? SIDE_STAGE : SIDE_INIT, stage ? run->pos : run->pos + 1);
  }
  if (stage) run->stage = pid;
  shut(&run->slave);
  for (int n = 0; n < 3; n++) shut(&run->child_io[n]);
  return 0;
}

static void run_fail(struct run *run, uint32_t step, int err) {
  if (run->state == RUN_FAILED) return;
  run->state = RUN_FAILED;
  run->failure.step = step;
  run->failure.err = -err;
  memcpy(run->failure.detail, detail, sizeof(detail));
  if (run->stage > 0) kill(run->stage, SIGKILL);
  if (run->shared != NULL && run->shared->pid > 0) kill(run->shared->pid, SIGKILL);
}

static void send_go(struct run *run, uint32_t step) {
  struct message m = {.type = MSG_GO, .step = step};
  /* A lost child shows as end of file. */
  if (send(run->ctl, &m, offsetof(struct message, text), MSG_NOSIGNAL) < 0) return;
}

/* Before the shim's netlink operations after the birth: NETNS_FD is the init's. */
static int prepare_netns(struct run *run) {
  if (run->shared->pid == 0) return 0;
  TEXT(path, 40);
  put(&path, "/proc/");
  put_u64(&path, (uint64_t)run->shared->pid);
  put(&path, "/ns/net");
  return open_netns(run, text_z(&path));
}

void run_advance(struct run *run) {
  while (run->pos < run->plan.nops) {
    const struct op *op = &run->plan.ops[run->pos];
    detail[0] = 0;
    int err = 0;
    bool birth = op->side == SIDE_SHIM && op->kind == OP_NS_NEW;
    bool child = op->side != SIDE_SHIM;
    if (birth || (op->side == SIDE_STAGE && run->stage == 0)) {
      err = make_child(run, op);
      /* It runs from the next (stage: this) operation on its own, but not over an operation of ours. */
      run->resume = birth && run->pos + 1 < run->plan.nops && run->plan.ops[run->pos + 1].side == SIDE_SHIM;
    } else if (child && run->resume) {
      send_go(run, run->pos);
      run->resume = false;
    } else if (!child) {
      if (op->kind == OP_NETLINK) err = prepare_netns(run);
      if (err == 0) err = shim_op(run, op, run->pos);
    }
    if (err < 0) {
      run_fail(run, run->pos, err);
      return;
    }
    run->pos++;
    if (child) {
      while (run->pos < run->plan.nops && run->plan.ops[run->pos].side != SIDE_SHIM) run->pos++;
      return;
    }
    if (birth && !run->resume) {
      while (run->pos < run->plan.nops && run->plan.ops[run->pos].side != SIDE_SHIM) run->pos++;
      return;
    }
  }
}

void run_ended(struct run *run) {
  run->ctl = -1;
  if (run->shared->at_exec) {
    run->state = RUN_STARTED;
    return;
  }
  detail_set("the process died", "");
  run_fail(run, run->shared->step, -ESRCH);
}

static void take_message(struct run *run, struct message *m, int fd) {
  m->text[m->len < sizeof(m->text) ? m->len : sizeof(m->text) - 1] = 0;
  memcpy(detail, m->text, sizeof(detail));
  switch (m->type) {
    case MSG_REACHED:
      /* Steps of ours that need nothing of the child have run ahead of its report. */
      if (m->step != run->pos) break;
      run->resume = true;
      run_advance(run);
      break;
    case MSG_CREATED: run->state = RUN_CREATED; break;
    case MSG_WARN: run_warn(run, m->step, -m->err); break;
    case MSG_MASTER:
      shut(&run->master);
      run->master = fd;
      return;
    default: run_fail(run, m->step, -m->err);
  }
  shut(&fd);
}

void run_read(struct run *run) {
  struct message m = {0};
  struct iovec iov = {&m, sizeof(m)};
  union {
    struct cmsghdr head;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  ssize_t n = recvmsg(run->ctl, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < (ssize_t)offsetof(struct message, text)) {
    run_ended(run);
    return;
  }
  int fd = -1;
  struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
  if (c != NULL && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof(fd));
  take_message(run, &m, fd);
}

void run_start(struct run *run) {
  run->state = RUN_EXECUTING;
  send_go(run, 0);
}

void run_warn(struct run *run, uint32_t step, int err) {
  if (run->nwarnings == MAX_WARNINGS) return;
  struct failure *w = &run->warnings[run->nwarnings++];
  w->step = step;
  w->err = -err;
  memcpy(w->detail, detail, sizeof(detail));
}

void run_free(struct run *run) {
  shut(&run->ctl);
  shut(&run->proc);
  shut(&run->into);
  shut(&run->console_socket);
  shut(&run->listener);
  shut(&run->fifo);
  shut(&run->slave);
  for (int n = 0; n < 3; n++) shut(&run->child_io[n]);
  for (uint32_t n = 0; n < run->nenter; n++) shut(&run->enter[n]);
  if (run->netns) reserve_netns();
  run->nenter = 0;
  if (run->shared != NULL) munmap(run->shared, sizeof(struct shared));
  plan_free(&run->plan);
  free(run->argv);
  free(run->message);
  run->shared = NULL;
  run->argv = NULL;
  run->message = NULL;
}
