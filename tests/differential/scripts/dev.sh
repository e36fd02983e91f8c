# Device nodes, links and mounts in /dev, and --device.
. "$PRELUDE"

try docker run --rm $IMAGE sh -c 'ls -l /dev | cut -c1-10,16-43,57- | sort'
try docker run --rm $IMAGE sh -c 'for d in null zero full random urandom tty; do stat -c "%n %F %t %T %a" /dev/$d; done'
try docker run --rm $IMAGE sh -c 'ls -A /dev/pts /dev/shm /dev/mqueue; stat -f -c %T /dev/pts /dev/shm'
try docker run --rm $IMAGE sh -c 'echo x > /dev/null && head -c 3 /dev/zero | od -An -tx1; echo y > /dev/full'
try docker run --rm --device /dev/zero:/dev/nought:r $IMAGE sh -c 'head -c 2 /dev/nought | od -An -tx1; echo 1 > /dev/nought'
try docker run --rm --device /dev/zero $IMAGE true
try docker run --rm --device /dev/missing $IMAGE true
try docker run --rm --device /dev/zero:/dev/x:q $IMAGE true
docker create --name c1 --device /dev/zero:/dev/nought:r $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.Devices}}' c1
