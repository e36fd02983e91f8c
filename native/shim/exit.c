/* The ends of processes: reaping, the last output, evidence, the record, the event. */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "shim.h"

/* How long output is waited for that children of an ended process may still write (as dockerd does). */
#define LATE_OUTPUT 2000000000ULL

static void put_record(struct text *t, const struct proc *proc, const struct evidence *e) {
  bool signaled = WIFSIGNALED(proc->wait_status);
  int signo = signaled ? WTERMSIG(proc->wait_status) : 0;
  put(t, "\"version\":1,\"code\":");
  put_i64(t, signaled ? 128 + signo : WEXITSTATUS(proc->wait_status));
  put(t, ",\"signal\":");
  put_i64(t, signo);
  put(t, ",\"pid\":");
  put_u64(t, (uint64_t)proc->pid);
  put(t, ",\"startedAt\":\"");
  put_u64(t, proc->started_at);
  put(t, "\",\"finishedAt\":\"");
  put_u64(t, proc->finished_at);
  put(t, "\",\"oomKills\":");
  put_u64(t, e->oom_kills);
  put(t, ",\"droppedBytes\":");
  put_u64(t, proc->id[0] == 0 ? task.log.dropped : 0);
  put(t, ",\"memoryPeak\":");
  put_u64(t, e->memory_peak);
  put(t, "}");
}

/* Everything is drained: the record, then the event, then the end. */
static void finish(struct proc *proc) {
  bool init = proc->id[0] == 0;
  struct evidence none = {0};
  TEXT(t, 1024);
  put(&t, "{");
  put_record(&t, proc, init ? &task.evidence : &none);
  put(&t, "\n");
  TEXT(path, 160);
  put(&path, init ? "exit" : "execs/");
  put(&path, proc->id);
  put(&path, ".json");
  if (!init) mkdir("execs", 0700);
  for (int n = 0; n < 2; n++)
    if (proc->out[n].fd >= 0) source_close(&proc->out[n]);
  write_durable(text_z(&path), t.p, t.len);
  t.len = 0;
  put(&t, init ? "{\"type\":\"exit\"," : "{\"type\":\"exec-exit\",\"execId\":");
  if (!init) {
    put_json(&t, proc->id, strlen(proc->id));
    put(&t, ",");
  }
  put_record(&t, proc, init ? &task.evidence : &none);
  emit(t.p, t.len);
  stream_finish(proc);
  if (init) {
    proc_close(proc);
    task.done = true;
    task.done_at = now_mono();
  } else {
    proc_remove(proc);
  }
}

/* What the plan's control socket still holds comes before the exit. */
static void settle_run(struct proc *proc) {
  struct run *run = proc->run;
  for (int n = 0; n < 64 && proc->run == run && run->ctl >= 0; n++) proc->ctl.ready(&proc->ctl, EPOLLIN);
  if (proc->run != run || run->ctl < 0 || proc->status == PROC_CREATED) return;
  /* A stage that has not ended yet holds the other end open: then the socket never says what the child's end says. */
  run_ended(run);
  source_close(&proc->ctl);
  task_advance(proc);
}

static void on_exit_of(struct proc *proc, int status) {
  proc->wait_status = status;
  proc->finished_at = now_real();
  proc->deadline = now_mono() + LATE_OUTPUT;
  proc->status = PROC_EXITED;
  if (proc->throttled) {
    proc->throttled = false;
    output_begin(proc);
  }
  if (proc->run != NULL) release_run(proc); /* created and never started */
  if (proc->id[0] != 0) return;
  for (struct proc *p = task.procs; p != NULL; p = p->next)
    if (p != proc && p->pid > 0 && p->status == PROC_RUNNING) kill(p->pid, SIGKILL);
  if (!task.own_pids) cgroups_signal(&task.cgroups, SIGKILL);
  source_close(&task.oom);
  task.evidence = cgroups_evidence(&task.cgroups);
  cgroups_remove(&task.cgroups);
}

void task_reap(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    for (struct proc *p = task.procs; p != NULL; p = p->next) {
      bool its = p->pid == pid || (p->run != NULL && p->run->shared != NULL && p->run->shared->pid == pid);
      if (!its || p->status == PROC_EXITED) continue;
      char id[sizeof(p->id)];
      memcpy(id, p->id, sizeof(id));
      if (p->run != NULL) settle_run(p);
      p = proc_find(id, strlen(id)); /* a failed plan has removed it */
      if (p != NULL && !task.done) on_exit_of(p, status);
      break;
    }
  }
}

void task_tick(uint64_t now) {
  for (struct proc *p = task.procs, *next; p != NULL; p = next) {
    next = p->next;
    if (p->status != PROC_EXITED || (task.done && p->id[0] == 0)) continue;
    bool drained = p->out[0].fd < 0 && p->out[1].fd < 0;
    if (drained || now >= p->deadline) finish(p);
  }
}

static void oom_ready(struct source *source, uint32_t events) {
  (void)events;
  uint64_t count;
  if (read(source->fd, &count, sizeof(count)) < 0 && errno != EAGAIN) source_close(source);
  TEXT(t, 64);
  put(&t, "{\"type\":\"oom\",\"oomKills\":");
  put_u64(&t, cgroups_evidence(&task.cgroups).oom_kills);
  put(&t, "}");
  emit(t.p, t.len);
}

void task_watch_oom(void) {
  struct proc *init = proc_find("", 0);
  bool exceptional = false;
  if (task.oom.fd >= 0 || init == NULL || init->status == PROC_EXITED || init->status == PROC_CREATING) return;
  task.oom = (struct source){cgroups_watch_oom(&task.cgroups, &exceptional), 0, oom_ready};
  if (task.oom.fd >= 0) watch(&task.oom, exceptional ? EPOLLPRI : EPOLLIN);
}
