/*
 * Plain system calls, one row each: name, number, signature. The signature says what JavaScript must pass, in the order
 * in which the kernel takes its arguments:
 *
 *   i  32-bit integer              l  64-bit integer (number or BigInt)
 *   p  text: string or Uint8Array  n  the same or null
 *   b  Uint8Array: pointer and length (two kernel arguments)
 *   0  nothing from JavaScript; NULL or 0 to the kernel
 *   X  Uint8Array of at least 256 bytes, pointer only (struct statx)
 *   F  Uint8Array of at least 120 bytes, pointer only (struct statfs)
 *   T  Uint8Array of exactly 32 bytes or null, pointer only (struct timespec[2])
 */
#include "addon.h"

#include <sys/syscall.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define NR_fchmodat2 452 /* newer than the headers of our oldest host; the same on every architecture */

struct call {
  const char *name;
  long number;
  const char *signature;
};

static struct call calls[] = {
    {"close", SYS_close, "i"},
    {"fcntl", SYS_fcntl, "iil"},
    {"openat2", SYS_openat2, "ipb"},
    {"statx", SYS_statx, "ipiiX"},
    {"getdents64", SYS_getdents64, "ib"},
    {"readlinkat", SYS_readlinkat, "ipb"},
    {"mkdirat", SYS_mkdirat, "ipi"},
    {"mknodat", SYS_mknodat, "ipil"},
    {"symlinkat", SYS_symlinkat, "pip"},
    {"linkat", SYS_linkat, "ipipi"},
    {"renameat2", SYS_renameat2, "ipipi"},
    {"unlinkat", SYS_unlinkat, "ipi"},
    {"fchown", SYS_fchown, "iii"},
    {"fchownat", SYS_fchownat, "ipiii"},
    {"fchmod", SYS_fchmod, "ii"},
    {"fchmodat", SYS_fchmodat, "ipi"},
    {"fchmodat2", NR_fchmodat2, "ipii"},
    {"utimensat", SYS_utimensat, "inTi"},
    {"ftruncate", SYS_ftruncate, "il"},
    {"fallocate", SYS_fallocate, "iill"},
    {"lseek", SYS_lseek, "ili"},
    {"flock", SYS_flock, "ii"},
    {"fsync", SYS_fsync, "i"},
    {"syncfs", SYS_syncfs, "i"},
    {"statfs", SYS_statfs, "pF"},
    {"fstatfs", SYS_fstatfs, "iF"},
    {"fgetxattr", SYS_fgetxattr, "ipb"},
    {"fsetxattr", SYS_fsetxattr, "ipbi"},
    {"flistxattr", SYS_flistxattr, "ib"},
    {"fremovexattr", SYS_fremovexattr, "ip"},
    {"lgetxattr", SYS_lgetxattr, "ppb"},
    {"lsetxattr", SYS_lsetxattr, "ppbi"},
    {"llistxattr", SYS_llistxattr, "pb"},
    {"lremovexattr", SYS_lremovexattr, "pp"},
    {"mount", SYS_mount, "nnnln"},
    {"umount2", SYS_umount2, "pi"},
    {"openTree", SYS_open_tree, "ipi"},
    {"moveMount", SYS_move_mount, "ipipi"},
    {"mountSetattr", SYS_mount_setattr, "ipib"},
    {"fsopen", SYS_fsopen, "pi"},
    {"fsconfig", SYS_fsconfig, "iinni"},
    {"fsmount", SYS_fsmount, "iii"},
    {"unshare", SYS_unshare, "i"},
    {"setns", SYS_setns, "ii"},
    {"prctl", SYS_prctl, "il"},
    {"pidfdOpen", SYS_pidfd_open, "ii"},
    {"pidfdSendSignal", SYS_pidfd_send_signal, "ii0i"},
    {"socket", SYS_socket, "iii"},
    {"shutdown", SYS_shutdown, "ii"},
};

struct frame {
  long kernel[6];
  struct text texts[5];
};

/* Puts one JavaScript argument into the kernel's argument list. */
static bool take(napi_env env, napi_value value, char kind, struct frame *frame, size_t *slot, size_t *text) {
  uint8_t *data = NULL;
  size_t length = 0;
  size_t least = 0;
  switch (kind) {
    case 'i':
      return get_int(env, value, &frame->kernel[(*slot)++]);
    case 'l':
      return get_long(env, value, &frame->kernel[(*slot)++]);
    case 'p':
    case 'n':
      if (!get_text(env, value, kind == 'n', &frame->texts[*text])) return false;
      frame->kernel[(*slot)++] = (long)frame->texts[*text].value;
      (*text)++;
      return true;
    case 'b':
      if (!get_bytes(env, value, &data, &length)) return false;
      frame->kernel[(*slot)++] = (long)data;
      frame->kernel[(*slot)++] = (long)length;
      return true;
    case 'T': {
      napi_valuetype type;
      if (napi_typeof(env, value, &type) != napi_ok) return false;
      if (type == napi_null) {
        frame->kernel[(*slot)++] = 0;
        return true;
      }
      least = 32;
      break;
    }
    case 'X':
      least = 256;
      break;
    default:
      least = 120;
      break;
  }
  if (!get_bytes(env, value, &data, &length)) return false;
  if (length < least) {
    throw_type(env, "buffer too small");
    return false;
  }
  frame->kernel[(*slot)++] = (long)data;
  return true;
}

static napi_value invoke(napi_env env, napi_callback_info info) {
  struct call *call = NULL;
  napi_value args[6];
  size_t count = 6;
  struct frame frame; /* texts are cleared by get_text where they are used */
  if (napi_get_cb_info(env, info, &count, args, NULL, (void **)&call) != napi_ok) return NULL;
  memset(frame.kernel, 0, sizeof frame.kernel);
  size_t used = 0, slot = 0, text = 0;
  for (const char *kind = call->signature; *kind != 0; kind++) {
    if (*kind == '0') {
      slot++;
      continue;
    }
    if (used >= count) return throw_type(env, "too few arguments");
    if (!take(env, args[used++], *kind, &frame, &slot, &text)) return NULL;
  }
  if (used != count) return throw_type(env, "too many arguments");
  return result(env, syscall(call->number, frame.kernel[0], frame.kernel[1], frame.kernel[2], frame.kernel[3], frame.kernel[4], frame.kernel[5]));
}

void init_calls(napi_env env, napi_value exports) {
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) define(env, exports, calls[i].name, invoke, &calls[i]);
}
