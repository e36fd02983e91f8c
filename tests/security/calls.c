/* Tries system calls that a container has no business with, with arguments that do no harm where they are allowed, and
 * prints one line for each: its name and errno (0: it worked). Built and run by seccomp.test.ts. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *name, long result) {
  printf("%s %d\n", name, result == -1 ? errno : 0);
  fflush(stdout);
}

/* In a child: some of them change the caller. */
#define TRY(name, ...)                                  \
  do {                                                  \
    fflush(stdout);                                     \
    pid_t pid = fork();                                 \
    if (pid == 0) {                                     \
      alarm(5);                                         \
      errno = 0;                                        \
      pid_t self = getpid();                            \
      long result = syscall(__VA_ARGS__);               \
      if (result == 0 && syscall(SYS_getpid) != self) _exit(0); /* what clone made */ \
      report(name, result);                             \
      _exit(0);                                         \
    }                                                   \
    int status;                                         \
    waitpid(pid, &status, 0);                           \
    if (WIFSIGNALED(status)) printf("%s killed by %d\n", name, WTERMSIG(status)); \
  } while (0)

int main(void) {
  static char zero[4096];
  struct { unsigned long long v[11]; } clone3_args;
  memset(&clone3_args, 0, sizeof(clone3_args));
  TRY("acct", SYS_acct, "/no/such");
  TRY("add_key", SYS_add_key, "user", "k", "v", 1, -2);
  TRY("bpf", SYS_bpf, 0, zero, 64);
  TRY("clock_settime", SYS_clock_settime, 1, zero);
  TRY("clock_adjtime", SYS_clock_adjtime, 99, zero);
  TRY("adjtimex", SYS_adjtimex, zero);
  TRY("clone NEWUSER", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  TRY("clone NEWNS", SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
  TRY("clone NEWPID", SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  TRY("clone NEWNET", SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
  TRY("clone NEWCGROUP", SYS_clone, CLONE_NEWCGROUP | SIGCHLD, 0, 0, 0, 0);
  TRY("clone3", SYS_clone3, &clone3_args, 1);
  TRY("delete_module", SYS_delete_module, "no_such", 0);
  TRY("finit_module", SYS_finit_module, -1, "", 0);
  TRY("init_module", SYS_init_module, zero, 1, "");
  TRY("fanotify_init", SYS_fanotify_init, 0, 0);
  TRY("fsconfig", SYS_fsconfig, -1, 0, 0, 0, 0);
  TRY("fsmount", SYS_fsmount, -1, 0, 0);
  TRY("fsopen", SYS_fsopen, "tmpfs", 0);
  TRY("fspick", SYS_fspick, -100, "/", 0);
  TRY("get_mempolicy", SYS_get_mempolicy, 0, 0, 0, 0, 0);
  TRY("io_uring_setup", SYS_io_uring_setup, 1, zero);
  TRY("io_uring_enter", SYS_io_uring_enter, -1, 0, 0, 0, 0, 0);
  TRY("io_uring_register", SYS_io_uring_register, -1, 0, 0, 0);
  TRY("kcmp", SYS_kcmp, 1, 1, 0, 0, 0);
  TRY("kexec_file_load", SYS_kexec_file_load, -1, -1, 0, "", 0);
  TRY("kexec_load", SYS_kexec_load, 0, 0, 0, 0xffff0000);
  TRY("keyctl", SYS_keyctl, 0, -3, 0);
  TRY("lookup_dcookie", 212, 0, 0, 0);
  TRY("mbind", SYS_mbind, 0, 0, 0, 0, 0, 0);
  TRY("migrate_pages", SYS_migrate_pages, 0, 0, 0, 0);
  TRY("mount", SYS_mount, "none", "/tmp", "tmpfs", 0, 0);
  TRY("mount_setattr", SYS_mount_setattr, -100, "/", 0, zero, 32);
  TRY("move_mount", SYS_move_mount, -1, "", -1, "", 0);
  TRY("move_pages", SYS_move_pages, 0, 0, 0, 0, 0, 0);
  TRY("name_to_handle_at", SYS_name_to_handle_at, -100, "/", zero, zero + 64, 0);
  TRY("nfsservctl", 180, 0, 0, 0);
  TRY("open_by_handle_at", SYS_open_by_handle_at, -1, zero, 0);
  TRY("open_tree", SYS_open_tree, -100, "/", 1);
  TRY("perf_event_open", SYS_perf_event_open, zero, 0, -1, -1, 0);
  TRY("personality UNAME26", SYS_personality, 0x0020000);
  TRY("personality query", SYS_personality, 0xffffffff);
  TRY("pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0);
  TRY("pivot_root", SYS_pivot_root, "/", "/");
  TRY("process_madvise", SYS_process_madvise, -1, 0, 0, 0, 0);
  TRY("process_vm_readv", SYS_process_vm_readv, getpid(), 0, 0, 0, 0, 0);
  TRY("process_vm_writev", SYS_process_vm_writev, getpid(), 0, 0, 0, 0, 0);
  TRY("ptrace", SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
  TRY("query_module", 178, 0, 0, 0, 0, 0);
  TRY("quotactl", SYS_quotactl, 0, 0, 0, 0);
  TRY("quotactl_fd", SYS_quotactl_fd, -1, 0, 0, 0);
  TRY("reboot", SYS_reboot, 0, 0, 0, 0);
  TRY("request_key", SYS_request_key, "user", "k", 0, 0);
  TRY("seccomp", SYS_seccomp, 2, 0, zero);
  TRY("set_mempolicy", SYS_set_mempolicy, 0, 0, 0);
  TRY("setdomainname", SYS_setdomainname, "x", 1);
  TRY("sethostname", SYS_sethostname, "x", 1);
  TRY("setns", SYS_setns, -1, 0);
  TRY("settimeofday", SYS_settimeofday, 0, zero);
  TRY("socket ALG", SYS_socket, AF_ALG, SOCK_SEQPACKET, 0);
  TRY("socket VSOCK", SYS_socket, AF_VSOCK, SOCK_STREAM, 0);
  TRY("socket PACKET", SYS_socket, AF_PACKET, SOCK_RAW, 0);
  TRY("socket NETLINK audit", SYS_socket, AF_NETLINK, SOCK_RAW, 9);
  TRY("socket RAW", SYS_socket, AF_INET, SOCK_RAW, 1);
  TRY("swapoff", SYS_swapoff, "/no/such");
  TRY("swapon", SYS_swapon, "/no/such", 0);
  TRY("syslog", SYS_syslog, 10, 0, 0);
  TRY("_sysctl", 156, zero);
  TRY("sysfs", SYS_sysfs, 3);
  TRY("umount2", SYS_umount2, "/proc", 0);
  TRY("unshare NEWUSER", SYS_unshare, CLONE_NEWUSER);
  TRY("unshare NEWNS", SYS_unshare, CLONE_NEWNS);
  TRY("unshare nothing", SYS_unshare, 0);
  TRY("userfaultfd", SYS_userfaultfd, 0);
  TRY("ustat", SYS_ustat, 0, zero);
  TRY("uselib", SYS_uselib, "/no/such");
  TRY("vhangup", SYS_vhangup);
  TRY("vm86", 1000, 0, 0);
  TRY("iopl", SYS_iopl, 0);
  TRY("ioperm", SYS_ioperm, 0, 1, 0);
  TRY("chroot", SYS_chroot, "/");
  TRY("mknod block", SYS_mknodat, -100, "/tmp/sec-block", 060600, 0x7f00);
  TRY("statx", SYS_statx, -100, "/", 0, 0, zero);
  TRY("memfd_secret", SYS_memfd_secret, 0);
  TRY("landlock", SYS_landlock_create_ruleset, 0, 0, 1);
  TRY("arch_prctl", SYS_arch_prctl, 0x1004, zero);
  TRY("modify_ldt", SYS_modify_ldt, 0, zero, 16);
  TRY("x32 getpid", 0x40000000 | SYS_getpid);
  TRY("unknown call", 999);
  TRY("getpid", SYS_getpid);
  return 0;
}
