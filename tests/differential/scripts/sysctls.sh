# Kernel parameters of a container's own namespaces; cgroup parents and cgroup namespaces.
. "$PRELUDE"
for setting in kernel.shmmax=100000 'kernel.sem=32 32000 32 128' kernel.shm_rmid_forced=1 fs.mqueue.msg_max=20 net.ipv4.ip_forward=1 net.core.somaxconn=99 kernel.msgmnb=; do
  try docker run --rm --sysctl "$setting" $IMAGE cat "/proc/sys/$(echo "${setting%%=*}" | tr . /)"
done
try docker run --rm --sysctl net.ipv4.conf.eth0.forwarding=1 $IMAGE true
fails docker run --rm --sysctl net.ipv4.bogus=1 $IMAGE true
fails docker run --rm --sysctl kernel.shmall=a $IMAGE true
fails docker run --rm --sysctl net.ipv4.ip_forward=1 --network host $IMAGE true
fails docker run --rm --sysctl kernel.shmmax=1 --ipc host $IMAGE true
try docker run --rm --sysctl net.ipv4.ip_forward=1 --network none $IMAGE true
docker run -d --name other --ipc shareable $IMAGE sleep 1000 > /dev/null
try docker run --rm --sysctl net.ipv4.ip_forward=1 --network container:other $IMAGE true
try docker run --rm --sysctl kernel.shmmax=100 --ipc container:other $IMAGE true
for parent in /berth-differential-a berth-differential-b/sub; do
  try docker run --rm --cgroup-parent $parent --cgroupns host $IMAGE sh -c 'grep :memory: /proc/self/cgroup | sed "s,/[0-9a-f]*$,,; s,.*/,,"'
done
try docker run --rm --cgroupns private $IMAGE grep :memory: /proc/self/cgroup
find /sys/fs/cgroup -depth -type d -path '*/berth-differential-*' -exec rmdir {} + 2> /dev/null || true
