/* Operations in the shim itself, and those (netlink, hooks) that it shares with the init. */
#include "run.h"

#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int set_file(struct run *run, const struct op *op, uint32_t step) {
  int err = write_file(AT_FDCWD, op->s[0].p, op->s[1].p, op->s[1].len);
  if (err == 0) return 0;
  detail_set(op->s[0].p, "");
  if (!op->i[0]) return err;
  run_warn(run, step, err);
  return 0;
}

static int load_devices(const struct op *op) {
  const struct str *program = &op->s[1];
  if (program->len == 0 || program->len % sizeof(struct bpf_insn) != 0) return fail_as(EINVAL, "the device program");
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uint64_t)(uintptr_t)program->p,
      .insn_cnt = program->len / (uint32_t)sizeof(struct bpf_insn), .license = (uint64_t)(uintptr_t) "Apache-2.0"};
  autofd fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
  if (fd < 0) return fail_on("loading the device program");
  autofd dir = open(op->s[0].p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return fail_on(op->s[0].p);
  union bpf_attr attach = {.target_fd = (uint32_t)dir, .attach_bpf_fd = (uint32_t)fd, .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
  return syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0 ? fail_on(op->s[0].p) : 0;
}

static int write_init(struct run *run, const char *file, const char *data, size_t len) {
  TEXT(path, 48);
  put(&path, "/proc/");
  put_u64(&path, (uint64_t)run->shared->pid);
  put(&path, "/");
  put(&path, file);
  int err = write_file(AT_FDCWD, text_z(&path), data, len);
  return err < 0 ? fail_as(-err, path.p) : 0;
}

static int map_user(struct run *run, const struct op *op) {
  int err = op->s[2].len > 0 ? write_init(run, "setgroups", op->s[2].p, op->s[2].len) : 0;
  if (err == 0) err = write_init(run, "gid_map", op->s[1].p, op->s[1].len);
  return err < 0 ? err : write_init(run, "uid_map", op->s[0].p, op->s[0].len);
}

static int set_oom(struct run *run, const struct op *op, uint32_t step) {
  TEXT(score, 24);
  put_i64(&score, op->i[0]);
  int err = write_init(run, "oom_score_adj", score.p, score.len);
  /* Lowering needs CAP_SYS_RESOURCE, which hosts withhold. */
  if (err != -EACCES && err != -EPERM) return err;
  run_warn(run, step, err);
  return 0;
}

static int make_cgroup(struct run *run, const struct op *op) {
  int made = cgroup_create(op->s[0].p);
  if (made > 0) cgroups_note(&run->cgroups, &run->plan, &op->s[0]);
  return made < 0 ? made : 0;
}

int shim_op(struct run *run, const struct op *op, uint32_t step) {
  switch (op->kind) {
    case OP_STDIO:
    case OP_LOG: return 0; /* taken before the plan runs */
    case OP_CGROUP_CREATE: return make_cgroup(run, op);
    case OP_CGROUP_SET: return set_file(run, op, step);
    case OP_CGROUP_INHERIT: return cgroup_inherit(op->s[0].p, 0);
    case OP_CGROUP_DEVICES: return load_devices(op);
    case OP_USERNS_MAP: return map_user(run, op);
    case OP_PROC_OOM: return set_oom(run, op, step);
    case OP_NETLINK: return netlink_op(op);
    case OP_HOOK: return hook_op(run, op);
    default: return fail_as(ENOSYS, "operation");
  }
}

/* The kernel's own words about a refused request, behind the error (NLM_F_ACK_TLVS). */
static void name_refusal(const char *answer, size_t len, const struct nlmsghdr *head, uint64_t index) {
  TEXT(t, 200);
  put(&t, "message ");
  put_u64(&t, index);
  size_t at = NLMSG_HDRLEN + sizeof(struct nlmsgerr);
  if (!(head->nlmsg_flags & NLM_F_CAPPED)) at += NLMSG_ALIGN(((const struct nlmsgerr *)(const void *)(answer + NLMSG_HDRLEN))->msg.nlmsg_len) - sizeof(struct nlmsghdr);
  while ((head->nlmsg_flags & NLM_F_ACK_TLVS) && at + sizeof(struct rtattr) <= len) {
    const struct rtattr *attr = (const struct rtattr *)(const void *)(answer + at);
    if (attr->rta_len < sizeof(*attr) || attr->rta_len > len - at) break;
    if (attr->rta_type == NLMSGERR_ATTR_MSG) {
      put(&t, ": ");
      put_bytes(&t, answer + at + sizeof(*attr), strnlen(answer + at + sizeof(*attr), attr->rta_len - sizeof(*attr)));
    }
    at += RTA_ALIGN(attr->rta_len);
  }
  t.cap = sizeof(t_bytes);
  if (t.len == t.cap) t.len--;
  t.p[t.len] = 0;
  detail_set(t.p, "");
}

static int netlink_send(int fd, const struct str *message, uint32_t seq) {
  struct nlmsghdr head;
  if (message->len < sizeof(head)) return fail_as(EINVAL, "netlink message");
  memcpy(&head, message->p, sizeof(head));
  if (head.nlmsg_len != message->len) return fail_as(EINVAL, "netlink message");
  head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  head.nlmsg_seq = seq;
  struct iovec iov[2] = {{&head, sizeof(head)}, {(void *)(uintptr_t)(message->p + sizeof(head)), message->len - sizeof(head)}};
  struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
  if (sendmsg(fd, &msg, 0) < 0) return fail_on("netlink");
  static char answer[8192] __attribute__((aligned(8)));
  for (;;) {
    ssize_t n = recv(fd, answer, sizeof(answer), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < (ssize_t)(NLMSG_HDRLEN + sizeof(int))) return n < 0 ? fail_on("netlink") : fail_as(EIO, "netlink");
    memcpy(&head, answer, sizeof(head));
    if (head.nlmsg_type != NLMSG_ERROR || head.nlmsg_seq != seq) continue;
    int err;
    memcpy(&err, answer + NLMSG_HDRLEN, sizeof(err));
    if (err < 0) name_refusal(answer, (size_t)n, &head, seq - 1);
    return err;
  }
}

int netlink_op(const struct op *op) {
  autofd fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  int on = 1;
  if (fd < 0) return fail_on("netlink");
  if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0) return fail_on("NETLINK_EXT_ACK");
  for (uint32_t n = 0; n < op->nstrs; n++) {
    int err = netlink_send(fd, &op->s[n], n + 1);
    if (err < 0) return err;
  }
  return 0;
}

