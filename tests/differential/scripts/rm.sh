# rm of running, stopped, unknown and several containers.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sleep 300 > /dev/null
docker create --name c2 $IMAGE > /dev/null
docker run --name c3 $IMAGE true
try docker rm c1
try docker rm c2 missing c3
try docker ps -a --format '{{.Names}}'
try docker rm -f missing
try docker rm -f c1
try docker rm c1
try docker rm
try docker rm -fv c1
docker create --name c4 $IMAGE > /dev/null
id=$(docker ps -aq --no-trunc)
[ "$(docker rm "$(echo $id | cut -c1-6)")" = "$(echo $id | cut -c1-6)" ] && echo removed by prefix
try docker ps -aq
