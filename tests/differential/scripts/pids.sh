# --pids-limit as the kernel shows it and applies it.
. "$PRELUDE"

limit() { docker run --rm "$@" $IMAGE sh -c 'cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max'; }
try limit --pids-limit 20
try limit --pids-limit -1
try limit --pids-limit 0
docker run --rm --pids-limit 5 $IMAGE sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait' 2>&1 | grep -c "can't fork"
docker create --name c1 --pids-limit 7 $IMAGE > /dev/null
docker create --name c2 $IMAGE > /dev/null
try docker inspect -f '{{.Name}} {{.HostConfig.PidsLimit}}' c1 c2
