# Memory limits as the kernel and inspect show them, and refused values.
. "$PRELUDE"

limit=/sys/fs/cgroup/memory/memory.limit_in_bytes
[ -e $limit ] || limit=/sys/fs/cgroup/memory.max
try docker run --rm -m 64m $IMAGE cat $limit
try docker run --rm -m 64m --memory-reservation 32m $IMAGE cat $limit
try docker run --rm -m 64m --memory-swap 64m $IMAGE cat $limit
try docker run --rm -m 64m --memory-swap -1 $IMAGE cat $limit
try docker run --rm -m 64m --memory-swappiness 10 $IMAGE cat /sys/fs/cgroup/memory/memory.swappiness
try docker run --rm -m 1m $IMAGE true
try docker run --rm -m 64m --memory-swap 32m $IMAGE true
try docker run --rm --memory-swap 64m $IMAGE true
try docker run --rm -m 64m --memory-reservation 128m $IMAGE true
try docker run --rm -m nonsense $IMAGE true
try docker run --rm -m -5 $IMAGE true
docker create --name c1 -m 64m --memory-reservation 32m --oom-kill-disable $IMAGE > /dev/null 2>&1
try docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.MemoryReservation}} {{.HostConfig.OomKillDisable}} {{.HostConfig.MemorySwappiness}}' c1
docker create --name c2 $IMAGE > /dev/null
try docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.MemoryReservation}} {{.HostConfig.OomKillDisable}} {{.HostConfig.MemorySwappiness}}' c2
