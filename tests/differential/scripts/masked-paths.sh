# Paths of the kernel that are hidden or read-only.
. "$PRELUDE"

try docker run --rm $IMAGE sh -c 'for p in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do wc -c < $p; done; ls -A /proc/acpi /proc/scsi /sys/firmware 2>&1'
try docker run --rm $IMAGE sh -c 'for p in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/x /proc/bus/x /sys/x /sys/fs/cgroup/x; do echo 1 > $p; done'
try docker run --rm $IMAGE sh -c 'cut -d" " -f2,3,4 /proc/mounts | grep -E "^/(proc|sys)" | sort'
docker create --name c1 $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.MaskedPaths}}' c1
try docker inspect -f '{{json .HostConfig.ReadonlyPaths}}' c1
try docker run --rm --security-opt systempaths=unconfined $IMAGE sh -c 'cut -d" " -f2 /proc/mounts | grep -c "^/proc/"'
