# --cpus, --cpu-shares, --cpuset-cpus and refused values.
. "$PRELUDE"

quota='cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us /sys/fs/cgroup/cpu/cpu.shares'
[ -d /sys/fs/cgroup/cpu ] || quota='cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.weight'
try docker run --rm $IMAGE $quota
try docker run --rm --cpus 0.5 $IMAGE $quota
try docker run --rm --cpu-period 50000 --cpu-quota 25000 --cpu-shares 512 $IMAGE $quota
try docker run --rm --cpuset-cpus 0 $IMAGE grep Cpus_allowed_list /proc/self/status
try docker run --rm --cpuset-cpus 4096 $IMAGE true
try docker run --rm --cpuset-cpus nonsense $IMAGE true
try docker run --rm --cpus 4096 $IMAGE true
try docker run --rm --cpus nonsense $IMAGE true
try docker run --rm --cpus 1 --cpu-quota 1000 $IMAGE true
try docker run --rm --cpu-period 1 $IMAGE true
docker create --name c1 --cpus 1.5 --cpu-shares 100 --cpuset-cpus 0 $IMAGE > /dev/null
try docker inspect -f '{{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}} {{.HostConfig.CpusetCpus}} {{.HostConfig.CpuQuota}}' c1
