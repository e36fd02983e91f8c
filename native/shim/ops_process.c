/* Operations on the process itself, and the stage's on namespaces. */
#include "run.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <linux/filter.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A file of procfs that is really the kernel's: below our descriptor of the host's /proc, through no link but `self`. */
static int write_proc(struct run *run, const char *path, const char *data, size_t len, const char *object) {
  autofd self = openat(run->proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  bool own = strncmp(path, "self/", 5) == 0;
  int dir = own ? self : run->proc;
  autofd fd = dir < 0 ? -ENOENT : open_in(dir, own ? path + 5 : path, O_WRONLY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (fd < 0) return fail_as(-fd, object);
  return write(fd, data, len) < 0 ? fail_on(object) : 0;
}

static int sysctl(struct run *run, const struct op *op) {
  TEXT(path, 512);
  put(&path, "sys/");
  put(&path, op->s[0].p);
  if (text_z(&path) == NULL || strstr(path.p, "..") != NULL) return fail_as(EINVAL, op->s[0].p);
  /* "net.ipv4.conf.eth0/100.forwarding" and "net/ipv4/…" are both in use; the first separator decides (sysctl(8)). */
  bool dots = strcspn(op->s[0].p, ".") < strcspn(op->s[0].p, "/");
  for (char *c = path.p + 4; dots && *c != 0; c++) *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
  return write_proc(run, path.p, op->s[1].p, op->s[1].len, op->s[0].p);
}

static int lsm(struct run *run, const struct op *op) {
  TEXT(value, 4200);
  if (op->i[0] == 0) put(&value, "exec ");
  put(&value, op->s[0].p);
  if (value.full) return fail_as(E2BIG, op->s[0].p);
  if (op->i[0] == 0) {
    int err = write_proc(run, "self/attr/apparmor/exec", value.p, value.len, op->s[0].p);
    if (err != -ENOENT) return err;
  }
  return write_proc(run, "self/attr/exec", value.p, value.len, op->s[0].p);
}

static int bound_caps(uint64_t bounding) {
  for (unsigned long cap = 0; cap < 64; cap++) {
    if (bounding >> cap & 1) continue;
    if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
      if (errno == EINVAL) break; /* past the kernel's last one */
      return fail_on("PR_CAPBSET_DROP");
    }
  }
  return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ? fail_on("PR_SET_KEEPCAPS") : 0;
}

static int set_caps(const struct op *op) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  for (int n = 0; n < 2; n++) {
    data[n].effective = (uint32_t)((uint64_t)op->i[0] >> (32 * n));
    data[n].permitted = (uint32_t)((uint64_t)op->i[1] >> (32 * n));
    data[n].inheritable = (uint32_t)((uint64_t)op->i[2] >> (32 * n));
  }
  if (syscall(SYS_capset, &head, data) < 0) return fail_on("capset");
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return fail_on("PR_CAP_AMBIENT");
  for (unsigned long cap = 0; cap < 64; cap++)
    if (((uint64_t)op->i[3] >> cap & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0) return fail_on("PR_CAP_AMBIENT_RAISE");
  return 0;
}

/* Raw calls: glibc's would tell threads that do not exist here. */
static int set_ids(const struct op *op) {
  const struct str *groups = &op->s[0];
  uid_t uid = (uid_t)op->i[0];
  gid_t gid = (gid_t)op->i[1];
  if (groups->len % 4 != 0) return fail_as(EINVAL, "groups");
  gid_t list[1024];
  if (groups->len > sizeof(list)) return fail_as(E2BIG, "groups");
  memcpy(list, groups->p, groups->len);
  if (op->i[2] && syscall(SYS_setgroups, groups->len / 4, list) < 0) return fail_on("setgroups");
  if (syscall(SYS_setresgid, gid, gid, gid) < 0) return fail_on("setresgid");
  if (syscall(SYS_setresuid, uid, uid, uid) < 0) return fail_on("setresuid");
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? fail_on("PR_SET_DUMPABLE") : 0;
}

static int seccomp(struct run *run, const struct op *op) {
  const struct str *program = &op->s[0];
  if (program->len == 0 || program->len % sizeof(struct sock_filter) != 0 || program->len / sizeof(struct sock_filter) > 4096) return fail_as(EINVAL, "the program");
  struct sock_fprog prog = {(unsigned short)(program->len / sizeof(struct sock_filter)), (struct sock_filter *)(uintptr_t)program->p};
  unsigned flags = (unsigned)op->i[0];
  if (run->listener >= 0) flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  /* Made before the filter holds. The state was written without knowing our pid: it says 0 there. */
  static const char unknown[] = "\"pid\":0";
  TEXT(state, 16384);
  for (const char *c = op->s[2].p, *next; *c != 0; c = next) {
    next = strstr(c, unknown);
    put_bytes(&state, c, next == NULL ? strlen(c) : (size_t)(next - c) + sizeof(unknown) - 2);
    if (next == NULL) break;
    put_u64(&state, (uint64_t)run->shared->pid);
    next += sizeof(unknown) - 1;
  }
  autofd notify = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
  if (notify < 0) return fail_on("seccomp");
  if (run->listener < 0) {
    notify = -1; /* 0 was success, not a descriptor */
    return 0;
  }
  int err = state.full ? -E2BIG : send_fd(run->listener, notify, state.p, state.len);
  shut(&run->listener);
  return err < 0 ? fail_as(-err, op->s[1].p) : 0;
}

struct scheduling {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

static int enter_cgroups(struct run *run) {
  for (uint32_t n = 0; n < run->nenter; n++)
    if (write(run->enter[n], "0", 1) < 0) return fail_on("joining the cgroup");
  return 0;
}

int process_op(struct run *run, const struct op *op) {
  switch (op->kind) {
    case OP_CGROUP_ENTER: return enter_cgroups(run);
    case OP_NS_UNSHARE: return unshare((int)op->i[0]) < 0 ? fail_on("unshare") : 0;
    case OP_HOSTNAME: return sethostname(op->s[0].p, op->s[0].len) < 0 ? fail_on(op->s[0].p) : 0;
    case OP_DOMAINNAME: return setdomainname(op->s[0].p, op->s[0].len) < 0 ? fail_on(op->s[0].p) : 0;
    case OP_SYSCTL: return sysctl(run, op);
    case OP_RLIMIT: {
      if (op->i[0] == RLIMIT_NOFILE) set_home(run);
      struct rlimit64 limit = {(uint64_t)op->i[1], (uint64_t)op->i[2]};
      return syscall(SYS_prlimit64, 0, (int)op->i[0], &limit, NULL) < 0 ? fail_on("setrlimit") : 0;
    }
    case OP_PROC_SCHEDULER: {
      struct scheduling s = {sizeof(s), (uint32_t)op->i[0], (uint64_t)op->i[3], (int32_t)op->i[1], (uint32_t)op->i[2], (uint64_t)op->i[4], (uint64_t)op->i[5], (uint64_t)op->i[6]};
      return syscall(SYS_sched_setattr, 0, &s, 0) < 0 ? fail_on("sched_setattr") : 0;
    }
    case OP_PROC_IOPRIO: return syscall(SYS_ioprio_set, 1, 0, (int)op->i[0]) < 0 ? fail_on("ioprio_set") : 0;
    case OP_PROC_PERSONALITY: return personality((unsigned long)op->i[0]) < 0 ? fail_on("personality") : 0;
    case OP_PROC_AFFINITY: return syscall(SYS_sched_setaffinity, 0, op->s[0].len, op->s[0].p) < 0 ? fail_on("sched_setaffinity") : 0;
    case OP_KEYRING:
      if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, op->s[0].p) >= 0) return 0;
      fail_on("keyring");
      /* Kernels without keys have none to hide. Over quota is worth a warning, not a container. */
      return errno == ENOSYS ? 0 : errno == EDQUOT ? -ECANCELED : -errno;
    case OP_CAPS_BOUND: return bound_caps((uint64_t)op->i[0]);
    case OP_IDS: return set_ids(op);
    case OP_CAPS_SET: return set_caps(op);
    case OP_NO_NEW_PRIVS: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail_on("PR_SET_NO_NEW_PRIVS") : 0;
    case OP_LSM: return lsm(run, op);
    case OP_SECCOMP: return seccomp(run, op);
    case OP_UMASK:
      umask((mode_t)op->i[0] & 0777);
      run->umask_set = true;
      return 0;
    default: return fail_as(ENOSYS, "operation");
  }
}

