/*
 * Stdio of processes. Output goes to the log and to every attached client; what a client's socket does not take is
 * spilled into an unlinked file, so that nothing here waits and memory stays small.
 *
 * A client that keeps reading slows the process down instead of losing anything (the pipe is not read while anything
 * waits for it; what fits into its socket does not wait). One that took nothing for STALL is left behind: the process goes on, and the client is
 * disconnected when more than LIMIT waits.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "shim.h"

#define LIMIT (64 << 20)
#define STALL 1000000000ULL
#define LAST_WAIT 10000000000ULL
/* What a pipe may hold when one side is faster than the other: fewer turns between the two. */
#define BUSY_PIPE (256 << 10)

char io_buf[65536];

static off_t backlog(const struct conn *conn) {
  return conn->to - conn->from;
}

static void throttle(struct proc *proc) {
  bool wait = false;
  for (struct conn *c = task.conns; c != NULL; c = c->next) {
    if (c->dead || c->proc != proc || c->stalled) continue;
    if (backlog(c) > 0) wait = true;
  }
  if (proc->status == PROC_EXITED) wait = false;
  if (wait == proc->throttled) return;
  proc->throttled = wait;
  for (int n = 0; n < 2; n++)
    if (proc->out[n].fd >= 0) watch(&proc->out[n], wait ? 0 : EPOLLIN);
}

static void update(struct conn *conn) {
  struct proc *proc = conn->proc;
  uint32_t events = backlog(conn) > 0 ? EPOLLOUT : 0;
  bool takes = conn->half || (!conn->finishing && proc->in.fd >= 0 && proc->nheld == 0);
  if ((conn->attach & 1) && !conn->in_done && takes) events |= EPOLLIN;
  /* Hang-ups are always reported: a stream keeps at least an empty registration. */
  watch(&conn->src, events | EPOLLRDHUP * 0 | EPOLLERR);
}

