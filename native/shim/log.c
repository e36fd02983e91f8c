#include "log.h"

#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { CHUNK = 16384, OUT = 131072 };
/* The longest line: an escaped chunk, its keys, its time; attrs come on top. */
enum { LINE = 6 * CHUNK + 256 };

static void *map(size_t size) {
  void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

static int reopen(struct log *log, int flags) {
  shut(&log->fd);
  log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0640);
  struct stat st;
  if (log->fd < 0 || fstat(log->fd, &st) < 0) return fail_on(log->path);
  log->size = st.st_size;
  return 0;
}

int log_open(struct log *log, const char *path, int64_t max_size, int max_files, const char *attrs) {
  *log = (struct log){.fd = -1, .path = strdup(path), .attrs = strdup(attrs), .max_size = max_size, .max_files = max_files};
  if (log->path == NULL || log->attrs == NULL) return -ENOMEM;
  log->nattrs = strlen(attrs);
  if (log->nattrs > OUT - LINE || strlen(path) > 4000) return fail_as(E2BIG, path);
  return reopen(log, 0);
}

/* name.n, NUL-terminated; "name" for 0. */
static const char *numbered(struct text *t, const struct log *log, int n, const char *end) {
  t->len = 0;
  put(t, log->path);
  if (n > 0) {
    put(t, ".");
    put_u64(t, (uint64_t)n);
  }
  put(t, end);
  return text_z(t);
}

/* The daemon compresses what was rotated, to name.n.gz, and holds the lock for two renames. A daemon that is stopped there is not waited for. */
static bool lock_names(const struct log *log) {
  const struct timespec pause = {0, 500000};
  for (int tries = 0; flock(log->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK; tries++) {
    if (tries == 20) return false;
    nanosleep(&pause, NULL);
  }
  return true;
}

static void rotate(struct log *log) {
  /* The plain file last: as soon as it has its new name the daemon may compress it, and takes .gz. */
  static const char *const ends[] = {".gz", ""};
  TEXT(from, 4096);
  TEXT(to, 4096);
  if (!lock_names(log)) return; /* the next line tries again */
  for (int n = log->max_files - 1; n > 0; n--) {
    for (size_t e = 0; e < LEN(ends); e++) {
      const char *a = numbered(&from, log, n - 1, ends[e]), *b = numbered(&to, log, n, ends[e]);
      if (n == log->max_files - 1) unlink(b);
      /* A hole in the row is fine; a failure of the last move leaves the file growing. */
      if (rename(a, b) < 0 && errno != ENOENT && n == 1) {
        flock(log->fd, LOCK_UN);
        return;
      }
    }
  }
  reopen(log, log->max_files < 2 ? O_TRUNC : 0);
}

static void flush(struct log *log) {
  if (log->nout == 0) return;
  int err = log->fd < 0 ? -EBADF : write_all(log->fd, log->out, log->nout);
  if (err == 0) {
    log->size += (int64_t)log->nout;
  } else {
    /* Not half a line: the file ends where it ended. */
    if (log->fd >= 0 && ftruncate(log->fd, log->size) < 0) log->size = lseek(log->fd, 0, SEEK_END);
    log->dropped += (uint64_t)log->raw;
    if (log->fd < 0) reopen(log, 0);
  }
  log->nout = 0;
  log->raw = 0;
}

static void two(char *p, int v) {
  p[0] = (char)('0' + v / 10);
  p[1] = (char)('0' + v % 10);
}

/* RFC 3339 with as many digits of the second as are not zero. The calendar part is made once a second. */
static size_t format_time(char out[32]) {
  static char cached[20];
  static time_t cached_at = -1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != cached_at) {
    struct tm tm;
    gmtime_r(&now.tv_sec, &tm);
    memcpy(cached, "0000-00-00T00:00:00.", 20);
    two(cached, (tm.tm_year + 1900) / 100);
    two(cached + 2, (tm.tm_year + 1900) % 100);
    two(cached + 5, tm.tm_mon + 1);
    two(cached + 8, tm.tm_mday);
    two(cached + 11, tm.tm_hour);
    two(cached + 14, tm.tm_min);
    two(cached + 17, tm.tm_sec);
    cached_at = now.tv_sec;
  }
  memcpy(out, cached, 20);
  uint32_t ns = (uint32_t)now.tv_nsec;
  for (int n = 28; n >= 20; n--, ns /= 10) out[n] = (char)('0' + ns % 10);
  size_t len = 29;
  while (out[len - 1] == '0') len--;
  if (out[len - 1] == '.') len--;
  out[len++] = 'Z';
  return len;
}

