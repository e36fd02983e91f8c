/* Sealed programs and processes that are nobody's child. */
#include "addon.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define STRINGS_MAX 256 /* of argv and of env */
#define FDS_MAX 32
#define CHILD_STACK (64 * 1024)

#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#define NR_close_range 436

static int copy_all(int from, int to) {
  char buffer[65536];
  for (;;) {
    ssize_t got = read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return (int)got;
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(to, buffer + done, (size_t)(got - done));
      if (put < 0) return -1;
      done += put;
    }
  }
}

/* sealedCopy(path, name): fd of a memfd with the file's bytes, sealed against every change. */
static napi_value sealed_copy(napi_env env, napi_callback_info info) {
  napi_value args[2];
  struct text path, name;
  if (!get_args(env, info, 2, args) || !get_text(env, args[0], false, &path) || !get_text(env, args[1], false, &name)) return NULL;
  AUTO_FD from = open(path.value, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (from < 0) return result(env, -1);
  struct stat status;
  if (fstat(from, &status) < 0) return result(env, -1);
  if (!S_ISREG(status.st_mode)) return number(env, -EINVAL);
  /* MFD_EXEC keeps the kernel (6.3 and newer) quiet and passes where vm.memfd_noexec asks for it; older ones refuse the flag. */
  int memory = memfd_create(name.value, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (memory < 0 && errno == EINVAL) memory = memfd_create(name.value, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0) return result(env, -1);
  if (copy_all(from, memory) < 0 || fchmod(memory, 0500) < 0 ||
      fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
    int failure = errno;
    close(memory);
    return number(env, -failure);
  }
  return number(env, memory);
}

/* What both children see; they share our memory until the program runs, and we stand still meanwhile. */
struct spawn {
  int program;
  char **argv, **env;
  const char *cwd;
  int from[FDS_MAX], to[FDS_MAX];
  uint32_t fds;
  void *inner_stack;
  volatile pid_t pid;
  volatile int failure;
};

static int arrange_fds(struct spawn *spawn) {
  int highest = 2;
  for (uint32_t i = 0; i < spawn->fds; i++)
    if (spawn->to[i] > highest) highest = spawn->to[i];
  int program = fcntl(spawn->program, F_DUPFD_CLOEXEC, highest + 1);
  if (program < 0) return -1;
  spawn->program = program;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || (null = fcntl(null, F_DUPFD_CLOEXEC, highest + 1)) < 0) return -1;
  /* Sources are moved out of the way of targets first. */
  for (uint32_t i = 0; i < spawn->fds; i++)
    if ((spawn->from[i] = fcntl(spawn->from[i], F_DUPFD_CLOEXEC, highest + 1)) < 0) return -1;
  if (syscall(NR_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return -1;
  for (int standard = 0; standard <= 2; standard++)
    if (dup2(null, standard) < 0) return -1;
  for (uint32_t i = 0; i < spawn->fds; i++)
    if (dup2(spawn->from[i], spawn->to[i]) < 0) return -1;
  return 0;
}

static int run_program(void *data) {
  struct spawn *spawn = data;
  spawn->pid = (pid_t)syscall(SYS_getpid);
  for (int signal = 1; signal < 65; signal++) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL); /* refused for a few, which have no handler either */
  }
  sigset_t none;
  sigemptyset(&none);
  if (setsid() < 0 || chdir(spawn->cwd) < 0 || arrange_fds(spawn) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
      syscall(SYS_execveat, spawn->program, "", spawn->argv, spawn->env, AT_EMPTY_PATH) < 0)
    spawn->failure = errno;
  _exit(127);
}

static int run_middle(void *data) {
  struct spawn *spawn = data;
  if (clone(run_program, (char *)spawn->inner_stack + CHILD_STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS, spawn) < 0) spawn->failure = errno;
  _exit(0);
}

/* Reads an array of strings into one allocation: the pointers, then the bytes. NULL with an exception pending. */
static char **get_strings(napi_env env, napi_value value) {
  bool is_array = false;
  uint32_t count = 0;
  if (napi_is_array(env, value, &is_array) != napi_ok || !is_array || napi_get_array_length(env, value, &count) != napi_ok || count > STRINGS_MAX) {
    throw_type(env, "not a short array of strings");
    return NULL;
  }
  char **out = calloc(1, (count + 1) * sizeof(char *) + (size_t)count * TEXT_MAX);
  if (out == NULL) {
    throw_type(env, "out of memory");
    return NULL;
  }
  char *bytes = (char *)(out + count + 1);
  for (uint32_t i = 0; i < count; i++) {
    struct text text;
    napi_value item;
    if (napi_get_element(env, value, i, &item) != napi_ok || !get_text(env, item, false, &text)) {
      free(out);
      return NULL;
    }
    memcpy(bytes, text.bytes, text.length + 1);
    out[i] = bytes;
    bytes += text.length + 1;
  }
  return out;
}

/* spawnDetached(program, argv, env, cwd, targetFds, sourceFds): pid. */
static napi_value spawn_detached(napi_env env, napi_callback_info info) {
  napi_value args[6];
  struct text cwd;
  struct spawn spawn = {0};
  long program;
  uint32_t sources = 0;
  if (!get_args(env, info, 6, args) || !get_int(env, args[0], &program) || !get_text(env, args[3], false, &cwd)) return NULL;
  if (!get_fds(env, args[4], spawn.to, FDS_MAX, &spawn.fds) || !get_fds(env, args[5], spawn.from, FDS_MAX, &sources)) return NULL;
  if (sources != spawn.fds) return throw_type(env, "fd lists differ in length");
  for (uint32_t i = 0; i < spawn.fds; i++)
    if (spawn.to[i] > 1023) return throw_type(env, "target fd above 1023");
  AUTO_FREE char **argv = get_strings(env, args[1]);
  if (argv == NULL) return NULL;
  AUTO_FREE char **environment = get_strings(env, args[2]);
  if (environment == NULL) return NULL;
  AUTO_FREE char *stacks = malloc(2 * CHILD_STACK);
  if (stacks == NULL) return number(env, -ENOMEM);
  spawn.program = (int)program;
  spawn.argv = argv;
  spawn.env = environment;
  spawn.cwd = cwd.value;
  spawn.inner_stack = stacks + CHILD_STACK;

  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* no handler of ours may run on a child that shares our memory */
  /* No exit signal: Node's child handling must not see the middle process. */
  pid_t middle = clone(run_middle, stacks + CHILD_STACK, CLONE_VM | CLONE_VFORK, &spawn);
  int failure = middle < 0 ? errno : 0;
  if (middle > 0)
    while (waitpid(middle, NULL, __WALL) < 0 && errno == EINTR) continue;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure == 0) failure = spawn.failure;
  return number(env, failure != 0 ? -failure : spawn.pid);
}

void init_programs(napi_env env, napi_value exports) {
  define(env, exports, "sealedCopy", sealed_copy, NULL);
  define(env, exports, "spawnDetached", spawn_detached, NULL);
}
