/*
 * Feeds inputs from stdin (u8 target, u32 length, bytes; repeated) to what parses foreign bytes in the shim, each in memory
 * of exactly its size, so that the sanitizers see one byte too far. Prints how many plans were accepted.
 */
#include "../../../native/shim/log.h"
#include "../../../native/shim/plan.h"
#include "../../../native/shim/protocol.h"

#include <stdio.h>

static int touch(const struct plan *plan) {
  int sum = 0;
  for (uint32_t n = 0; n < plan->nops; n++)
    for (uint32_t k = 0; k < plan->ops[n].nstrs; k++) sum += plan->ops[n].s[k].p[plan->ops[n].s[k].len];
  return sum;
}

static void parse_frame(const uint8_t *bytes, size_t len) {
  struct frame f;
  if (len < FRAME_HEAD || frame_head(&f, bytes) < 0) return;
  const uint8_t *p = bytes + FRAME_HEAD;
  size_t left = len - FRAME_HEAD, nid;
  const char *id;
  if (take_target(&p, &left, &id, &nid) == 0 && (nid > MAX_ID || p + left != bytes + len)) abort();
}

static void escape(const uint8_t *bytes, size_t len) {
  char *out = malloc(6 * len + 1);
  size_t n = json_escape(out, (const char *)bytes, len);
  if (n > 6 * len) abort();
  free(out);
  TEXT(t, 300);
  put_json(&t, (const char *)bytes, len);
}

static void write_log(const char *path, const uint8_t *bytes, size_t len) {
  struct log log;
  if (log_open(&log, path, 5000, 2, "{\"a\":1}") < 0) abort();
  for (size_t at = 0, step = 1; at < len; at += step, step = step * 7 % 40009) {
    size_t n = len - at < step ? len - at : step;
    char *copy = malloc(n);
    memcpy(copy, bytes + at, n);
    log_write(&log, (int)(step & 1), copy, n);
    free(copy);
  }
  log_end(&log, 0);
  log_end(&log, 1);
  close(log.fd);
  free(log.path);
  free(log.attrs);
}

int main(int argc, char **argv) {
  int target, accepted = 0;
  while ((target = getchar()) != EOF) {
    uint32_t len;
    if (fread(&len, 4, 1, stdin) != 1) return 2;
    uint8_t *bytes = malloc(len > 0 ? len : 1);
    if (len > 0 && fread(bytes, len, 1, stdin) != 1) return 2;
    struct plan plan;
    if (target == 'p' && plan_decode(&plan, bytes, len) == 0) {
      if (touch(&plan) != 0) abort();
      plan_free(&plan);
      accepted++;
    }
    if (target == 'f') parse_frame(bytes, len);
    if (target == 'j') escape(bytes, len);
    if (target == 'l' && argc > 1) write_log(argv[1], bytes, len);
    free(bytes);
  }
  printf("%d\n", accepted);
  return 0;
}
