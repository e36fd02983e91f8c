/* Connections and their frames. */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "protocol.h"
#include "shim.h"

/* More than this unread by a client that only listens: it is gone. */
#define MAX_UNSENT (1 << 20)

static void conn_ready(struct source *source, uint32_t events);

static void conn_update(struct conn *conn) {
  if (conn->proc == NULL && !conn->dead) watch(&conn->src, EPOLLERR | (conn->waiting ? 0 : EPOLLIN) | (conn->nout > 0 ? EPOLLOUT : 0));
}

static void conn_send(struct conn *conn, uint16_t type, uint32_t tag, const char *payload, size_t len) {
  uint8_t head[FRAME_HEAD];
  frame_write(head, type, tag, len);
  if (conn->dead) return;
  struct iovec iov[2] = {{head, sizeof(head)}, {(void *)(uintptr_t)payload, len}};
  struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
  ssize_t n = conn->nout > 0 ? 0 : sendmsg(conn->src.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) n = 0;
  size_t total = sizeof(head) + len;
  if (n == (ssize_t)total) return;
  char *grown = n < 0 || conn->nout + total > MAX_UNSENT ? NULL : realloc(conn->out, conn->nout + total);
  if (grown == NULL) {
    conn_close(conn);
    return;
  }
  conn->out = grown;
  struct text t = {grown, conn->nout, conn->nout + total, false};
  size_t skip = (size_t)n, head_skip = skip < sizeof(head) ? skip : sizeof(head);
  put_bytes(&t, (char *)head + head_skip, sizeof(head) - head_skip);
  put_bytes(&t, payload + (skip - head_skip), len - (skip - head_skip));
  conn->nout = t.len;
  conn_update(conn);
}

void answer_ok(struct conn *conn, uint32_t tag, const char *json, size_t len) {
  if (conn != NULL) conn_send(conn, FRAME_OK, tag, json, len);
}

void answer_failure(struct conn *conn, uint32_t tag, const struct failure *f) {
  if (conn == NULL) return;
  TEXT(t, 2048);
  put(&t, "{\"errno\":");
  put_i64(&t, f->err);
  put(&t, ",\"step\":");
  put_u64(&t, f->step);
  put(&t, ",\"detail\":");
  put_json(&t, f->detail, strlen(f->detail));
  put(&t, "}");
  conn_send(conn, FRAME_ERROR, tag, t.p, t.len);
}

/* An error that is no plan's: step 0, the detail of fail_on(). */
void answer_error(struct conn *conn, uint32_t tag, int err) {
  struct failure f = {.step = 0, .err = -err};
  memcpy(f.detail, detail, sizeof(detail));
  answer_failure(conn, tag, &f);
}

void emit(const char *json, size_t len) {
  for (struct conn *c = task.conns; c != NULL; c = c->next)
    if (c->events && !c->dead && c->proc == NULL) conn_send(c, FRAME_EVENT, 0, json, len);
}

void put_created(struct text *t, const struct proc *proc, const struct run *run) {
  put(t, "{\"pid\":");
  put_u64(t, (uint64_t)proc->pid);
  put(t, ",\"startTime\":");
  put_u64(t, proc->start_time);
  put(t, ",\"warnings\":[");
  for (uint32_t n = 0; n < run->nwarnings; n++) {
    const struct failure *w = &run->warnings[n];
    put(t, n > 0 ? ",{\"step\":" : "{\"step\":");
    put_u64(t, w->step);
    put(t, ",\"errno\":");
    put_i64(t, w->err);
    put(t, ",\"detail\":");
    put_json(t, w->detail, strlen(w->detail));
    put(t, "}");
  }
  put(t, "]}");
}

