# Block I/O limits, device access, ulimits.
. "$PRELUDE"
D=/dev/loop0
for what in read-bps write-bps read-iops write-iops; do
  try docker run --rm --device-$what $D:1048576 $IMAGE sh -c 'cd /sys/fs/cgroup/blkio; head blkio.throttle.*_device'
done
try docker run --rm --device-read-bps /dev/nope:1000 $IMAGE true
try docker run --rm --device-write-iops $D:0 $IMAGE true
try docker run --rm --blkio-weight 9 $IMAGE true
try docker run --rm --blkio-weight-device /dev/nope:100 $IMAGE true
fails docker run --rm --device-write-iops /dev/null:5 $IMAGE true
try docker run --rm --device-cgroup-rule 'c 10:200 rwm' $IMAGE sh -c 'grep 10:200 /sys/fs/cgroup/devices/devices.list'
try docker run --rm --device-cgroup-rule 'a *:* rwm' $IMAGE cat /sys/fs/cgroup/devices/devices.list
fails docker run --rm --device-cgroup-rule 'c 10:99999999999 r' $IMAGE true
try docker run --rm --device /dev/null:/dev/n2:r $IMAGE sh -c 'ls -l /dev/n2 | cut -c1-10; grep 1:3 /sys/fs/cgroup/devices/devices.list'
try docker run --rm --device /dev/zero:/dev/z1:w $IMAGE sh -c 'head -c1 /dev/z1 | wc -c; echo 1 > /dev/z1; echo $?'
try docker run --rm --device /dev/nope $IMAGE true
try docker run --rm --device /etc/hostname $IMAGE true
try docker run --rm --ulimit core=-1 --ulimit cpu=50:60 $IMAGE sh -c 'ulimit -c; ulimit -t; ulimit -Ht'
try docker run --rm --storage-opt size=10G $IMAGE true
try docker run --rm --gpus all $IMAGE true
try docker run --rm --gpus driver=bogus $IMAGE true
