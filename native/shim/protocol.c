#include "protocol.h"

int frame_head(struct frame *frame, const uint8_t head[FRAME_HEAD]) {
  uint32_t len;
  memcpy(&len, head, 4);
  memcpy(&frame->type, head + 4, 2);
  memcpy(&frame->flags, head + 6, 2);
  memcpy(&frame->tag, head + 8, 4);
  if (len < 8 || len > MAX_FRAME) return -EPROTO;
  frame->npayload = len - 8;
  return 0;
}

void frame_write(uint8_t head[FRAME_HEAD], uint16_t type, uint32_t tag, size_t npayload) {
  uint32_t len = (uint32_t)npayload + 8;
  uint16_t flags = 0;
  memcpy(head, &len, 4);
  memcpy(head + 4, &type, 2);
  memcpy(head + 6, &flags, 2);
  memcpy(head + 8, &tag, 4);
}

/* An id is a file name: letters, digits, "_", "-" and ".", not beginning with a dot. */
static bool id_fits(const char *id, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char c = id[i];
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!word && (c != '.' || i == 0)) return false;
  }
  return n <= MAX_ID;
}

int take_target(const uint8_t **p, size_t *len, const char **id, size_t *nid) {
  uint16_t n;
  if (*len < 2) return -EPROTO;
  memcpy(&n, *p, 2);
  if (n > *len - 2) return -EPROTO;
  *id = (const char *)*p + 2;
  *nid = n;
  *p += 2 + n, *len -= 2 + (size_t)n;
  return id_fits(*id, n) ? 0 : -EINVAL;
}
