/* cgroup directories of a task: made by its plan, emptied and removed at its end; what they counted is the evidence of its death. */
#pragma once

#include "util.h"

struct plan;
struct str;

enum { MAX_CGROUPS = 32 };

struct cgroups {
  uint32_t count;
  char *path[MAX_CGROUPS]; /* leaves that the plan made, owned */
};

struct evidence {
  uint64_t oom_kills, memory_peak;
};

/* mkdir with parents; 1 when it was made, 0 when it was there. */
int cgroup_create(const char *path);
/* Copies the parent's value into an empty file, first in the parent. */
int cgroup_inherit(const char *path, int depth);
/* Notes a directory that the plan made, unless it is the parent of another one of the plan. What was there before is not ours. */
void cgroups_note(struct cgroups *cg, const struct plan *plan, const struct str *path);
struct evidence cgroups_evidence(const struct cgroups *cg);
/* Signals every process of the task; returns how many there were. */
int cgroups_signal(const struct cgroups *cg, int signo);
/* Kills what is left and removes the directories; gives up on what stays busy for a second. */
void cgroups_remove(struct cgroups *cg);
/* A descriptor that becomes readable (v1) or exceptional (v2) when the memory controller reports, or -1. */
int cgroups_watch_oom(const struct cgroups *cg, bool *exceptional);
