# --network none: loopback only.
. "$PRELUDE"

try docker run --rm --network none $IMAGE ip -o link
try docker run --rm --network none $IMAGE sh -c 'ip -o -4 addr; ip route'
try docker run --rm --network none $IMAGE ping -c 1 -w 1 10.255.255.1
docker run -d --network none --name c1 $IMAGE sleep 60 > /dev/null
try docker inspect -f '{{json .HostConfig.NetworkMode}} {{range $name, $n := .NetworkSettings.Networks}}{{$name}} [{{$n.IPAddress}}] [{{$n.MacAddress}}]{{end}}' c1
try docker ps --format '{{.Names}} {{.Networks}}'
