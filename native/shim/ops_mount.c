/* Operations on mounts. Targets in the root are reached only by descriptors that open_in() resolved. */
#include "run.h"

#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "mounts.h"

int set_mount_attr(int fd, uint64_t set, uint64_t clear, unsigned flags, int userns) {
  struct mount_attr attr = {.attr_set = set, .attr_clr = clear, .userns_fd = userns >= 0 ? (uint64_t)userns : 0};
  return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

int clone_tree(int fd, unsigned flags) {
  int tree = (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
  return tree < 0 ? -errno : tree;
}

int move_tree(int tree, int target) {
  return syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
}

static bool has_option(const char *data, const char *key) {
  for (const char *at = data; (at = strstr(at, key)) != NULL; at++)
    if (at == data || at[-1] == ',') return true;
  return false;
}

/* A source in a directory that containers write: a string would be resolved again by mount(2), through what is a link by then. */
static int open_source(const struct op *op) {
  autofd base = open(op->s[4].p, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (base < 0) return fail_on(op->s[4].p);
  int fd = open_in(base, op->s[0].p, O_PATH, 0);
  return fd < 0 ? fail_as(-fd, op->s[0].p) : fd;
}

/* create: 'like': as the source is. */
static int resolve_create(int64_t create, const char *source, int from) {
  if (create != CREATE_LIKE) return (int)create;
  struct stat st;
  if ((from >= 0 ? fstat(from, &st) : stat(source, &st)) < 0) return fail_on(source);
  return S_ISDIR(st.st_mode) ? CREATE_DIR : CREATE_FILE;
}

static int mount_host(const struct op *op, const char *data) {
  const char *target = op->s[1].p, *cwd = op->s[4].p;
  if (cwd[0] != 0 && chdir(cwd) < 0) return fail_on(cwd);
  return mount(op->s[0].p, target, op->s[2].p, (unsigned long)op->i[0], data) < 0 ? fail_on(target) : 0;
}

static int mount_root(struct run *run, const struct op *op) {
  const char *source = op->s[0].p, *target = op->s[1].p, *type = op->s[2].p, *data = op->s[3].p;
  bool confined = (op->i[0] & MS_BIND) && op->s[4].len > 0;
  autofd from = confined ? open_source(op) : -1;
  if (confined && from < 0) return from;
  int create = resolve_create(op->i[2], source, from);
  if (create < 0) return create;
  bool existed = true;
  /* A link at /proc or /sys would let a volume stand in for it (CVE-2019-16884, CVE-2019-19921). */
  bool strict = strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0;
  autofd fd = open_in(run->root, target, O_PATH, strict ? RESOLVE_NO_SYMLINKS : 0);
  if (fd == -ENOENT) {
    existed = false;
    fd = open_target(run, target, create, (mode_t)op->i[3]);
    if (fd < 0) return fd;
  }
  if (fd < 0) return fail_as(-fd, target);
  TEXT(with_mode, 4200);
  struct stat st;
  if (existed && strcmp(type, "tmpfs") == 0 && !has_option(data, "mode=") && fstat(fd, &st) == 0) {
    put(&with_mode, data);
    put(&with_mode, data[0] != 0 ? ",mode=" : "mode=");
    for (int shift = 9; shift >= 0; shift -= 3) put_u64(&with_mode, (st.st_mode >> shift) & 7);
    data = text_z(&with_mode);
    if (data == NULL) return fail_as(E2BIG, target);
  }
  char path[32], from_path[32];
  fd_path(path, fd);
  fd_path(from_path, from);
  if (fchdir(run->proc) < 0) return fail_on("/proc");
  if (mount(confined ? from_path : source, path, type, (unsigned long)op->i[0], data) < 0) return fail_on(errno == ENOENT && (op->i[0] & MS_BIND) ? source : target);
  return 0;
}

static int mount_one(struct run *run, const struct op *op) {
  bool host = op->i[1] == 1;
  if (!host && run->root < 0) return fail_as(EBADF, op->s[1].p);
  return host ? mount_host(op, op->s[3].p) : mount_root(run, op);
}

static int propagation(struct run *run, const struct op *op) {
  unsigned long flags = (unsigned long)op->i[0];
  if (op->i[1] == 0) {
    autofd fd = open_target(run, op->s[0].p, CREATE_NONE, 0);
    if (fd < 0) return fd;
    char path[32];
    fd_path(path, fd);
    if (fchdir(run->proc) < 0) return fail_on("/proc");
    return mount(NULL, path, NULL, flags, NULL) < 0 ? fail_on(op->s[0].p) : 0;
  }
  char path[4096];
  if (op->s[0].len >= sizeof(path)) return fail_as(ENAMETOOLONG, op->s[0].p);
  memcpy(path, op->s[0].p, op->s[0].len + 1);
  /* What is not a mount point belongs to the mount above it. */
  while (mount(NULL, path, NULL, flags, NULL) < 0) {
    char *slash = strrchr(path, '/');
    if (errno != EINVAL || slash == NULL || path[1] == 0) return fail_on(path);
    slash[slash == path ? 1 : 0] = 0;
  }
  return 0;
}

static int mount_attr(struct run *run, const struct op *op) {
  const char *target = op->s[0].p;
  autofd fd = open_target(run, target, CREATE_NONE, 0);
  if (fd < 0) return fd;
  unsigned flags = op->i[2] ? AT_RECURSIVE : 0;
  int err;
  if (op->s[1].len + op->s[2].len == 0) {
    err = set_mount_attr(fd, (uint64_t)op->i[0], (uint64_t)op->i[1], flags, -1);
    return err < 0 ? fail_as(-err, target) : 0;
  }
  /* Only a mount that is nowhere yet can be idmapped: a clone of it goes on top. */
  autofd userns = make_userns(run, op->s[1], op->s[2]);
  if (userns < 0) return userns;
  autofd tree = clone_tree(fd, flags);
  if (tree < 0) return fail_as(-tree, target);
  err = set_mount_attr(tree, (uint64_t)op->i[0] | MOUNT_ATTR_IDMAP, (uint64_t)op->i[1], flags, userns);
  if (err == 0) err = move_tree(tree, fd);
  return err < 0 ? fail_as(-err, target) : 0;
}

static int make_mask(const char *label) {
  autofd fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0) return -errno;
  const char *context = strncmp(label, "context=", 8) == 0 ? label + 8 : label;
  if (label[0] != 0 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "context", context, 0) < 0) return -errno;
  if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0) < 0) return -errno;
  if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -errno;
  int fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
  return fd < 0 ? -errno : fd;
}

