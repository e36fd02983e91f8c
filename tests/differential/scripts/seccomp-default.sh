# What the default filter refuses and allows.
. "$PRELUDE"

try docker run --rm $IMAGE unshare -U true
try docker run --rm $IMAGE unshare -m true
try docker run --rm $IMAGE mount -t tmpfs x /tmp
try docker run --rm --cap-add SYS_ADMIN $IMAGE sh -c 'mount -t tmpfs x /tmp && echo mounted'
try docker run --rm --cap-add SYS_ADMIN $IMAGE sh -c 'unshare -m true && echo unshared'
try docker run --rm $IMAGE chroot / true
try docker run --rm $IMAGE sh -c 'dmesg > /dev/null'
try docker run --rm $IMAGE date -s 2001-01-01
try docker run --rm $IMAGE hostname other
try docker run --rm $IMAGE swapoff /dev/null
try docker run --rm $IMAGE sh -c 'mknod /tmp/x c 1 3 && echo made; mknod /tmp/y b 7 0 && cat /tmp/y'
try docker run --rm --security-opt seccomp=unconfined $IMAGE unshare -U true
