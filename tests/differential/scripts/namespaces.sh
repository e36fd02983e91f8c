# --pid, --ipc, --uts, --cgroupns and --userns.
. "$PRELUDE"

docker run -d --name c1 -h one $IMAGE sleep 60 > /dev/null
same() { [ "$(docker exec c1 readlink "/proc/self/ns/$1")" = "$(docker run --rm $2 $IMAGE readlink "/proc/self/ns/$1")" ] && echo "$1 shared" || echo "$1 own"; }
for kind in pid ipc uts net mnt cgroup; do same $kind; done
same pid '--pid container:c1'
same ipc '--ipc container:c1'
same net '--network container:c1'
[ "$(docker run --rm --pid host $IMAGE readlink /proc/self/ns/pid)" = "$(readlink /proc/self/ns/pid)" ] && echo host pid
[ "$(docker run --rm --uts host $IMAGE readlink /proc/self/ns/uts)" = "$(readlink /proc/self/ns/uts)" ] && echo host uts
[ "$(docker run --rm --ipc host $IMAGE readlink /proc/self/ns/ipc)" = "$(readlink /proc/self/ns/ipc)" ] && echo host ipc
[ "$(docker run --rm --cgroupns host $IMAGE readlink /proc/self/ns/cgroup)" = "$(readlink /proc/self/ns/cgroup)" ] && echo host cgroup
try docker run --rm --pid container:missing $IMAGE true
try docker run --rm --network container:missing $IMAGE true
try docker run --rm --pid nonsense $IMAGE true
try docker run --rm --ipc nonsense $IMAGE true
try docker run --rm --uts host -h box $IMAGE true
docker create --name c2 --pid host --ipc shareable --uts host $IMAGE > /dev/null
try docker inspect -f '{{.HostConfig.PidMode}} {{.HostConfig.IpcMode}} {{.HostConfig.UTSMode}} {{.HostConfig.CgroupnsMode}} [{{.HostConfig.UsernsMode}}]' c2 c1
