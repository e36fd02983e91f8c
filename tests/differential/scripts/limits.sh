# --ulimit, --shm-size, --sysctl, --oom-score-adj and refused values.
. "$PRELUDE"

try docker run --rm --ulimit nofile=100:200 $IMAGE sh -c 'ulimit -Sn; ulimit -Hn'
try docker run --rm --ulimit core=0 --ulimit nproc=500 $IMAGE sh -c 'grep -E "core|processes" /proc/self/limits'
try docker run --rm --ulimit nofile=200:100 $IMAGE true
try docker run --rm --ulimit nonsense=1 $IMAGE true
try docker run --rm --shm-size 1m $IMAGE sh -c 'grep " /dev/shm " /proc/mounts'
try docker run --rm $IMAGE sh -c 'grep " /dev/shm " /proc/mounts'
try docker run --rm --shm-size 0 $IMAGE sh -c 'grep " /dev/shm " /proc/mounts'
try docker run --rm --shm-size -1 $IMAGE true
try docker run --rm --sysctl net.ipv4.ip_default_ttl=33 --sysctl kernel.msgmax=1234 $IMAGE cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax
try docker run --rm --sysctl kernel.hostname=x $IMAGE true
fails docker run --rm --sysctl vm.swappiness=1 $IMAGE true
try docker run --rm --oom-score-adj 500 $IMAGE cat /proc/self/oom_score_adj
try docker run --rm --oom-score-adj 5000 $IMAGE true
docker create --name c1 --ulimit nofile=1:2 --shm-size 1m --sysctl kernel.msgmax=1 --oom-score-adj 3 $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.Ulimits}} {{.HostConfig.ShmSize}} {{json .HostConfig.Sysctls}} {{.HostConfig.OomScoreAdj}}' c1
