/* Paths of the root: resolved only inside it, and made when missing without ever leaving it. */
#include "run.h"

#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

void fd_path(char out[32], int fd) {
  struct text t = {out, 0, 32, false};
  put(&t, "self/fd/");
  put_u64(&t, (uint64_t)fd);
  out[t.len] = 0;
}

enum { MAX_LINKS = 16 };

static int make_node(int dir, const char *base, int create, mode_t mode) {
  if (create == CREATE_DIR) return mkdirat(dir, base, mode) < 0 ? -errno : 0;
  int fd = openat(dir, base, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return -errno;
  close(fd);
  return 0;
}

static int open_made(int root, const char *path, int create, mode_t mode, int links);

/* Opens the parent of `path` below root, making missing directories. *base points at the last component in `copy`. */
static int parent_of(int root, const char *path, char copy[4096], const char **base, int links) {
  size_t len = strlen(path);
  if (len >= 4096) return -ENAMETOOLONG;
  memcpy(copy, path, len + 1);
  while (len > 0 && copy[len - 1] == '/') copy[--len] = 0;
  char *slash = strrchr(copy, '/');
  *base = slash == NULL ? copy : slash + 1;
  if (**base == 0 || strcmp(*base, ".") == 0 || strcmp(*base, "..") == 0) return -EINVAL;
  if (slash == NULL || slash == copy) return open_in(root, "/", O_PATH | O_DIRECTORY, 0);
  *slash = 0;
  return open_made(root, copy, CREATE_DIR, 0755, links);
}

/* A dangling link is followed as if the root were /: its target is made. */
static int follow_made(int root, int dir, const char *base, const char *parent, int create, mode_t mode, int links) {
  char link[4096], next[4096];
  ssize_t n = readlinkat(dir, base, link, sizeof(link) - 1);
  if (n < 0) return -errno == -EINVAL ? -EEXIST : -errno;
  link[n] = 0;
  struct text t = {next, 0, sizeof(next), false};
  if (link[0] != '/') {
    put(&t, parent);
    put(&t, "/");
  }
  put(&t, link);
  return text_z(&t) == NULL ? -ENAMETOOLONG : open_made(root, next, create, mode, links + 1);
}

static int open_made(int root, const char *path, int create, mode_t mode, int links) {
  int fd = open_in(root, path, O_PATH, 0);
  if (fd != -ENOENT || create == CREATE_NONE) return fd;
  if (links > MAX_LINKS) return -ELOOP;
  char copy[4096];
  const char *base;
  autofd dir = parent_of(root, path, copy, &base, links);
  if (dir < 0) return dir;
  int err = make_node(dir, base, create, mode);
  if (err == -EEXIST) {
    fd = open_in(root, path, O_PATH, 0); /* somebody was faster, or it is a dangling link */
    return fd != -ENOENT ? fd : follow_made(root, dir, base, base == copy ? "" : copy, create, mode, links);
  }
  /* Opened by its parent: what was just made cannot be another thing. */
  return err < 0 ? err : open_in(dir, base, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
}

int open_target(struct run *run, const char *path, int create, mode_t mode) {
  if (run->root < 0) return fail_as(EBADF, path);
  int fd = open_made(run->root, path, create, mode, 0);
  return fd < 0 ? fail_as(-fd, path) : fd;
}

int open_parent(struct run *run, const char *path, const char **base) {
  static char copy[4096];
  if (run->root < 0) return fail_as(EBADF, path);
  int fd = parent_of(run->root, path, copy, base, 0);
  return fd < 0 ? fail_as(-fd, path) : fd;
}

int connect_unix(const char *path) {
  struct sockaddr_un addr = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof(addr.sun_path)) return fail_as(ENAMETOOLONG, path);
  strcpy(addr.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
    int err = fail_on(path);
    shut(&fd);
    return err;
  }
  return fd;
}

int send_fd(int sock, int fd, const char *data, size_t len) {
  struct iovec iov = {(void *)(uintptr_t)data, len};
  union {
    struct cmsghdr head;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &fd, sizeof(int));
  return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
