#include "util.h"

#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

char detail[256];

void detail_set(const char *a, const char *b) {
  struct text t = {detail, 0, sizeof(detail) - 1, false};
  put(&t, a);
  put(&t, b);
  detail[t.len] = 0;
}

int fail_on(const char *object) {
  int err = errno;
  detail_set(object, "");
  return -err;
}

int fail_as(int err, const char *object) {
  detail_set(object, "");
  return -err;
}

void put_bytes(struct text *t, const char *s, size_t n) {
  if (n > t->cap - t->len) {
    t->full = true;
    n = t->cap - t->len;
  }
  memcpy(t->p + t->len, s, n);
  t->len += n;
}

void put(struct text *t, const char *s) {
  put_bytes(t, s, strlen(s));
}

void put_u64(struct text *t, uint64_t v) {
  char digits[20];
  size_t n = sizeof(digits);
  do {
    digits[--n] = (char)('0' + v % 10);
    v /= 10;
  } while (v > 0);
  put_bytes(t, digits + n, sizeof(digits) - n);
}

void put_i64(struct text *t, int64_t v) {
  if (v < 0) put(t, "-");
  put_u64(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void put_json(struct text *t, const char *s, size_t n) {
  put(t, "\"");
  for (size_t i = 0; i < n;) {
    char escaped[6 * 64];
    size_t part = n - i < 64 ? n - i : 64;
    /* Not in the middle of a character. */
    while (i + part < n && part > 60 && ((unsigned char)s[i + part] & 0xc0) == 0x80) part--;
    put_bytes(t, escaped, json_escape(escaped, s + i, part));
    i += part;
  }
  put(t, "\"");
}

char *text_z(struct text *t) {
  if (t->full || t->len >= t->cap) return NULL;
  t->p[t->len] = 0;
  return t->p;
}

/* Length of the valid UTF-8 character at s (2…4), or 0. Surrogates and overlong forms are invalid. */
static size_t utf8_length(const unsigned char *s, size_t n) {
  unsigned char c = s[0], low = 0x80, high = 0xbf;
  size_t need;
  if (c >= 0xc2 && c <= 0xdf) need = 2;
  else if (c >= 0xe0 && c <= 0xef) need = 3, low = c == 0xe0 ? 0xa0 : 0x80, high = c == 0xed ? 0x9f : 0xbf;
  else if (c >= 0xf0 && c <= 0xf4) need = 4, low = c == 0xf0 ? 0x90 : 0x80, high = c == 0xf4 ? 0x8f : 0xbf;
  else return 0;
  if (n < need || s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < need; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  return need;
}

/* Bytes that go through as they are: ASCII but for controls and " & < > \. */
static const bool plain[256] = {[0x20 ... 0x21] = true, [0x23 ... 0x25] = true, [0x27 ... 0x3b] = true, [0x3d] = true, [0x3f ... 0x5b] = true, [0x5d ... 0x7f] = true};

static size_t escape_ascii(char *dst, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  dst[0] = '\\';
  dst[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : (char)c;
  if (c == '\n' || c == '\r' || c == '"' || c == '\\') return 2;
  memcpy(dst, "\\u00", 4);
  dst[4] = hex[c >> 4];
  dst[5] = hex[c & 15];
  return 6;
}

typedef unsigned char block __attribute__((vector_size(16)));

/* True when all sixteen bytes are plain. */
static bool plain_block(block b) {
  typedef uint64_t halves __attribute__((vector_size(16)));
  block special = (block)(b < 0x20) | (block)(b > 0x7f) | (block)(b == '"') | (block)(b == '&') | (block)(b == '<') | (block)(b == '>') | (block)(b == '\\');
  halves any = (halves)special;
  return (any[0] | any[1]) == 0;
}

/* Copies the plain bytes that s begins with and returns their number. Writes up to n bytes. */
static size_t copy_plain(char *dst, const unsigned char *s, size_t n) {
  size_t i = 0;
  for (block b; i + sizeof(b) <= n; i += sizeof(b)) {
    memcpy(&b, s + i, sizeof(b));
    if (!plain_block(b)) break;
    memcpy(dst + i, &b, sizeof(b));
  }
  for (; i < n && plain[s[i]]; i++) dst[i] = (char)s[i];
  return i;
}

size_t json_escape(char *dst, const char *src, size_t n) {
  const unsigned char *s = (const unsigned char *)src;
  size_t out = 0;
  for (size_t i = 0; i < n;) {
    size_t run = copy_plain(dst + out, s + i, n - i);
    out += run;
    i += run;
    if (i == n) break;
    if (s[i] < 0x80) {
      out += escape_ascii(dst + out, s[i++]);
      continue;
    }
    size_t length = utf8_length(s + i, n - i);
    if (length == 0) {
      memcpy(dst + out, "\\ufffd", 6);
      out += 6, i++;
    } else if (length == 3 && s[i] == 0xe2 && s[i + 1] == 0x80 && (s[i + 2] & 0xfe) == 0xa8) {
      memcpy(dst + out, s[i + 2] & 1 ? "\\u2029" : "\\u2028", 6);
      out += 6, i += 3;
    } else {
      memcpy(dst + out, s + i, length);
      out += length, i += length;
    }
  }
  return out;
}

ssize_t read_file(int dir, const char *path, char *buf, size_t size) {
  autofd fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t len = 0;
  while (len < size) {
    ssize_t n = read(fd, buf + len, size - len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) {
      buf[len] = 0;
      return (ssize_t)len;
    }
    len += (size_t)n;
  }
  return -E2BIG;
}

int write_all(int fd, const char *data, size_t len) {
  while (len > 0) {
    ssize_t n = write(fd, data, len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    data += n, len -= (size_t)n;
  }
  return 0;
}

int write_file(int dir, const char *path, const char *data, size_t len) {
  autofd fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t n;
  do n = write(fd, data, len);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
}

int write_durable(const char *path, const char *data, size_t len) {
  TEXT(temp, 320);
  put(&temp, path);
  put(&temp, ".tmp");
  if (text_z(&temp) == NULL) return -ENAMETOOLONG;
  autofd fd = open(temp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  int err = write_all(fd, data, len);
  if (err == 0 && fsync(fd) < 0) err = -errno;
  if (err == 0 && rename(temp.p, path) < 0) err = -errno;
  if (err < 0) {
    unlink(temp.p);
    return err;
  }
  char *slash = strrchr(temp.p, '/');
  if (slash != NULL) *slash = 0;
  autofd dir = open(slash != NULL ? temp.p : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return dir < 0 || fsync(dir) < 0 ? -errno : 0;
}

uint64_t start_time(pid_t pid) {
  TEXT(path, 32);
  put(&path, "/proc/");
  put_u64(&path, (uint64_t)pid);
  put(&path, "/stat");
  char stat[1024];
  if (read_file(AT_FDCWD, text_z(&path), stat, sizeof(stat)) < 0) return 0;
  char *at = strrchr(stat, ')'); /* the name may hold anything */
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t now_real(void) {
  return clock_ns(CLOCK_REALTIME);
}

uint64_t now_mono(void) {
  return clock_ns(CLOCK_MONOTONIC);
}

uint64_t number_after(const char *text, const char *key) {
  size_t n = strlen(key);
  for (const char *line = text; line != NULL && *line != 0;) {
    if (strncmp(line, key, n) == 0 && line[n] == ' ') return strtoull(line + n + 1, NULL, 10);
    line = strchr(line, '\n');
    if (line != NULL) line++;
  }
  return 0;
}

int open_in(int root, const char *path, int flags, uint64_t extra) {
  struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | extra};
  int fd;
  /* EAGAIN: a rename somewhere raced with a ".." on the way. */
  for (int i = 0; i < 32; i++) {
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd < 0 ? -errno : fd;
}
