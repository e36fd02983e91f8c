# Default set, --cap-add, --cap-drop, and names that do not exist.
. "$PRELUDE"

caps='grep Cap /proc/self/status'
try docker run --rm $IMAGE $caps
try docker run --rm --cap-drop ALL $IMAGE $caps
try docker run --rm --cap-drop ALL --cap-add NET_ADMIN --cap-add CAP_CHOWN $IMAGE $caps
try docker run --rm --cap-add net_admin --cap-drop mknod $IMAGE $caps
try docker run --rm --cap-add ALL --cap-drop SYS_ADMIN $IMAGE sh -c 'grep CapEff /proc/self/status | cut -c1-8'
try docker run --rm -u 1000 --cap-add NET_ADMIN $IMAGE $caps
try docker run --rm --cap-add nonsense $IMAGE true
try docker run --rm --cap-drop CAP_NONSENSE $IMAGE true
try docker run --rm --cap-drop CHOWN $IMAGE chown 1 /etc/passwd
try docker run --rm $IMAGE ip link set lo mtu 1000
try docker run --rm --cap-add NET_ADMIN $IMAGE sh -c 'ip link set lo mtu 1000 && cat /sys/class/net/lo/mtu'
docker create --name c1 --cap-add net_admin --cap-drop CAP_CHOWN $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.CapAdd}} {{json .HostConfig.CapDrop}}' c1
