# --log-opt max-size and max-file, --log-driver, and what is refused.
. "$PRELUDE"

docker run --name c1 --log-opt max-size=10k --log-opt max-file=2 $IMAGE sh -c 'i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo "line $i of a log that is rotated"; done' > /dev/null
docker logs c1 | tail -n 1
lines=$(docker logs c1 | wc -l)
[ $lines -lt 600 ] && [ $lines -gt 60 ] && echo rotated
try docker inspect -f '{{.HostConfig.LogConfig.Type}} {{json .HostConfig.LogConfig.Config}}' c1
docker run --name c2 --log-driver none $IMAGE echo unseen
try docker logs c2
try docker inspect -f '{{json .HostConfig.LogConfig}} [{{.LogPath}}]' c2
try docker run --rm --log-driver nonsense $IMAGE true
try docker run --rm --log-opt nonsense=1 $IMAGE true
try docker run --rm --log-opt max-size=nonsense $IMAGE true
try docker run --rm --log-opt max-file=0 $IMAGE true
try docker run --rm --log-opt max-file=2 $IMAGE true
docker create --name c3 $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.LogConfig}}' c3
docker run --name c4 --log-opt env=A --log-opt tag=x -e A=1 $IMAGE echo tagged
try docker logs --details c4
