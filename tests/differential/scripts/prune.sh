# Removing all stopped containers.
. "$PRELUDE"
docker run --name wrote $IMAGE sh -c 'head -c 5000 /dev/zero > /x' > /dev/null
docker create --name labelled --label a=b --label c $IMAGE true > /dev/null
docker create --name idle $IMAGE true > /dev/null
docker run -d --name run $IMAGE sleep 1000 > /dev/null
docker run -d --name paused $IMAGE sleep 1000 > /dev/null
docker pause paused > /dev/null
docker ps -a --size --format '{{.Names}} {{.Size}}' --filter name=wrote --filter name=idle
for filter in until=zz foo=zz; do try docker container prune -f --filter $filter; done
try docker container prune -f --filter until=1h --filter until=2h
try docker container prune -f --filter until=24h
try docker container prune -f --filter label=x
try docker container prune -f --filter 'label!=c' --filter label=a=b
try docker container prune -f --filter label=a=b --filter 'label!=zz'
try docker container prune -f --filter 'label!=zz'
docker ps -a --format '{{.Names}}'
try docker container prune -f
try api POST /v1.51/containers/prune
try api POST '/v1.51/containers/prune?filters=zz'
events_so_far --filter event=prune --format '{{.Type}} {{.Action}} {{.Actor.ID}} {{.Actor.Attributes}}'
