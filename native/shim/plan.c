#include "plan.h"

struct reader {
  const uint8_t *p;
  size_t left;
};

struct shape {
  uint8_t known, nints, nstrs, nlists, blobs, side;
};

static const struct shape shapes[] = {
#define X(name, number, ints, strs, lists, blobs, side) [number] = {1, ints, strs, lists, blobs, side},
    OPS(X)
#undef X
};

static int bad(const char *what) {
  return fail_as(EPROTO, what);
}

static bool take(struct reader *r, void *out, size_t n) {
  if (n > r->left) return false;
  memcpy(out, r->p, n);
  r->p += n, r->left -= n;
  return true;
}

struct head {
  uint16_t kind;
  uint8_t side, nints;
} __attribute__((packed));

static bool side_fits(uint8_t want, uint8_t side) {
  switch (want) {
    case ANY_SIDE: return side == SIDE_SHIM || side == SIDE_INIT;
    case BIRTH_SIDE: return side == SIDE_SHIM || side == SIDE_STAGE;
    case ENTER_SIDE: return side == SIDE_STAGE || side == SIDE_INIT;
    default: return side == want;
  }
}

/* Reads one operation. With `op` NULL only its sizes are counted into *ints and *strs; else those point at free places. */
static int decode_op(struct reader *r, struct op *op, int64_t **ints, struct str **strs, size_t *nints, size_t *nstrs) {
  struct head head;
  if (!take(r, &head, sizeof(head))) return bad("an operation is cut");
  if (head.kind >= LEN(shapes) || !shapes[head.kind].known) return bad("an operation is unknown");
  const struct shape *shape = &shapes[head.kind];
  if (head.nints != shape->nints) return bad("an operation has a wrong number of integers");
  if (!side_fits(shape->side, head.side)) return bad("an operation is on the wrong side");
  int64_t values[16] = {0};
  if (!take(r, values, head.nints * sizeof(int64_t))) return bad("an integer is cut");
  uint32_t count;
  if (!take(r, &count, 4)) return bad("a count is cut");
  if (count > r->left / 5) return bad("a count is too large");
  uint64_t expected = shape->nstrs;
  for (int l = 0; l < shape->nlists; l++) {
    if (values[l] < 0 || values[l] > count) return bad("a list is too long");
    expected += (uint64_t)values[l];
  }
  if (expected != count) return bad("an operation has a wrong number of strings");
  for (uint32_t n = 0; n < count; n++) {
    uint32_t len;
    if (!take(r, &len, 4) || len >= r->left) return bad("a string is cut");
    bool blob = n < shape->nstrs ? (shape->blobs >> n & 1) : (shape->blobs & BLOB_LIST) != 0;
    if (r->p[len] != 0) return bad("a string is not terminated");
    if (!blob && memchr(r->p, 0, len) != NULL) return bad("a text holds a NUL byte");
    if (op != NULL) (*strs)[n] = (struct str){(const char *)r->p, len};
    r->p += len + 1, r->left -= len + 1;
  }
  *nints += head.nints, *nstrs += count;
  if (op != NULL) {
    memcpy(*ints, values, head.nints * sizeof(int64_t));
    *op = (struct op){head.kind, head.side, count, *ints, *strs};
    *ints += head.nints, *strs += count;
  }
  return 0;
}

/* One birth; stage before it, init after it; the last operation is exec. */
static int check_order(const struct plan *plan) {
  bool born = false, stage = false;
  for (uint32_t n = 0; n < plan->nops; n++) {
    const struct op *op = &plan->ops[n];
    if (op->side == SIDE_INIT && !born) return bad("an operation of the init comes before ns.new");
    if (op->side == SIDE_STAGE && born) return bad("an operation of the stage comes after ns.new");
    if (op->kind == OP_NS_NEW) {
      if (born) return bad("ns.new comes twice");
      if (stage && op->side != SIDE_STAGE) return bad("ns.new is not on the stage");
      born = true;
    }
    if (op->side == SIDE_STAGE) stage = true;
    if (op->kind == OP_EXEC && n + 1 != plan->nops) return bad("exec is not the last operation");
    if (op->kind == OP_EXEC_FIND && op->i[0] < 1) return bad("exec.find has no argument");
  }
  if (!born) return bad("ns.new is missing");
  if (plan->ops[plan->nops - 1].kind != OP_EXEC) return bad("exec is missing");
  return plan_find(plan, OP_EXEC_FIND) == NULL ? bad("exec.find is missing") : 0;
}

int plan_decode(struct plan *plan, const uint8_t *bytes, size_t len) {
  *plan = (struct plan){0};
  struct reader r = {bytes, len};
  struct {
    char magic[4];
    uint16_t version, reserved;
    uint32_t nops;
  } head;
  if (!take(&r, &head, sizeof(head)) || memcmp(head.magic, "BPLN", 4) != 0) return bad("it is not a plan");
  if (head.version != 1) return bad("the version is unknown");
  if (head.nops == 0 || head.nops > r.left / 8) return bad("the count of operations is impossible");
  size_t nints = 0, nstrs = 0;
  struct reader first = r;
  for (uint32_t n = 0; n < head.nops; n++) {
    int err = decode_op(&first, NULL, NULL, NULL, &nints, &nstrs);
    if (err < 0) return err;
  }
  if (first.left != 0) return bad("there are bytes after its end");
  size_t ops_size = head.nops * sizeof(struct op);
  plan->memory = malloc(ops_size + nints * sizeof(int64_t) + nstrs * sizeof(struct str));
  if (plan->memory == NULL) return -ENOMEM;
  plan->ops = plan->memory;
  plan->nops = head.nops;
  int64_t *ints = (int64_t *)(void *)((char *)plan->memory + ops_size);
  struct str *strs = (struct str *)(void *)(ints + nints);
  for (uint32_t n = 0; n < head.nops; n++) decode_op(&r, &plan->ops[n], &ints, &strs, &nints, &nstrs);
  int err = check_order(plan);
  if (err < 0) plan_free(plan);
  return err;
}

void plan_free(struct plan *plan) {
  free(plan->memory);
  *plan = (struct plan){0};
}

const struct op *plan_find(const struct plan *plan, enum kind kind) {
  for (uint32_t n = 0; n < plan->nops; n++)
    if (plan->ops[n].kind == kind) return &plan->ops[n];
  return NULL;
}
