/*
 * berth-init: process 1 for `--init`. Starts the command, forwards every signal to it, reaps whatever is left to it,
 * and ends with the command's status (128 + signal when a signal ended it), as `docker run --init` does.
 *
 *   berth-init -- COMMAND [ARG...]
 *
 * The command gets its own process group and, where there is a terminal, the foreground of it, so that job control and
 * Ctrl-C reach the command and not this process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

static int run_command(char *const argv[], const sigset_t *original) {
    /* The child becomes a group of its own; SIGTTOU is blocked, so taking the foreground does not stop it. */
    setpgid(0, 0);
    if (tcsetpgrp(STDIN_FILENO, getpid()) < 0 && errno != ENOTTY && errno != ENXIO && errno != EBADF && errno != EPERM) return CANNOT_EXECUTE;
    if (sigprocmask(SIG_SETMASK, original, NULL) < 0) return CANNOT_EXECUTE;
    execvp(argv[0], argv);
    const int code = errno == ENOENT ? NOT_FOUND : CANNOT_EXECUTE;
    static const char prefix[] = "berth-init: cannot execute ";
    const char *reason = strerrordesc_np(errno);
    if (write(STDERR_FILENO, prefix, sizeof prefix - 1) < 0 || write(STDERR_FILENO, argv[0], strlen(argv[0])) < 0 ||
        write(STDERR_FILENO, ": ", 2) < 0 || (reason != NULL && write(STDERR_FILENO, reason, strlen(reason)) < 0) || write(STDERR_FILENO, "\n", 1) < 0)
        return code;
    return code;
}

static int status_of(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Reaps everything that has ended; returns 1 and sets *code when the command itself has. */
static int reap(pid_t command, int *code) {
    int ended = 0;
    for (;;) {
        int status;
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return ended;
        if (pid == command) {
            *code = status_of(status);
            ended = 1;
        }
    }
}

int main(int argc, char *argv[]) {
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "--") == 0) first = 2;
    if (argc <= first) return CANNOT_EXECUTE;

    /* Without a pid namespace of its own this process is not pid 1; orphans still have to come here. */
    if (getpid() != 1) prctl(PR_SET_CHILD_SUBREAPER, 1);

    sigset_t all, original;
    sigfillset(&all);
    /* These mean that this program itself is broken; they must not be held back. */
    static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) sigdelset(&all, faults[i]);
    if (sigprocmask(SIG_SETMASK, &all, &original) < 0) return CANNOT_EXECUTE;

    const pid_t command = fork();
    if (command < 0) return CANNOT_EXECUTE;
    if (command == 0) _exit(run_command(argv + first, &original));

    int code = 0;
    for (;;) {
        siginfo_t info;
        const int signal = sigwaitinfo(&all, &info);
        if (signal < 0) continue;
        if (signal == SIGCHLD) {
            if (reap(command, &code)) return code;
            continue;
        }
        /* Stops asked for by the terminal are meant for the foreground group, which is the command's already. */
        if (signal == SIGTTIN || signal == SIGTTOU || signal == SIGTSTP) continue;
        kill(command, signal);
    }
}