/* The kernel's own null device: the host's before the pivot, after it the root's if it is really the device. */
static int open_null(struct run *run) {
  struct stat st;
  autofd fd = run->pivoted ? open_in(run->root, "/dev/null", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS) : open("/dev/null", O_PATH | O_CLOEXEC);
  if (fd < 0) return fd;
  if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) return -ENODEV;
  return clone_tree(fd, 0);
}

static int mask(struct run *run, const struct op *op) {
  const char *path = op->s[0].p;
  autofd fd = open_target(run, path, CREATE_NONE, 0);
  if (fd == -ENOENT || fd == -ENOTDIR) return 0;
  struct stat st;
  if (fd < 0 || fstat(fd, &st) < 0) return fd < 0 ? fd : fail_on(path);
  int err;
  if (!S_ISDIR(st.st_mode)) {
    autofd null = open_null(run);
    err = null < 0 ? null : move_tree(null, fd);
  } else if (run->mask < 0) {
    run->mask = make_mask(op->s[1].p);
    err = run->mask < 0 ? run->mask : move_tree(run->mask, fd);
  } else {
    /* One empty file system hides them all. */
    autofd tree = clone_tree(run->mask, 0);
    err = tree < 0 ? tree : move_tree(tree, fd);
  }
  return err < 0 ? fail_as(-err, path) : 0;
}