static int open_spill(void) {
  int fd = task.spill_dir != NULL ? open(task.spill_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
  return fd >= 0 ? fd : memfd_create("spill", MFD_CLOEXEC);
}

static void spill(struct conn *conn, const char *data, size_t len) {
  if (len == 0) return;
  if (conn->spill < 0) conn->spill = open_spill();
  if (backlog(conn) == 0) conn->progress = now_mono();
  ssize_t n = conn->spill < 0 || backlog(conn) + (off_t)len > LIMIT ? -1 : pwrite(conn->spill, data, len, conn->to);
  if (n != (ssize_t)len) {
    conn_close(conn);
    return;
  }
  conn->to += n;
}

static void deliver(struct conn *conn, int stream, const char *data, size_t len) {
  uint8_t head[8] = {(uint8_t)(stream + 1), 0, 0, 0, (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
  size_t nhead = conn->proc->terminal ? 0 : sizeof(head);
  size_t sent = 0;
  if (backlog(conn) == 0) {
    struct iovec iov[2] = {{head, nhead}, {(void *)(uintptr_t)data, len}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    ssize_t n = sendmsg(conn->src.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) {
      conn_close(conn);
      return;
    }
    sent = n < 0 ? 0 : (size_t)n;
    if (sent == nhead + len) return;
  }
  if (sent < nhead) spill(conn, (char *)head + sent, nhead - sent);
  size_t skip = sent > nhead ? sent - nhead : 0;
  if (!conn->dead) spill(conn, data + skip, len - skip);
  if (!conn->dead) update(conn);
}

/* All output is sent. A close with input unread or on its way would fail the client's writes, and many a client (Node's
 * sockets for one) then throws away the output that it has not read yet: so its end is waited for. */
static void finish_stream(struct conn *conn) {
  conn->progress = now_mono();
  conn->half = (conn->attach & 1) && !conn->in_done && shutdown(conn->src.fd, SHUT_WR) == 0;
  if (!conn->half) conn_close(conn);
}

static void drain(struct conn *conn) {
  while (backlog(conn) > 0) {
    ssize_t n = sendfile(conn->src.fd, conn->spill, &conn->from, (size_t)backlog(conn));
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      conn_close(conn);
      return;
    }
    conn->progress = now_mono();
    conn->stalled = false;
  }
  conn->from = conn->to = 0;
  if (conn->spill >= 0 && ftruncate(conn->spill, 0) < 0) shut(&conn->spill);
  if (conn->finishing) finish_stream(conn);
}

/* A pipe that was once full gets larger. A terminal is none, and the user's limit of pages may be reached: then it stays. */
static void widen(int fd, bool *done) {
  if (!*done) fcntl(fd, F_SETPIPE_SZ, BUSY_PIPE);
  *done = true;
}

void output_begin(struct proc *proc) {
  for (int n = 0; n < 2; n++)
    if (proc->out[n].fd >= 0) watch(&proc->out[n], EPOLLIN);
}

void output_ready(struct source *source, uint32_t events) {
  (void)events;
  struct proc *proc = NULL;
  int stream = 0;
  for (proc = task.procs; proc != NULL; proc = proc->next) {
    if (source == &proc->out[0]) break;
    if (source == &proc->out[1]) {
      stream = 1;
      break;
    }
  }
  if (proc == NULL) return;
  bool logged = task.has_log && proc->id[0] == 0;
  ssize_t n = read(source->fd, io_buf, sizeof(io_buf));
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) { /* a terminal without a slave says EIO */
    if (logged) log_end(&task.log, stream);
    source_close(source);
    return;
  }
  if (n == sizeof(io_buf)) widen(source->fd, &proc->busy[stream]);
  if (logged) log_write(&task.log, stream, io_buf, (size_t)n);
  for (struct conn *c = task.conns; c != NULL; c = c->next)
    if (c->proc == proc && !c->dead && (c->attach & (2 << stream))) deliver(c, stream, io_buf, (size_t)n);
  throttle(proc);
}

static void update_writers(struct proc *proc) {
  for (struct conn *c = task.conns; c != NULL; c = c->next)
    if (c->proc == proc && !c->dead) update(c);
}

void input_close(struct proc *proc) {
  if (proc->nheld > 0) {
    proc->close_stdin = true;
    return;
  }
  source_close(&proc->in);
  update_writers(proc);
}

/* The process can take more, or has closed its stdin. */
void input_ready(struct source *source, uint32_t events) {
  (void)events;
  struct proc *proc = OWNER(source, struct proc, in);
  while (proc->nheld > 0) {
    ssize_t n = write(source->fd, proc->held + proc->held_at, proc->nheld);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) {
      proc->close_stdin = true;
      proc->nheld = 0;
      break;
    }
    proc->held_at += (size_t)n, proc->nheld -= (size_t)n;
  }
  watch(source, 0);
  free(proc->held);
  proc->held = NULL;
  if (proc->close_stdin) source_close(source);
  update_writers(proc);
}

static void feed(struct proc *proc, const char *data, size_t len) {
  ssize_t n = write(proc->in.fd, data, len);
  if (n < 0 && errno != EAGAIN && errno != EINTR) {
    source_close(&proc->in);
    update_writers(proc);
    return;
  }
  size_t done = n < 0 ? 0 : (size_t)n;
  if (done == len) return;
  widen(proc->in.fd, &proc->busy[2]);
  proc->held = malloc(len - done);
  if (proc->held == NULL) return;
  memcpy(proc->held, data + done, len - done);
  proc->held_at = 0;
  proc->nheld = len - done;
  watch(&proc->in, EPOLLOUT);
  update_writers(proc);
}

static void take_input(struct conn *conn) {
  struct proc *proc = conn->proc;
  ssize_t n = recv(conn->src.fd, io_buf, sizeof(io_buf), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) {
    if (!conn->half) feed(proc, io_buf, (size_t)n);
    return;
  }
  if (conn->half) {
    conn_close(conn);
    return;
  }
  conn->in_done = true;
  update(conn);
  if (n == 0 && proc->stdin_once && !proc->terminal) input_close(proc);
}

void stream_ready(struct source *source, uint32_t events) {
  struct conn *conn = OWNER(source, struct conn, src);
  struct proc *proc = conn->proc;
  /* Input first: a client may have written, ended and gone. */
  if ((events & EPOLLIN) && (source->events & EPOLLIN)) take_input(conn);
  else if (events & (EPOLLHUP | EPOLLERR)) {
    if ((conn->attach & 1) && !conn->in_done && proc->in.fd >= 0 && proc->nheld > 0) {
      /* The rest of its input waits in the socket until the process takes what came before. */
      watch(source, 0);
      return;
    }
    conn_close(conn);
  }
  if (!conn->dead && (events & EPOLLOUT)) drain(conn);
  if (!conn->dead) update(conn);
  throttle(proc);
}

void stream_begin(struct conn *conn, struct proc *proc, uint16_t attach) {
  int size = 1 << 20;
  if (setsockopt(conn->src.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0) setsockopt(conn->src.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  conn->proc = proc;
  conn->attach = attach;
  conn->src.ready = stream_ready;
  update(conn);
}

void stream_finish(struct proc *proc) {
  for (struct conn *c = task.conns; c != NULL; c = c->next) {
    if (c->proc != proc || c->dead) continue;
    c->finishing = true;
    c->progress = now_mono();
    if (backlog(c) == 0) finish_stream(c);
    if (!c->dead) update(c);
  }
}

bool stream_tick(uint64_t now) {
  bool again = false;
  for (struct conn *c = task.conns; c != NULL; c = c->next) {
    if (c->dead || c->proc == NULL || (backlog(c) == 0 && !c->half)) continue;
    if (c->finishing && now - c->progress > LAST_WAIT) conn_close(c);
    else if (!c->finishing && !c->stalled && c->proc->throttled && now - c->progress > STALL) {
      c->stalled = true;
      throttle(c->proc);
    } else again = again || c->finishing || !c->stalled;
  }
  return again;
}
