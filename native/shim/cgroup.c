#include "cgroup.h"

#include <dirent.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>

#include "plan.h"

int cgroup_create(const char *path) {
  /* Another task's end may remove a parent between our two steps. */
  for (int attempt = 0; attempt < 8; attempt++) {
    if (mkdir(path, 0755) == 0) {
      /* Our umask is stricter; users in the container read their own limits (as in Docker). */
      return chmod(path, 0755) < 0 ? fail_on(path) : 1;
    }
    if (errno == EEXIST) return 0;
    if (errno != ENOENT) return fail_on(path);
    TEXT(parent, 4096);
    put(&parent, path);
    if (text_z(&parent) == NULL) return fail_as(ENAMETOOLONG, path);
    char *slash = strrchr(parent.p, '/');
    if (slash == NULL || slash == parent.p) return fail_as(ENOENT, path);
    *slash = 0;
    int err = cgroup_create(parent.p);
    if (err < 0) return err;
  }
  return fail_as(ENOENT, path);
}

int cgroup_inherit(const char *path, int depth) {
  char value[1024], parent[4096];
  ssize_t n = read_file(AT_FDCWD, path, value, sizeof(value));
  if (n < 0) return fail_as((int)-n, path);
  if (n > 0 && value[0] != '\n') return 0;
  /* …/a/b/cpuset.cpus → …/a/cpuset.cpus */
  const char *file = strrchr(path, '/');
  const char *dir = file;
  while (dir > path && dir[-1] != '/') dir--;
  struct text t = {parent, 0, sizeof(parent), false};
  if (file == NULL || dir <= path + 1 || depth > 64) return fail_as(EINVAL, path);
  put_bytes(&t, path, (size_t)(dir - path) - 1);
  put(&t, file);
  if (text_z(&t) == NULL) return fail_as(ENAMETOOLONG, path);
  int err = cgroup_inherit(parent, depth + 1);
  if (err < 0) return err;
  n = read_file(AT_FDCWD, parent, value, sizeof(value));
  if (n > 0) err = write_file(AT_FDCWD, path, value, (size_t)n);
  return n < 0 || err < 0 ? fail_as(n < 0 ? (int)-n : -err, path) : 0;
}

static bool exists(const char *dir, const char *file) {
  TEXT(path, 4096);
  put(&path, dir);
  put(&path, "/");
  put(&path, file);
  return text_z(&path) != NULL && access(path.p, F_OK) == 0;
}

void cgroups_note(struct cgroups *cg, const struct plan *plan, const struct str *path) {
  for (uint32_t n = 0; n < plan->nops; n++) {
    const struct str *other = &plan->ops[n].s[0];
    if (plan->ops[n].kind == OP_CGROUP_CREATE && other->len > path->len && memcmp(other->p, path->p, path->len) == 0 && other->p[path->len] == '/') return;
  }
  if (cg->count == MAX_CGROUPS) return;
  cg->path[cg->count] = strdup(path->p);
  if (cg->path[cg->count] != NULL) cg->count++;
}

/* Found when first needed: the directories exist by then. */
static const char *memory_dir(const struct cgroups *cg) {
  for (uint32_t n = 0; n < cg->count; n++)
    if (exists(cg->path[n], "memory.oom_control") || exists(cg->path[n], "memory.events")) return cg->path[n];
  return NULL;
}

static ssize_t read_in(const char *dir, const char *file, char *buf, size_t size) {
  TEXT(path, 4096);
  put(&path, dir);
  put(&path, "/");
  put(&path, file);
  return text_z(&path) == NULL ? -ENAMETOOLONG : read_file(AT_FDCWD, path.p, buf, size);
}

struct evidence cgroups_evidence(const struct cgroups *cg) {
  struct evidence e = {0};
  char text[2048];
  const char *dir = memory_dir(cg);
  if (dir == NULL) return e;
  if (read_in(dir, "memory.events", text, sizeof(text)) > 0 || read_in(dir, "memory.oom_control", text, sizeof(text)) > 0) e.oom_kills = number_after(text, "oom_kill");
  if (read_in(dir, "memory.peak", text, sizeof(text)) > 0 || read_in(dir, "memory.max_usage_in_bytes", text, sizeof(text)) > 0) e.memory_peak = strtoull(text, NULL, 10);
  return e;
}

/* Calls itself for every directory below `dir`, deepest first, then signals or removes it. Returns processes seen. */
static int walk(int dir, int depth, int signo, bool remove) {
  autofd scan = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (scan < 0) return 0;
  DIR *d = fdopendir(scan);
  if (d == NULL) return 0;
  scan = -1; /* closedir closes it */
  int seen = 0;
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (e->d_type != DT_DIR || e->d_name[0] == '.' || depth > 32) continue;
    autofd child = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child >= 0) seen += walk(child, depth + 1, signo, remove);
    if (remove) unlinkat(dir, e->d_name, AT_REMOVEDIR);
  }
  closedir(d);
  if (signo == 0) return seen;
  char pids[8192];
  autofd procs = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  ssize_t n;
  size_t have = 0;
  while (procs >= 0 && (n = read(procs, pids + have, sizeof(pids) - 1 - have)) > 0) {
    have += (size_t)n;
    pids[have] = 0;
    char *line = pids, *end;
    while ((end = strchr(line, '\n')) != NULL) {
      pid_t pid = (pid_t)strtol(line, NULL, 10);
      if (pid > 1 && kill(pid, signo) == 0) seen++;
      line = end + 1;
    }
    have = (size_t)(pids + have - line);
    memmove(pids, line, have);
  }
  return seen;
}

int cgroups_signal(const struct cgroups *cg, int signo) {
  if (cg->count == 0) return 0;
  autofd dir = open(cg->path[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return 0;
  if (signo == SIGKILL && write_file(dir, "cgroup.kill", "1", 1) == 0) return 0;
  return walk(dir, 0, signo, false);
}

static bool remove_one(const char *path) {
  if (rmdir(path) == 0 || errno == ENOENT) return true;
  autofd dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir >= 0) walk(dir, 0, 0, true);
  return rmdir(path) == 0 || errno == ENOENT;
}

void cgroups_remove(struct cgroups *cg) {
  for (int attempt = 0; cg->count > 0; attempt++) {
    uint32_t kept = 0;
    for (uint32_t n = 0; n < cg->count; n++) {
      if (remove_one(cg->path[n])) free(cg->path[n]);
      else cg->path[kept++] = cg->path[n];
    }
    cg->count = kept;
    if (kept == 0 || attempt == 250) break;
    /* Dying processes leave a moment after their parent heard of it. */
    cgroups_signal(cg, SIGKILL);
    struct timespec pause = {0, attempt < 20 ? 200000 : 4000000};
    nanosleep(&pause, NULL);
  }
  for (uint32_t n = 0; n < cg->count; n++) free(cg->path[n]);
  cg->count = 0;
}

int cgroups_watch_oom(const struct cgroups *cg, bool *exceptional) {
  const char *memory = memory_dir(cg);
  if (memory == NULL) return -1;
  autofd dir = open(memory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int events = openat(dir, "memory.events", O_RDONLY | O_CLOEXEC);
  *exceptional = events >= 0;
  if (events >= 0) return events;
  autofd control = openat(dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
  int event = control < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return -1;
  TEXT(request, 32);
  put_u64(&request, (uint64_t)event);
  put(&request, " ");
  put_u64(&request, (uint64_t)control);
  if (write_file(dir, "cgroup.event_control", request.p, request.len) < 0) shut(&event);
  return event;
}