static void answer_state(struct conn *conn, uint32_t tag) {
  static const char *names[] = {"creating", "created", "starting", "running", "exited"};
  static char bytes[65536];
  struct text t = {bytes, 0, sizeof(bytes), false};
  const struct proc *init = proc_find("", 0);
  put(&t, "{\"status\":\"");
  put(&t, task.done ? "exited" : init == NULL ? "idle" : names[init->status]);
  put(&t, "\",\"pid\":");
  put_u64(&t, init == NULL ? 0 : (uint64_t)init->pid);
  put(&t, ",\"startTime\":");
  put_u64(&t, init == NULL ? 0 : init->start_time);
  put(&t, ",\"startedAt\":\"");
  if (init != NULL && init->started_at != 0) put_u64(&t, init->started_at);
  put(&t, "\",\"execs\":[");
  bool first = true;
  for (const struct proc *p = task.procs; p != NULL; p = p->next) {
    if (p->id[0] == 0 || p->status != PROC_RUNNING) continue;
    put(&t, first ? "{\"id\":" : ",{\"id\":");
    put_json(&t, p->id, strlen(p->id));
    put(&t, ",\"pid\":");
    put_u64(&t, (uint64_t)p->pid);
    put(&t, ",\"startTime\":");
    put_u64(&t, p->start_time);
    put(&t, "}");
    first = false;
  }
  put(&t, "]}");
  if (t.full) answer_error(conn, tag, fail_as(E2BIG, "state"));
  else answer_ok(conn, tag, t.p, t.len);
}

static void handle_attach(struct conn *conn, const struct frame *f, const char *id, size_t nid) {
  struct proc *proc = proc_find(id, nid);
  bool open = proc != NULL && (proc->status != PROC_EXITED || proc->out[0].fd >= 0 || proc->out[1].fd >= 0);
  if (!open || (f->flags & 7) == 0) {
    answer_error(conn, f->tag, fail_as(open ? EINVAL : ESRCH, "the process"));
    return;
  }
  answer_ok(conn, f->tag, "", 0);
  if (!conn->dead) stream_begin(conn, proc, f->flags);
}

static int handle_target(const struct frame *f, struct proc *proc, const uint8_t *p, size_t len) {
  if (proc == NULL) return fail_as(ESRCH, "the process");
  if (f->type == FRAME_SIGNAL) {
    int32_t signo;
    if (len != 4) return fail_as(EPROTO, "frame");
    memcpy(&signo, p, 4);
    return task_signal(proc, signo, f->flags & 1);
  }
  if (f->type == FRAME_CLOSE_STDIN) {
    if (proc->in.fd >= 0 && !proc->terminal) input_close(proc);
    return 0;
  }
  struct winsize size = {0};
  if (len != 4) return fail_as(EPROTO, "frame");
  memcpy(&size.ws_row, p, 2);
  memcpy(&size.ws_col, p + 2, 2);
  if (!proc->terminal || proc->out[0].fd < 0) return fail_as(ENOTTY, "the process");
  return ioctl(proc->out[0].fd, TIOCSWINSZ, &size) < 0 ? fail_on("TIOCSWINSZ") : 0;
}

static void handle_hello(struct conn *conn, const struct frame *f, const uint8_t *p, size_t len) {
  uint32_t version = 0;
  if (len == 4) memcpy(&version, p, 4);
  if (version != PROTOCOL_VERSION) {
    answer_error(conn, f->tag, fail_as(EPROTONOSUPPORT, "version"));
    return;
  }
  TEXT(t, 128);
  put(&t, "{\"version\":1,\"pid\":");
  put_u64(&t, (uint64_t)getpid());
  put(&t, ",\"startTime\":");
  put_u64(&t, start_time(getpid()));
  put(&t, "}");
  answer_ok(conn, f->tag, t.p, t.len);
}

/* A plan outlives its frame, and its texts end with NULs of their own: a copy without what stood before it. */
static uint8_t *take_plan(struct conn *conn, const uint8_t *p, size_t len) {
  uint8_t *plan = malloc(len + 1);
  if (plan == NULL) return NULL;
  memcpy(plan, p, len);
  free(conn->payload);
  conn->payload = NULL;
  return plan;
}

