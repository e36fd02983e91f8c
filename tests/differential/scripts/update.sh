# Changing limits: what the kernel shows inside and what inspect says, of a running container.
. "$PRELUDE"
docker run -d --name c1 $IMAGE sleep 1000 > /dev/null
docker run -d --name c2 --cpu-period 50000 --cpu-quota 20000 -m 64m --memory-swap 128m $IMAGE sleep 1000 > /dev/null
limits() { docker exec $1 sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus pids/pids.max' | tr '\n' ' '; echo; }
config() { docker inspect -f '{{with .HostConfig}}{{.Memory}} {{.MemorySwap}} {{.MemoryReservation}} {{.CpuShares}} {{.CpuQuota}} {{.CpuPeriod}} {{.NanoCpus}} {{.CpusetCpus}} {{.CpusetMems}} {{json .PidsLimit}} {{.RestartPolicy}}{{end}}' $1; }
limits c1
try docker update -m 64m --memory-swap 128m c1
try docker update -m 100m --cpu-shares 512 c1
try docker update --memory-swap 400m --memory-reservation 20m c1
try docker update -m 200m --pids-limit 100 --cpuset-cpus 0 --cpuset-mems 0 c1
limits c1; config c1
try docker update -m 32m --memory-swap 32m --cpus 1.5 --pids-limit -1 --cpuset-cpus 0-1 c1
limits c1; config c1
try docker update --restart on-failure:3 c1
try docker update --cpu-quota 30000 c2
limits c2; config c2
try docker update --cpu-period 20000 -m 1g --memory-swap 2g c2
docker pause c2 > /dev/null
try docker update --cpu-quota -1 c2
docker unpause c2 > /dev/null
limits c2; config c2; config c1
try docker update --blkio-weight 300 c2
try docker update c2
events_so_far --filter event=update --format '{{.Action}} {{.Actor.Attributes.name}}'
