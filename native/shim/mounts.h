/* Parts that the mount operations share. All return a descriptor or 0, or -errno. */
#pragma once

#include "run.h"

/* mount_setattr(2) on the mount at fd; `userns` ≥ 0 with MOUNT_ATTR_IDMAP in `set`. */
int set_mount_attr(int fd, uint64_t set, uint64_t clear, unsigned flags, int userns);
/* A detached copy of the mount at fd (AT_RECURSIVE: with what is below). */
int clone_tree(int fd, unsigned flags);
/* Attaches a detached mount on top of `target`. */
int move_tree(int tree, int target);
/* A user namespace with these maps, for idmapped mounts. */
int make_userns(struct run *run, struct str uid_map, struct str gid_map);
/* A tmpfs over a directory that keeps what was there. */
int tmpfs_copyup(struct run *run, const struct op *op);
