/*
 * Numbers of the protocol; src/tasks/protocol.ts draws it and holds the same table (protocol.test.ts compares them).
 *
 *   ┌────────────┬──────────┬───────────┬─────────┬─────────┐   little endian; length counts what follows it
 *   │ u32 length │ u16 type │ u16 flags │ u32 tag │ payload │   target := u16 length, bytes
 *   └────────────┴──────────┴───────────┴─────────┴─────────┘
 */
#pragma once

#include "util.h"

enum {
  FRAME_HELLO = 1,         /* u32 version */
  FRAME_CREATE = 2,        /* plan */
  FRAME_START = 3,         /* – */
  FRAME_EXEC = 4,          /* target, plan; flags: attach bits */
  FRAME_ATTACH = 5,        /* target; flags: attach bits */
  FRAME_SIGNAL = 6,        /* target, i32 signal; flags: 1 all */
  FRAME_RESIZE = 7,        /* target, u16 rows, u16 cols */
  FRAME_CLOSE_STDIN = 8,   /* target */
  FRAME_STATE = 9,         /* – */
  FRAME_EVENTS = 10,       /* – */
  FRAME_DELETE = 11,       /* – */
  FRAME_OK = 0x8000,       /* JSON or nothing */
  FRAME_ERROR = 0x8001,    /* {"errno","step","detail"} */
  FRAME_EVENT = 0x8002,    /* {"type",…} */
};

enum { PROTOCOL_VERSION = 1, FRAME_HEAD = 12, MAX_FRAME = 16777216, MAX_ID = 128 };

struct frame {
  uint16_t type, flags;
  uint32_t tag;
  size_t npayload;
};

/* Splits the twelve bytes before a payload; -EPROTO for an impossible length. */
int frame_head(struct frame *frame, const uint8_t head[FRAME_HEAD]);
void frame_write(uint8_t head[FRAME_HEAD], uint16_t type, uint32_t tag, size_t npayload);
/* Takes a target off the front of a payload; -EPROTO, -EINVAL for what is no id ("" is the init). */
int take_target(const uint8_t **p, size_t *len, const char **id, size_t *nid);