static void handle(struct conn *conn, const struct frame *f) {
  const uint8_t *p = conn->payload;
  size_t len = f->npayload, nid = 0;
  const char *id = "";
  bool targeted = f->type == FRAME_EXEC || (f->type >= FRAME_ATTACH && f->type <= FRAME_CLOSE_STDIN);
  int err = targeted ? take_target(&p, &len, &id, &nid) : 0;
  detail[0] = 0;
  if (err < 0) {
    answer_error(conn, f->tag, err);
    return;
  }
  char name[MAX_ID];
  memcpy(name, id, nid);
  switch (f->type) {
    case FRAME_HELLO: handle_hello(conn, f, p, len); break;
    case FRAME_CREATE: task_create(conn, f->tag, take_plan(conn, p, len), len); break;
    case FRAME_START: task_start(conn, f->tag); break;
    case FRAME_EXEC: task_exec(conn, f->tag, name, nid, take_plan(conn, p, len), len, f->flags & 7); break;
    case FRAME_ATTACH: handle_attach(conn, f, name, nid); break;
    case FRAME_SIGNAL:
    case FRAME_RESIZE:
    case FRAME_CLOSE_STDIN:
      err = handle_target(f, proc_find(name, nid), p, len);
      if (err < 0) answer_error(conn, f->tag, err);
      else answer_ok(conn, f->tag, "", 0);
      break;
    case FRAME_STATE: answer_state(conn, f->tag); break;
    case FRAME_EVENTS:
      conn->events = true;
      answer_ok(conn, f->tag, "", 0);
      task_watch_oom();
      break;
    case FRAME_DELETE:
      task_delete();
      answer_ok(conn, f->tag, "", 0);
      break;
    default: answer_error(conn, f->tag, fail_as(ENOSYS, "frame"));
  }
}

/* Reads no further than one frame needs, so that what follows an attach is stdin. False: no more for now. */
static bool read_frame(struct conn *conn) {
  bool in_head = conn->nhead < FRAME_HEAD;
  void *to = in_head ? conn->head + conn->nhead : conn->payload + conn->have;
  size_t want = in_head ? FRAME_HEAD - conn->nhead : conn->npayload - conn->have;
  struct frame f;
  if (want > 0) {
    ssize_t n = recv(conn->src.fd, to, want, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
      conn_close(conn);
      return false;
    }
    *(in_head ? &conn->nhead : &conn->have) += (size_t)n;
    if ((size_t)n < want) return false;
  }
  if (frame_head(&f, conn->head) < 0) {
    conn_close(conn);
    return false;
  }
  if (in_head) {
    conn->npayload = f.npayload;
    conn->have = 0;
    conn->payload = malloc(f.npayload + 1);
    if (conn->payload == NULL) conn_close(conn);
    return !conn->dead;
  }
  conn->nhead = 0;
  handle(conn, &f);
  free(conn->payload);
  conn->payload = NULL;
  return !conn->dead && conn->proc == NULL && !conn->waiting;
}

static void conn_ready(struct source *source, uint32_t events) {
  struct conn *conn = OWNER(source, struct conn, src);
  if (events & EPOLLOUT) {
    ssize_t n = send(source->fd, conn->out, conn->nout, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) conn_close(conn);
    if (n > 0) {
      memmove(conn->out, conn->out + n, conn->nout - (size_t)n);
      conn->nout -= (size_t)n;
    }
  }
  if (!conn->dead && (events & EPOLLIN)) {
    while (read_frame(conn))
      ;
  } else if (events & (EPOLLHUP | EPOLLERR)) {
    conn_close(conn);
  }
  conn_update(conn);
}

struct conn *conn_add(int fd) {
  struct conn *conn = calloc(1, sizeof(*conn));
  if (conn == NULL) {
    close(fd);
    return NULL;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  conn->src = (struct source){fd, 0, conn_ready};
  conn->spill = -1;
  conn->next = task.conns;
  task.conns = conn;
  watch(&conn->src, EPOLLIN);
  return conn;
}

void conn_close(struct conn *conn) {
  source_close(&conn->src);
  shut(&conn->spill);
  conn->dead = true;
  conn->from = conn->to = 0;
  for (struct proc *p = task.procs; p != NULL; p = p->next)
    if (p->waiter == conn) p->waiter = NULL;
}

void conn_sweep(void) {
  for (struct conn **at = &task.conns; *at != NULL;) {
    struct conn *conn = *at;
    if (!conn->dead) {
      at = &conn->next;
      continue;
    }
    *at = conn->next;
    free(conn->payload);
    free(conn->out);
    free(conn);
  }
}
