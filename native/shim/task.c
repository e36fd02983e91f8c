/* The task: its init and execs, from their plans to running. */
#include <link.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "protocol.h"
#include "shim.h"

struct task task;

static void ctl_ready(struct source *source, uint32_t events);

struct proc *proc_find(const char *id, size_t len) {
  for (struct proc *p = task.procs; p != NULL; p = p->next)
    if (strlen(p->id) == len && memcmp(p->id, id, len) == 0) return p;
  return NULL;
}

static struct proc *proc_add(const char *id, size_t nid, struct conn *waiter, uint32_t tag) {
  struct proc *proc = calloc(1, sizeof(*proc));
  struct run *run = calloc(1, sizeof(*run));
  if (proc == NULL || run == NULL) {
    free(proc);
    free(run);
    return NULL;
  }
  memcpy(proc->id, id, nid);
  proc->run = run;
  proc->waiter = waiter;
  proc->tag = tag;
  proc->in = (struct source){-1, 0, input_ready};
  proc->ctl = (struct source){-1, 0, ctl_ready};
  for (int n = 0; n < 2; n++) proc->out[n] = (struct source){-1, 0, output_ready};
  proc->next = task.procs;
  task.procs = proc;
  return proc;
}

void proc_close(struct proc *proc) {
  source_close(&proc->ctl);
  source_close(&proc->in);
  for (int n = 0; n < 2; n++) source_close(&proc->out[n]);
  free(proc->held);
  proc->held = NULL;
  proc->nheld = 0;
}

/* Removes an ended exec. Events of this round may still point at it, and streams that still end keep pointing at it. */
void proc_remove(struct proc *proc) {
  proc_close(proc);
  for (struct proc **at = &task.procs; *at != NULL; at = &(*at)->next) {
    if (*at != proc) continue;
    *at = proc->next;
    break;
  }
  proc->next = task.gone;
  task.gone = proc;
}

static bool in_use(const struct proc *proc) {
  for (const struct conn *c = task.conns; c != NULL; c = c->next)
    if (c->proc == proc) return true;
  return false;
}

void proc_sweep(void) {
  for (struct proc **at = &task.gone; *at != NULL;) {
    struct proc *p = *at;
    if (in_use(p)) {
      at = &p->next;
      continue;
    }
    *at = p->next;
    free(p);
  }
}

/* A shim mostly waits: the code that made the container is unmapped, what the loop needs comes back page by page. */
static void forget_code(void) {
  extern const char __ehdr_start[];
  const ElfW(Phdr) *head = (const void *)getauxval(AT_PHDR);
  unsigned long count = head == NULL ? 0 : getauxval(AT_PHNUM);
  for (unsigned long n = 0; n < count; n++) {
    if (head[n].p_type != PT_LOAD || (head[n].p_flags & PF_W)) continue;
    /* A static-pie is linked at 0 and loaded where its header is; otherwise the addresses are final. */
    uintptr_t base = head[n].p_vaddr >= (uintptr_t)__ehdr_start ? 0 : (uintptr_t)__ehdr_start;
    uintptr_t from = (base + head[n].p_vaddr) & ~4095UL, to = (base + head[n].p_vaddr + head[n].p_memsz + 4095) & ~4095UL;
    madvise((void *)from, to - from, MADV_DONTNEED); /* clean file pages: nothing is lost */
  }
}

void release_run(struct proc *proc) {
  source_close(&proc->ctl);
  proc->run->ctl = -1;
  run_free(proc->run);
  free(proc->run);
  proc->run = NULL;
  malloc_trim(0);
  if (proc->id[0] == 0) forget_code();
}

/* Our ends of stdio move from the run to the process. */
static void take_stdio(struct proc *proc) {
  struct run *run = proc->run;
  proc->terminal = run->terminal;
  if (run->master >= 0) {
    fcntl(run->master, F_SETFL, O_NONBLOCK);
    proc->out[0].fd = run->master;
    proc->in.fd = fcntl(run->master, F_DUPFD_CLOEXEC, 0);
  } else {
    proc->in.fd = run->in_fd;
    proc->out[0].fd = run->out_fd;
    proc->out[1].fd = run->err_fd;
  }
  run->master = run->in_fd = run->out_fd = run->err_fd = -1;
}

static void drop_stdio(struct run *run) {
  shut(&run->master);
  shut(&run->in_fd);
  shut(&run->out_fd);
  shut(&run->err_fd);
}