static int make_readonly(struct run *run, const char *path) {
  autofd fd = open_target(run, path, CREATE_NONE, 0);
  if (fd == -ENOENT || fd == -ENOTDIR) return 0;
  if (fd < 0) return fd;
  autofd tree = clone_tree(fd, AT_RECURSIVE);
  int err = tree < 0 ? tree : set_mount_attr(tree, MOUNT_ATTR_RDONLY, 0, 0, -1);
  if (err == 0) err = move_tree(tree, fd);
  return err < 0 ? fail_as(-err, path) : 0;
}

static int make_symlink(struct run *run, const struct op *op) {
  const char *base;
  autofd dir = open_parent(run, op->s[1].p, &base);
  if (dir < 0) return dir;
  if (symlinkat(op->s[0].p, dir, base) == 0) return 0;
  char old[4096];
  if (errno != EEXIST) return fail_on(op->s[1].p);
  ssize_t n = readlinkat(dir, base, old, sizeof(old));
  /* The image's own link (or file) of that name stays. */
  return n < 0 && errno != EINVAL ? fail_on(op->s[1].p) : 0;
}

static int make_device(struct run *run, const struct op *op) {
  const char *path = op->s[0].p, *base;
  autofd dir = open_parent(run, path, &base);
  if (dir < 0) return dir;
  dev_t dev = makedev((unsigned)op->i[1], (unsigned)op->i[2]);
  mode_t mode = (mode_t)op->i[0];
  if (mknodat(dir, base, mode, dev) < 0) {
    struct stat st;
    if (errno != EEXIST) return fail_on(path);
    if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0) return fail_on(path);
    if ((st.st_mode & S_IFMT) != (mode & S_IFMT) || st.st_rdev != dev) return fail_as(EEXIST, path);
  }
  /* fchmodat follows links, so by descriptor. */
  autofd fd = open_in(dir, base, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
  if (fd < 0) return fail_as(-fd, path);
  char self[32];
  fd_path(self, fd);
  if (fchownat(fd, "", (uid_t)op->i[3], (gid_t)op->i[4], AT_EMPTY_PATH) < 0 || fchmodat(run->proc, self, mode & 07777, 0) < 0) return fail_on(path);
  return 0;
}

static int open_root(struct run *run, const char *path) {
  shut(&run->root);
  run->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return run->root < 0 ? fail_on(path) : 0;
}

static int pivot(struct run *run, bool move) {
  if (fchdir(run->root) < 0) return fail_on("root");
  if (move) {
    if (mount(".", "/", NULL, MS_MOVE, NULL) < 0) return fail_on("moving the root");
    if (chroot(".") < 0) return fail_on("chroot");
  } else {
    autofd old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (old < 0) return fail_on("/");
    if (syscall(SYS_pivot_root, ".", ".") < 0) return fail_on("pivot_root");
    /* The old root lies over the new one now; unmounting it must not reach the host. */
    if (fchdir(old) < 0 || mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0) return fail_on("the old root");
    if (umount2(".", MNT_DETACH) < 0) return fail_on("the old root");
  }
  run->pivoted = true;
  if (chdir("/") < 0) return fail_on("/");
  return open_root(run, "/");
}

int mount_op(struct run *run, const struct op *op) {
  int err;
  switch (op->kind) {
    case OP_PROPAGATION: return propagation(run, op);
    case OP_MOUNT: return mount_one(run, op);
    case OP_MOUNT_ATTR: return mount_attr(run, op);
    case OP_ROOT_OPEN: return open_root(run, op->s[0].p);
    case OP_TMPFS_COPYUP: return tmpfs_copyup(run, op);
    case OP_SYMLINK: return make_symlink(run, op);
    case OP_MKNOD: return make_device(run, op);
    case OP_MASK: return mask(run, op);
    case OP_READONLY: return make_readonly(run, op->s[0].p);
    case OP_PIVOT_ROOT: return pivot(run, op->i[0] == 1);
    case OP_ROOT_READONLY:
      err = set_mount_attr(run->root, MOUNT_ATTR_RDONLY, 0, 0, -1);
      return err < 0 ? fail_as(-err, "/") : 0;
    case OP_ROOT_PROPAGATION: return mount(NULL, "/", NULL, (unsigned long)op->i[0], NULL) < 0 ? fail_on("/") : 0;
    default: return fail_as(ENOSYS, "operation");
  }
}
