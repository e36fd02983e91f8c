# Memory limits as the container sees them.
. "$PRELUDE"
look() { try docker run --rm "$@" $IMAGE sh -c 'cd /sys/fs/cgroup/memory; cat memory.limit_in_bytes memory.memsw.limit_in_bytes memory.soft_limit_in_bytes memory.swappiness; head -1 memory.oom_control'; }
look
look -m 64m
look -m 64m --memory-swap -1
look -m 64m --memory-swap 64m --memory-reservation 32m --memory-swappiness 0
look -m 100p
look --memory-swap -1
look --memory-swap 1g
look --kernel-memory 50m
look --oom-kill-disable
look -m 64m --oom-kill-disable
try docker run --rm --oom-score-adj 500 $IMAGE cat /proc/self/oom_score_adj
try docker run --rm --oom-score-adj 1001 $IMAGE true
try docker run --rm --shm-size 1m $IMAGE sh -c 'df -k /dev/shm | tail -1'
try docker run --rm --shm-size 0 $IMAGE sh -c 'df -k /dev/shm | tail -1'