static void add(struct log *log, const char *s, size_t n) {
  memcpy(log->out + log->nout, s, n);
  log->nout += n;
}

#define ADD(log, literal) add(log, literal, sizeof(literal) - 1)

/* One object; `end` says that the line had a newline. */
static void put_line(struct log *log, int stream, const char *line, size_t len, bool end, const char *time, size_t ntime) {
  size_t nattrs = log->nattrs;
  if (log->nout + 6 * len + 256 + nattrs > OUT) flush(log);
  if (log->max_size >= 0 && log->size + (int64_t)log->nout >= log->max_size) {
    flush(log);
    if (log->size >= log->max_size) rotate(log);
  }
  ADD(log, "{\"log\":\"");
  log->nout += json_escape(log->out + log->nout, line, len);
  if (end) ADD(log, "\\n");
  if (stream == 0) ADD(log, "\",\"stream\":\"stdout\",");
  else ADD(log, "\",\"stream\":\"stderr\",");
  if (nattrs > 0) {
    ADD(log, "\"attrs\":");
    add(log, log->attrs, nattrs);
    ADD(log, ",");
  }
  ADD(log, "\"time\":\"");
  add(log, time, ntime);
  ADD(log, "\"}\n");
  log->raw += (int64_t)(len + end);
}

/* Joins what is held with `tail`: a character may lie across the seam, so the two are escaped as one. */
static void finish(struct log *log, int stream, const char *tail, size_t ntail, bool end, const char *now, size_t nnow) {
  struct log_stream *s = &log->streams[stream];
  if (s->nheld > 0) {
    memcpy(s->held + s->nheld, tail, ntail);
    tail = s->held;
    ntail += s->nheld;
    s->nheld = 0;
  }
  if (!end && !s->partial) {
    s->partial = true;
    memcpy(s->time, now, nnow);
    s->ntime = nnow;
  }
  if (s->partial) put_line(log, stream, tail, ntail, end, s->time, s->ntime);
  else put_line(log, stream, tail, ntail, end, now, nnow);
  if (end) s->partial = false;
}

void log_write(struct log *log, int stream, const char *data, size_t len) {
  struct log_stream *s = &log->streams[stream];
  if (log->out == NULL) log->out = map(OUT);
  if (s->held == NULL) s->held = map(CHUNK);
  if (log->out == NULL || s->held == NULL) {
    log->dropped += len;
    return;
  }
  char now[32];
  size_t nnow = format_time(now);
  while (len > 0) {
    size_t room = CHUNK - s->nheld;
    size_t look = len < room ? len : room;
    const char *newline = memchr(data, '\n', look);
    if (newline != NULL) {
      size_t n = (size_t)(newline - data);
      finish(log, stream, data, n, true, now, nnow);
      data += n + 1, len -= n + 1;
    } else if (look == room) {
      finish(log, stream, data, look, false, now, nnow);
      data += look, len -= look;
    } else {
      memcpy(s->held + s->nheld, data, look);
      s->nheld += look;
      break;
    }
  }
  flush(log);
}

void log_end(struct log *log, int stream) {
  char now[32];
  if (log->streams[stream].nheld == 0) return;
  finish(log, stream, "", 0, false, now, format_time(now));
  flush(log);
}
