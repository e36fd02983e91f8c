# Processor limits as the container sees them.
. "$PRELUDE"
look() { docker run --rm "$@" $IMAGE sh -c 'cd /sys/fs/cgroup; cat cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max' | tr '\n' ' '; echo "$*"; }
look --cpu-shares 2
look --cpus 1.5
look --cpus 0
look --cpu-quota -5
look --cpu-period 20000
look --cpu-period 20000 --cpu-quota 5000
look --cpuset-cpus 0 --cpuset-mems 0
look --cpuset-cpus 0,1
look --pids-limit 20
look --pids-limit -9
try docker run --rm --cpu-rt-period 1000000 $IMAGE cat /sys/fs/cgroup/cpu/cpu.rt_period_us
for flags in '--cpu-shares 1' '--cpu-shares 300000' '--cpus 0.001' '--cpuset-mems 1' '--cpu-rt-runtime 10000'; do fails docker run --rm $flags $IMAGE true; done
for flags in '--cpu-shares -1' '--cpus -1' '--cpus 1 --cpu-quota 1000' '--cpuset-cpus 0-3000' '--cpu-rt-runtime 10000 --cpu-rt-period 1000'; do try docker run --rm $flags $IMAGE true; done
