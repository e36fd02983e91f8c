/* What the last steps need: the working directory, the program, the home, the session and its terminal. */
#include "run.h"

#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "mounts.h"

#define DEVPTS_MAGIC 0x1cd1

enum { MAX_PASSWD = 4 << 20 };

/* Never through /proc/PID/fd or cwd links (CVE-2024-21626); a directory that has no path below / is outside. */
int chdir_inside(struct run *run, const char *path, bool create) {
  autofd own = run->root >= 0 ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int root = run->root >= 0 ? run->root : own;
  autofd fd = open_in(root, path, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
  if (fd == -ENOENT && create && run->root >= 0) fd = open_target(run, path, CREATE_DIR, 0755);
  if (fd < 0) return fail_as(-fd, path);
  if (fchdir(fd) < 0) return fail_on(path);
  char cwd[4096];
  if (getcwd(cwd, sizeof(cwd)) == NULL) return fail_on(path);
  return cwd[0] == '/' ? 0 : fail_as(EPERM, path);
}

/* As Go's exec.LookPath says it, which Docker passes on: a directory, no x bit, or nothing. */
static int check_program(const char *path) {
  struct stat st;
  if (stat(path, &st) < 0) return -errno;
  if (S_ISDIR(st.st_mode)) return -EISDIR;
  if ((st.st_mode & 0111) == 0) return -EACCES;
  return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int try_program(struct run *run, const char *dir, size_t len, const char *name) {
  struct text t = {run->path, 0, sizeof(run->path), false};
  if (dir != NULL) {
    put_bytes(&t, len > 0 ? dir : ".", len > 0 ? len : 1);
    put(&t, "/");
  }
  put(&t, name);
  return text_z(&t) == NULL ? -ENAMETOOLONG : check_program(run->path);
}

/* One field of a passwd line; the line ends at `end`. */
static const char *field(const char *line, const char *end, int index, size_t *len) {
  for (; index > 0 && line < end; line++)
    if (*line == ':') index--;
  const char *stop = line;
  while (stop < end && *stop != ':') stop++;
  *len = (size_t)(stop - line);
  return line;
}

/* Copies the home of `uid` into run->home after "HOME=", "/" when it has none. */
static void find_home(struct run *run, uid_t uid) {
  struct text home = {run->home, 0, sizeof(run->home), false};
  put(&home, "HOME=");
  autofd fd = open_in(run->root, "/etc/passwd", O_RDONLY | O_NONBLOCK, 0);
  /* The image's: it may be /dev/zero or without an end. */
  struct stat st;
  bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  char buf[8192];
  size_t have = 0, bound = MAX_PASSWD;
  ssize_t n;
  while (regular && bound > 0 && home.len == 5 && (n = read(fd, buf + have, sizeof(buf) - have)) > 0) {
    have += (size_t)n;
    bound -= (size_t)n < bound ? (size_t)n : bound;
    char *line = buf, *end;
    while (home.len == 5 && (end = memchr(line, '\n', (size_t)(buf + have - line))) != NULL) {
      size_t len;
      const char *id = field(line, end, 2, &len);
      char *stop;
      bool same = len > 0 && strtoul(id, &stop, 10) == uid && stop == id + len;
      const char *dir = field(line, end, 5, &len);
      if (same && len > 0 && len < 4000) put_bytes(&home, dir, len);
      if (same && home.len == 5) put(&home, "/");
      line = end + 1;
    }
    have = line == buf && have == sizeof(buf) ? 0 : (size_t)(buf + have - line);
    memmove(buf, line, have);
  }
  if (home.len == 5) put(&home, "/");
  text_z(&home);
}

void set_home(struct run *run) {
  char **at = run->env;
  if (!plan_find(&run->plan, OP_EXEC_FIND)->i[2]) return;
  for (; *at != NULL && strncmp(*at, "HOME=", 5) != 0; at++)
    ;
  if (*at != NULL && (*at)[5] != 0) return;
  uid_t uid = 0;
  for (uint32_t n = 0; n < run->plan.nops; n++)
    if (run->plan.ops[n].kind == OP_IDS) uid = (uid_t)run->plan.ops[n].i[0];
  if (run->root < 0) return;
  find_home(run, uid);
  *at = run->home; /* the vector has room for one more */
}

int exec_find(struct run *run) {
  const char *name = run->argv[0];
  set_home(run);
  int err = -ENOENT;
  if (name[0] == 0) return fail_as(ENOENT, name);
  if (strchr(name, '/') != NULL) {
    err = try_program(run, NULL, 0, name);
    if (err < 0) run->path[0] = 0;
    return err < 0 ? fail_as(-err, name) : 0;
  }
  const char *path = "";
  for (char **e = run->env; *e != NULL; e++)
    if (strncmp(*e, "PATH=", 5) == 0) path = *e + 5;
  while (*path != 0) {
    size_t len = strcspn(path, ":");
    if (try_program(run, path, len, name) == 0) return 0;
    path += len + (path[len] == ':');
  }
  run->path[0] = 0;
  return fail_as(ENOENT, name);
}

int console_op(struct run *run, const struct op *op) {
  int root = run->root;
  autofd own = root >= 0 ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) root = own;
  /* Really a new terminal of a devpts, whatever the image put there. */
  autofd master = open_in(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, RESOLVE_NO_SYMLINKS);
  struct statfs fs;
  if (master < 0) return fail_as(-master, "/dev/pts/ptmx");
  if (fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_MAGIC) return fail_as(EINVAL, "/dev/pts/ptmx");
  int unlock = 0, number = 0;
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0) return fail_on("/dev/pts/ptmx");
  run->slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (run->slave < 0) return fail_on("/dev/pts");
  const struct op *stdio = plan_find(&run->plan, OP_STDIO);
  struct winsize size = {.ws_row = stdio != NULL ? (unsigned short)stdio->i[4] : 0, .ws_col = stdio != NULL ? (unsigned short)stdio->i[5] : 0};
  if ((size.ws_row | size.ws_col) != 0 && ioctl(master, TIOCSWINSZ, &size) < 0) return fail_on("TIOCSWINSZ");
  if (op->i[0]) {
    autofd target = open_target(run, "/dev/console", CREATE_FILE, 0666);
    if (target < 0) return target;
    autofd tree = clone_tree(run->slave, 0);
    int err = tree < 0 ? tree : move_tree(tree, target);
    if (err < 0) return fail_as(-err, "/dev/console");
  }
  TEXT(name, 40);
  put(&name, "/dev/pts/");
  put_u64(&name, (uint64_t)number);
  int err;
  if (run->console_socket >= 0) {
    err = send_fd(run->console_socket, master, name.p, name.len);
    shut(&run->console_socket);
    return err < 0 ? fail_as(-err, op->s[0].p) : 0;
  }
  struct message m = {.type = MSG_MASTER};
  err = send_fd(run->ctl, master, (char *)&m, offsetof(struct message, text));
  return err < 0 ? fail_as(-err, "console") : 0;
}

int session_op(struct run *run) {
  if (setsid() < 0 && errno != EPERM) return fail_on("setsid");
  uid_t uid = 0;
  for (uint32_t n = 0; n < run->plan.nops; n++)
    if (run->plan.ops[n].kind == OP_IDS) uid = (uid_t)run->plan.ops[n].i[0];
  if (run->slave >= 0 && ioctl(run->slave, TIOCSCTTY, 0) < 0) return fail_on("TIOCSCTTY");
  if (run->terminal && run->slave < 0) return fail_as(ENOTTY, "session");
  for (int n = 0; n < 3; n++) {
    int fd = run->slave >= 0 ? run->slave : run->child_io[n];
    if (fd < 0 && !run->inherit) return fail_as(EBADF, "session");
    if (fd >= 0 && dup2(fd, n) < 0) return fail_on("dup2");
    struct stat st;
    if (fstat(n, &st) < 0 || st.st_uid == uid || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))) continue;
    /* So that /dev/stdout can be opened again; the invoker's own files may refuse. */
    if (fchown(n, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL && errno != EROFS && errno != ENOSYS) return fail_on("stdio");
  }
  return 0;
}