static void wait_dead(pid_t pid, int *status) {
  if (pid <= 0) return;
  while (waitpid(pid, status, 0) < 0 && errno == EINTR)
    ;
}

/* The plan of the init failed: nothing of it stays. */
static void fail_create(struct proc *proc) {
  struct run *run = proc->run;
  int status = 0;
  wait_dead(run->stage, &status);
  if (run->shared != NULL) wait_dead(run->shared->pid, &status);
  drop_stdio(run);
  cgroups_remove(&run->cgroups);
  answer_failure(proc->waiter, proc->tag, &run->failure);
  release_run(proc);
  task.done = task.failed = true;
  task.done_at = now_mono();
}

static void write_identity(const struct proc *proc) {
  TEXT(t, 128);
  put(&t, "{\"pid\":");
  put_u64(&t, (uint64_t)proc->pid);
  put(&t, ",\"startTime\":");
  put_u64(&t, proc->start_time);
  put(&t, "}\n");
  write_durable("init.json", t.p, t.len);
}

static void on_created(struct proc *proc) {
  static char bytes[32768];
  struct text t = {bytes, 0, sizeof(bytes), false};
  proc->pid = proc->run->shared->pid;
  proc->start_time = start_time(proc->pid);
  proc->status = PROC_CREATED;
  drop_preserved();
  task.cgroups = proc->run->cgroups;
  proc->run->cgroups.count = 0;
  take_stdio(proc);
  output_begin(proc);
  write_identity(proc);
  put_created(&t, proc, proc->run);
  answer_ok(proc->waiter, proc->tag, t.p, t.len);
  proc->waiter = NULL;
}

static void put_started(struct text *t, const struct proc *proc) {
  put(t, "\"startedAt\":\"");
  put_u64(t, proc->started_at);
  put(t, "\"}");
}

static void on_started(struct proc *proc) {
  proc->started_at = now_real();
  proc->status = PROC_RUNNING;
  if (proc->id[0] == 0) {
    TEXT(mark, 32);
    put_u64(&mark, proc->started_at);
    put(&mark, "\n");
    write_durable("started", mark.p, mark.len);
    TEXT(t, 128);
    put(&t, "{");
    put_started(&t, proc);
    answer_ok(proc->waiter, proc->tag, t.p, t.len);
    t.len = 0;
    put(&t, "{\"type\":\"start\",\"pid\":");
    put_u64(&t, (uint64_t)proc->pid);
    put(&t, ",");
    put_started(&t, proc);
    emit(t.p, t.len);
  } else {
    static char bytes[32768];
    struct text t = {bytes, 0, sizeof(bytes), false};
    proc->pid = proc->run->shared->pid;
    proc->start_time = start_time(proc->pid);
    take_stdio(proc);
    put_created(&t, proc, proc->run);
    answer_ok(proc->waiter, proc->tag, t.p, t.len);
    if (proc->waiter != NULL && proc->attach != 0 && !proc->waiter->dead) {
      proc->waiter->waiting = false;
      stream_begin(proc->waiter, proc, proc->attach);
    }
    output_begin(proc);
  }
  proc->waiter = NULL;
  release_run(proc);
}

/* START or EXEC failed. An exec that did not start leaves no record; the init leaves one when it is reaped. */
static void fail_started(struct proc *proc) {
  struct run *run = proc->run;
  struct conn *waiter = proc->waiter;
  answer_failure(waiter, proc->tag, &run->failure);
  if (waiter != NULL) {
    waiter->waiting = false;
    if (!waiter->dead) watch(&waiter->src, EPOLLIN);
  }
  proc->waiter = NULL;
  if (proc->id[0] == 0) {
    kill(proc->pid, SIGKILL);
    release_run(proc);
    return;
  }
  drop_stdio(run);
  release_run(proc);
  proc_remove(proc);
}

void task_advance(struct proc *proc) {
  struct run *run = proc->run;
  if (proc->ctl.fd < 0 && run->ctl >= 0) {
    proc->ctl.fd = run->ctl;
    watch(&proc->ctl, EPOLLIN);
  }
  if (run->state == RUN_STARTED) {
    source_close(&proc->ctl);
    run->ctl = -1;
  }
  bool init = proc->id[0] == 0;
  if (run->state == RUN_CREATED && proc->status == PROC_CREATING) {
    if (init) on_created(proc);
    else run_start(run);
  } else if (run->state == RUN_STARTED) {
    if (init && proc->status == PROC_CREATING) { /* a plan without start.wait */
      on_created(proc);
      proc->tag = 0;
    }
    on_started(proc);
  } else if (run->state == RUN_FAILED) {
    if (init && proc->status == PROC_CREATING) fail_create(proc);
    else fail_started(proc);
  }
}