__attribute__((noreturn)) static void hook_main(const struct op *op, char **vector, int in, int out) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  struct sigaction dfl = {.sa_handler = SIG_DFL};
  for (int n = 1; n < 65; n++)
    if (n != SIGKILL && n != SIGSTOP) sigaction(n, &dfl, NULL);
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(126);
  syscall(SYS_close_range, 3U, ~0U, 0);
  umask(022);
  execve(op->s[0].p, vector, vector + op->i[0] + 1);
  int err = errno;
  const char *why = err == ENOENT ? "no such file or directory" : err == EACCES ? "permission denied" : "cannot be executed";
  if (write(1, why, strlen(why)) < 0) _exit(126);
  _exit(127);
}

/* Feeds the state, collects what it says, waits: all until `deadline` (monotonic ns, 0: none). Returns -ETIMEDOUT or 0. */
static int attend_hook(int pidfd, int in, int out, struct text *state, struct text *said, uint64_t deadline) {
  size_t sent = 0;
  for (;;) {
    struct pollfd fds[3] = {{pidfd, POLLIN, 0}, {out, POLLIN, 0}, {sent < state->len ? in : -1, POLLOUT, 0}};
    uint64_t now = now_mono();
    if (deadline != 0 && now >= deadline) return -ETIMEDOUT;
    if (poll(fds, 3, deadline == 0 ? -1 : (int)((deadline - now) / 1000000 + 1)) < 0 && errno != EINTR) return -errno;
    if (fds[2].revents != 0) {
      ssize_t n = write(in, state->p + sent, state->len - sent);
      /* A hook need not read its state. */
      sent = n < 0 && errno != EAGAIN ? state->len : sent + (n < 0 ? 0 : (size_t)n);
      if (sent == state->len) dup3(out, in, O_CLOEXEC); /* closes our writing end and keeps the number */
    }
    if (fds[1].revents & POLLIN) {
      char chunk[512];
      ssize_t n = read(out, chunk, sizeof(chunk));
      if (n > 0) put_bytes(said, chunk, (size_t)n);
    }
    if (fds[0].revents != 0 && (fds[1].revents & POLLIN) == 0) return 0;
  }
}

int hook_op(struct run *run, const struct op *op) {
  const char *path = op->s[0].p;
  /* execve wants vectors that end in NULL; the strings follow the three single ones. No allocation in the init. */
  static char *vector[1024];
  size_t argc = (size_t)op->i[0], envc = (size_t)op->i[1];
  if (argc + envc + 2 > LEN(vector)) return fail_as(E2BIG, path);
  for (size_t n = 0; n < argc; n++) vector[n] = (char *)(uintptr_t)op->s[3 + n].p;
  for (size_t n = 0; n < envc; n++) vector[argc + 1 + n] = (char *)(uintptr_t)op->s[3 + argc + n].p;
  vector[argc] = vector[argc + 1 + envc] = NULL;
  static char state_bytes[65536];
  struct text state = {state_bytes, 0, sizeof(state_bytes), false};
  put(&state, op->s[1].p);
  put_u64(&state, (uint64_t)run->shared->pid);
  put(&state, op->s[2].p);
  if (state.full) return fail_as(E2BIG, path);
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) < 0) return fail_on("pipe");
  autofd in_read = in[0], in_write = in[1];
  if (pipe2(out, O_CLOEXEC) < 0) return fail_on("pipe");
  autofd out_read = out[0], out_write = out[1];
  fcntl(in_write, F_SETFL, O_NONBLOCK);
  fcntl(out_read, F_SETFL, O_NONBLOCK);
  pid_t pid = fork();
  if (pid < 0) return fail_on("fork");
  if (pid == 0) hook_main(op, vector, in_read, out_write);
  shut(&in_read);
  shut(&out_write);
  autofd pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  TEXT(said, 160);
  int err = pidfd < 0 ? fail_on("pidfd_open") : attend_hook(pidfd, in_write, out_read, &state, &said, op->i[2] > 0 ? now_mono() + (uint64_t)op->i[2] * 1000000 : 0);
  if (err < 0) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (err < 0) return fail_as(-err, path);
  if (status == 0) return 0;
  TEXT(why, 240);
  put(&why, WIFSIGNALED(status) ? "signal " : "exit status ");
  put_u64(&why, (uint64_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
  put(&why, ": ");
  put_bytes(&why, said.p, said.len);
  return fail_as(ECHILD, text_z(&why));
}
