# --privileged: capabilities, devices, mounts and no seccomp filter.
. "$PRELUDE"

try docker run --rm --privileged $IMAGE grep -E 'Cap|Seccomp:|NoNewPrivs' /proc/self/status
try docker run --rm --privileged $IMAGE sh -c 'grep -E " /sys | /proc | /sys/fs/cgroup/pids " /proc/mounts'
try docker run --rm --privileged $IMAGE sh -c 'mkdir /m && mount -t tmpfs t /m && echo mounted'
try docker run --rm --privileged $IMAGE sh -c 'ls -d /dev/loop-control /dev/kmsg /dev/fuse'
try docker run --rm --privileged $IMAGE sh -c 'cat /proc/1/mountinfo | grep -c -E " /proc/(kcore|keys|timer_list|acpi) "'
try docker run --rm --privileged --read-only $IMAGE touch /x
try docker run --rm --privileged -u 1000 $IMAGE grep CapEff /proc/self/status
docker create --name c1 --privileged $IMAGE > /dev/null
try docker inspect -f '{{.HostConfig.Privileged}} {{json .HostConfig.SecurityOpt}} {{json .HostConfig.MaskedPaths}} {{json .HostConfig.ReadonlyPaths}}' c1