static int join(const struct op *op) {
  autofd fd = open(op->s[0].p, O_RDONLY | O_CLOEXEC);
  return fd < 0 || setns(fd, (int)op->i[0]) < 0 ? fail_on(op->s[0].p) : 0;
}

/* The namespaces of a process, which must still be the one that was meant. */
static int enter(struct run *run, const struct op *op) {
  pid_t pid = (pid_t)op->i[0];
  autofd fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return fail_on("pidfd_open");
  if (op->i[1] != 0 && start_time(pid) != (uint64_t)op->i[1]) return fail_as(ESRCH, "the process is another one");
  if (setns(fd, (int)op->i[2]) < 0) return fail_on("setns");
  if (op->i[2] & CLONE_NEWNS) {
    run->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (run->root < 0 || chdir("/") < 0) return fail_on("/");
    run->pivoted = true;
  }
  return 0;
}

static int new_time(struct run *run, const struct op *op) {
  if (unshare(CLONE_NEWTIME) < 0) return fail_on("unshare");
  return op->s[0].len == 0 ? 0 : write_proc(run, "self/timens_offsets", op->s[0].p, op->s[0].len, "timens_offsets");
}

int stage_op(struct run *run, const struct op *op) {
  switch (op->kind) {
    case OP_CGROUP_ENTER: return enter_cgroups(run);
    case OP_NS_JOIN: return join(op);
    case OP_NS_ENTER: return enter(run, op);
    case OP_NS_TIME: return new_time(run, op);
    default: return fail_as(ENOSYS, "operation");
  }
}
