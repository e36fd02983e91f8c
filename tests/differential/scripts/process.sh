# What a fresh process finds: descriptors, environment of the kernel, limits, umask, session.
. "$PRELUDE"

try docker run --rm $IMAGE sh -c 'ls /proc/self/fd | head -n 3; umask; cat /proc/self/oom_score_adj'
try docker run --rm $IMAGE sh -c 'grep -E "^(Uid|Gid|Groups|NoNewPrivs|Seccomp|Cpus_allowed_list|Threads|NSpid|Umask|SigIgn|SigBlk)" /proc/1/status'
docker run --rm $IMAGE cat /proc/1/cgroup | sed 's#:/.*/#:/(parent)/#'
try docker run --rm $IMAGE sh -c 'ps -o pid,args'
try docker run --rm $IMAGE sh -c 'cat /proc/1/stat | cut -d" " -f1,4,5,6,7,8'
try docker run --rm $IMAGE cat /proc/self/limits
try docker run --rm $IMAGE sh -c 'readlink /proc/1/cwd; readlink /proc/1/root'
