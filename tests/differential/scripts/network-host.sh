# --network host: the engine's own namespace.
. "$PRELUDE"

outer=$(readlink /proc/self/ns/net)
[ "$(docker run --rm --network host $IMAGE readlink /proc/self/ns/net)" = "$outer" ] && echo same namespace
[ "$(docker run --rm --network host $IMAGE hostname)" = "$(hostname)" ] && echo same hostname
[ "$(docker run --rm --network host -h box $IMAGE hostname)" = box ] && echo own hostname
docker create --network host --name c1 $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.NetworkMode}} {{range $name, $n := .NetworkSettings.Networks}}{{$name}} [{{$n.IPAddress}}]{{end}}' c1
fails docker run --rm --network host --sysctl net.ipv4.ip_forward=1 $IMAGE true
