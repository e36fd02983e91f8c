/*
 * The json-file log, as Docker writes it: one object a line,
 * {"log":"text\n","stream":"stdout","attrs":{…},"time":"2026-11-22T18:00:00.123456789Z"}.
 * Lines longer than 16 KiB become chunks without their "\n" that carry the time of the first one. A file that has
 * reached its size is moved to .1 (.1 to .2 …; .1.gz to .2.gz …) before the next line. Writing never fails outwards: what could not be
 * written is counted.
 */
#pragma once

#include "util.h"

struct log_stream {
  char *held; /* the beginning of an unfinished line */
  size_t nheld;
  bool partial; /* chunks of this line have been written, at `time` */
  char time[32];
  size_t ntime;
};

struct log {
  int fd;
  char *path, *attrs;
  size_t nattrs;
  int64_t size, max_size;
  int max_files;
  uint64_t dropped;
  struct log_stream streams[2];
  char *out;
  size_t nout;
  int64_t raw; /* bytes of output behind `out` */
};

/* Opens or continues the file; -errno. The strings are copied. */
int log_open(struct log *log, const char *path, int64_t max_size, int max_files, const char *attrs);
/* Takes output of stream 0 (stdout) or 1 and writes every whole line. */
void log_write(struct log *log, int stream, const char *data, size_t len);
/* The stream has ended: what is left of a line is written as a chunk. */
void log_end(struct log *log, int stream);
