/*
 * An overlay mounted where nobody sees it, for kernels whose fsconfig cannot take a stack of layers (before 6.8): a
 * thread with its own mount namespace and working directory mounts it and clones the mount into an fd.
 */
#include "addon.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

struct job {
  struct text base, data;
  long flags;
  long result;
};

static long mount_hidden(struct job *job) {
  if (unshare(CLONE_FS | CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -errno;
  if (chdir(job->base.value) < 0) return -errno;
  if (mount("overlay", "/", "overlay", (unsigned long)job->flags, job->data.value) < 0) return -errno;
  /* A mount over / is not entered by path lookup from the old root: ".." of the mount's own root is where it lies. */
  if (chdir("/..") < 0) return -errno;
  long fd = syscall(SYS_open_tree, AT_FDCWD, ".", OPEN_TREE_CLONE | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static void *run(void *data) {
  struct job *job = data;
  job->result = mount_hidden(job);
  return NULL;
}

/* hiddenOverlay(base, data, flags): fd of a detached mount. Names in `data` are relative to `base`. */
static napi_value hidden_overlay(napi_env env, napi_callback_info info) {
  napi_value args[3];
  struct job job;
  pthread_t thread;
  if (!get_args(env, info, 3, args) || !get_text(env, args[0], false, &job.base) || !get_text(env, args[1], false, &job.data) || !get_long(env, args[2], &job.flags)) return NULL;
  int failure = pthread_create(&thread, NULL, run, &job);
  if (failure != 0) return number(env, -failure);
  pthread_join(thread, NULL);
  return number(env, job.result);
}

void init_overlay(napi_env env, napi_value exports) {
  define(env, exports, "hiddenOverlay", hidden_overlay, NULL);
}
