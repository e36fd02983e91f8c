/* Two mounts that need helpers: a tmpfs that keeps what it covers, and the user namespace of an idmapped mount. */
#include <dirent.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "mounts.h"

/* getdents64's record; readdir allocates. */
struct entry {
  uint64_t ino;
  int64_t off;
  uint16_t reclen;
  uint8_t type;
  char name[];
};

static int copy_xattrs(struct run *run, int from, int to, const char *name) {
  (void)run;
  char names[4096], value[4096];
  ssize_t n = flistxattr(from, names, sizeof(names));
  for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
    ssize_t len = fgetxattr(from, names + at, value, sizeof(value));
    /* tmpfs takes user.*, trusted.* and security.* only from newer kernels on. */
    if (len >= 0 && fsetxattr(to, names + at, value, (size_t)len, 0) < 0 && errno != EOPNOTSUPP && errno != EPERM) return fail_on(name);
  }
  return 0;
}

static int copy_file(struct run *run, int from, int to, const char *name, const struct stat *st) {
  autofd in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  autofd out = in < 0 ? -1 : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out < 0) return fail_on(name);
  static char buf[16384];
  ssize_t n;
  while ((n = read(in, buf, sizeof(buf))) > 0) {
    int err = write_all(out, buf, (size_t)n);
    if (err < 0) return fail_as(-err, name);
  }
  if (n < 0 || fchown(out, st->st_uid, st->st_gid) < 0 || fchmod(out, st->st_mode & 07777) < 0) return fail_on(name);
  struct timespec times[2] = {st->st_atim, st->st_mtim};
  return futimens(out, times) < 0 ? fail_on(name) : copy_xattrs(run, in, out, name);
}

static int copy_tree(struct run *run, int from, int to, int depth);

static int copy_entry(struct run *run, int from, int to, const char *name, int depth) {
  struct stat st;
  if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return fail_on(name);
  if (S_ISREG(st.st_mode)) return copy_file(run, from, to, name, &st);
  if (S_ISDIR(st.st_mode)) {
    autofd below = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0 || mkdirat(to, name, 0700) < 0) return fail_on(name);
    autofd made = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return made < 0 ? fail_on(name) : copy_tree(run, below, made, depth + 1);
  }
  if (S_ISLNK(st.st_mode)) {
    char link[4096];
    ssize_t n = readlinkat(from, name, link, sizeof(link) - 1);
    if (n < 0) return fail_on(name);
    link[n] = 0;
    if (symlinkat(link, to, name) < 0) return fail_on(name);
  } else if (mknodat(to, name, st.st_mode, st.st_rdev) < 0) {
    return fail_on(name);
  }
  return fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? fail_on(name) : 0;
}

static int copy_tree(struct run *run, int from, int to, int depth) {
  char buf[2048] __attribute__((aligned(8)));
  if (depth > 64) return fail_as(ELOOP, "copying into the tmpfs");
  for (;;) {
    ssize_t n = syscall(SYS_getdents64, from, buf, sizeof(buf));
    if (n < 0) return fail_on("copying into the tmpfs");
    if (n == 0) break;
    for (ssize_t at = 0; at < n;) {
      const struct entry *e = (const struct entry *)(const void *)(buf + at);
      bool self = strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0;
      int err = self ? 0 : copy_entry(run, from, to, e->name, depth);
      if (err < 0) return err;
      at += e->reclen;
    }
  }
  struct stat st;
  if (fstat(from, &st) < 0 || fchown(to, st.st_uid, st.st_gid) < 0 || (depth > 0 && fchmod(to, st.st_mode & 07777) < 0)) return fail_on("copying into the tmpfs");
  return copy_xattrs(run, from, to, "copying into the tmpfs");
}

/* Mount data "a=b,c" as single parameters. */
static int configure(int fs, const char *data) {
  char copy[4096];
  if (strlen(data) >= sizeof(copy)) return fail_as(E2BIG, data);
  strcpy(copy, data);
  for (char *save, *word = strtok_r(copy, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
    char *value = strchr(word, '=');
    if (value != NULL) *value++ = 0;
    if (syscall(SYS_fsconfig, fs, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, word, value, 0) < 0) return fail_on(word);
  }
  return syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? fail_on(data) : 0;
}

/* MS_* as MOUNT_ATTR_*; the low four bits are the same. */
static uint64_t attributes(uint64_t flags) {
  uint64_t attr = flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC);
  if (flags & MS_NOATIME) attr |= MOUNT_ATTR_NOATIME;
  if (flags & MS_STRICTATIME) attr |= MOUNT_ATTR_STRICTATIME;
  if (flags & MS_NODIRATIME) attr |= MOUNT_ATTR_NODIRATIME;
  return attr;
}

int tmpfs_copyup(struct run *run, const struct op *op) {
  const char *target = op->s[0].p;
  autofd fd = open_target(run, target, CREATE_DIR, 0755);
  if (fd < 0) return fd;
  autofd from = open_in(fd, ".", O_RDONLY | O_DIRECTORY, 0);
  autofd fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  struct stat st;
  if (from < 0 || fs < 0 || fstat(from, &st) < 0) return fail_on(target);
  int err = configure(fs, op->s[1].p);
  if (err < 0) return err;
  autofd tree = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes((uint64_t)op->i[0]));
  autofd to = tree < 0 ? -1 : openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (to < 0) return fail_on(target);
  bool has_mode = strncmp(op->s[1].p, "mode=", 5) == 0 || strstr(op->s[1].p, ",mode=") != NULL;
  if (!has_mode && fchmod(to, st.st_mode & 07777) < 0) return fail_on(target);
  err = copy_tree(run, from, to, 0);
  if (err == 0 && (op->i[0] & MS_RDONLY)) err = set_mount_attr(tree, MOUNT_ATTR_RDONLY, 0, 0, -1);
  if (err == 0) err = move_tree(tree, fd);
  return err < 0 && detail[0] == 0 ? fail_as(-err, target) : err;
}

/* The holder shares our descriptors, so that its own /proc/self (whose pid we cannot know in a new pid namespace) reaches us. */
int make_userns(struct run *run, struct str uid_map, struct str gid_map) {
  run->shared->scratch = -1;
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0) return fail_on("pipe");
  autofd ready_read = ready[0], ready_write = ready[1];
  pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) return fail_on("a user namespace for the mount");
  if (pid == 0) {
    run->shared->scratch = openat(run->proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (write(ready_write, "", 1) < 0) _exit(1);
    for (;;) pause();
  }
  char byte;
  ssize_t n = read(ready_read, &byte, 1);
  autofd self = n == 1 ? run->shared->scratch : -1;
  int err = self < 0 ? -EIO : 0;
  if (err == 0 && gid_map.len > 0) err = write_file(self, "gid_map", gid_map.p, gid_map.len);
  if (err == 0 && uid_map.len > 0) err = write_file(self, "uid_map", uid_map.p, uid_map.len);
  int userns = err < 0 ? -1 : openat(self, "ns/user", O_RDONLY | O_CLOEXEC);
  if (err == 0 && userns < 0) err = -errno;
  kill(pid, SIGKILL);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
    ;
  return err < 0 ? fail_as(-err, "a user namespace for the mount") : userns;
}