static void ctl_ready(struct source *source, uint32_t events) {
  (void)events;
  struct proc *proc = OWNER(source, struct proc, ctl);
  run_read(proc->run);
  /* Taken out of the epoll set first: a child that is being born beside it may hold a copy for a moment. */
  if (proc->run->ctl < 0) source_close(source);
  task_advance(proc);
}

static int open_log(const struct run *run) {
  const struct op *op = plan_find(&run->plan, OP_LOG);
  if (op == NULL) return 0;
  int err = log_open(&task.log, op->s[0].p, op->i[0], (int)op->i[1], op->s[1].p);
  if (err < 0) return err;
  task.has_log = true;
  task.spill_dir = strdup(op->s[0].p);
  char *slash = task.spill_dir == NULL ? NULL : strrchr(task.spill_dir, '/');
  if (slash != NULL) *slash = 0;
  return 0;
}

/* An error before the first step; the answer is the same as a step's. */
static void fail_run(struct proc *proc, int err) {
  struct run *run = proc->run;
  run->state = RUN_FAILED;
  run->failure.err = -err;
  memcpy(run->failure.detail, detail, sizeof(detail));
  task_advance(proc);
}

static void begin(struct proc *proc, uint8_t *plan, size_t len) {
  struct run *run = proc->run;
  int err = plan == NULL ? -ENOMEM : run_open(run, plan, len);
  if (err == 0 && proc->id[0] == 0) err = open_log(run);
  if (err < 0) {
    fail_run(proc, err);
    return;
  }
  const struct op *stdio = plan_find(&run->plan, OP_STDIO), *birth = plan_find(&run->plan, OP_NS_NEW);
  proc->stdin_once = stdio != NULL && stdio->i[2];
  if (proc->id[0] == 0) task.own_pids = (birth->i[0] & CLONE_NEWPID) != 0;
  run_advance(run);
  task_advance(proc);
}

void task_create(struct conn *conn, uint32_t tag, uint8_t *plan, size_t len) {
  struct proc *proc = task.procs != NULL || task.done ? NULL : proc_add("", 0, conn, tag);
  if (proc == NULL) {
    free(plan);
    answer_error(conn, tag, fail_as(EBUSY, "the shim has a task"));
    return;
  }
  begin(proc, plan, len);
}

void task_start(struct conn *conn, uint32_t tag) {
  struct proc *init = proc_find("", 0);
  if (init == NULL || init->status != PROC_CREATED || init->run == NULL) {
    answer_error(conn, tag, fail_as(EINVAL, "the task is not created"));
    return;
  }
  init->waiter = conn;
  init->tag = tag;
  init->status = PROC_STARTING;
  run_start(init->run);
}

void task_exec(struct conn *conn, uint32_t tag, const char *id, size_t nid, uint8_t *plan, size_t len, uint16_t attach) {
  struct proc *init = proc_find("", 0);
  struct proc *proc = NULL;
  int err = nid == 0 ? fail_as(EINVAL, "exec id") : proc_find(id, nid) != NULL ? fail_as(EEXIST, "exec id") : 0;
  if (err == 0 && (init == NULL || init->status != PROC_RUNNING)) err = fail_as(ESRCH, "the task is not running");
  if (err == 0 && (proc = proc_add(id, nid, conn, tag)) == NULL) err = -ENOMEM;
  if (err < 0) {
    free(plan);
    answer_error(conn, tag, err);
    return;
  }
  proc->attach = attach;
  conn->waiting = attach != 0;
  begin(proc, plan, len);
}

int task_signal(struct proc *proc, int signo, bool all) {
  if (all && proc->id[0] == 0) {
    cgroups_signal(&task.cgroups, signo);
    return 0;
  }
  if (proc->pid == 0 || proc->status == PROC_EXITED) return fail_as(ESRCH, "the process");
  return kill(proc->pid, signo) < 0 ? fail_on("kill") : 0;
}

void task_delete(void) {
  struct proc *init = proc_find("", 0);
  for (struct proc *p = task.procs; p != NULL; p = p->next)
    if (p->pid > 0 && p->status != PROC_EXITED) kill(p->pid, SIGKILL);
  if (init == NULL) {
    task.done = true;
    task.done_at = now_mono();
  }
}
