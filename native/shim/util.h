/*
 * Conventions of the shim. A function that can fail returns 0 (or a value ≥ 0) or -errno, and the one that knows which
 * object it was about names it with fail_on(); the plan runner reports both. Descriptors and memory that live in one
 * scope are declared `autofd` and `autofree`. Nothing allocates after clone.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define CLEANUP(f) __attribute__((cleanup(f)))
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline void close_scope(int *fd) {
  if (*fd >= 0) close(*fd);
}
static inline void free_scope(void *p) {
  free(*(void **)p);
}
#define autofd CLEANUP(close_scope) int
#define autofree CLEANUP(free_scope)

/* Closes *fd if it is open and forgets it. */
static inline void shut(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* The object of the last failure, NUL-terminated; empty when nobody named it. */
extern char detail[256];
void detail_set(const char *a, const char *b);
/* Names the object and returns -errno (saved first). */
int fail_on(const char *object);
/* The same with an error of our own. */
int fail_as(int err, const char *object);

/* A text built in a fixed buffer; `full` when something did not fit (what fitted stays valid). Never NUL-terminated by itself. */
struct text {
  char *p;
  size_t len, cap;
  bool full;
};
#define TEXT(name, size)   \
  char name##_bytes[size]; \
  struct text name = {name##_bytes, 0, size, false}
void put(struct text *t, const char *s);
void put_bytes(struct text *t, const char *s, size_t n);
void put_u64(struct text *t, uint64_t v);
void put_i64(struct text *t, int64_t v);
/* A JSON string with its quotes. */
void put_json(struct text *t, const char *s, size_t n);
/* The NUL-terminated text, or NULL when it was too long. */
char *text_z(struct text *t);

/* Escapes as Docker's json-file does (Go's HTML-safe JSON); dst holds at least 6 × n bytes. Returns the length. */
size_t json_escape(char *dst, const char *s, size_t n);

/* Reads a small file whole, NUL-terminated; returns the length or -errno (E2BIG when it does not fit). */
ssize_t read_file(int dir, const char *path, char *buf, size_t size);
/* Opens and writes in one write(2); -errno of either. */
int write_file(int dir, const char *path, const char *data, size_t len);
/* Writes all or returns -errno. */
int write_all(int fd, const char *data, size_t len);
/* temp file, fsync, rename, fsync of the directory. `path` is relative to the working directory. */
int write_durable(const char *path, const char *data, size_t len);
/* Field 22 of /proc/PID/stat, 0 when the process is gone. */
uint64_t start_time(pid_t pid);
/* Nanoseconds since the epoch, and of the monotonic clock. */
uint64_t now_real(void);
uint64_t now_mono(void);
/* The decimal number after `key` and a blank in a text of lines; 0 when absent. */
uint64_t number_after(const char *text, const char *key);

/* openat2 confined to `root`; `extra` adds RESOLVE_* bits. Returns the descriptor (always O_CLOEXEC) or -errno. */
int open_in(int root, const char *path, int flags, uint64_t extra);
