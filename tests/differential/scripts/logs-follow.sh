# logs -f prints what comes and ends with the container.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'i=0; while [ ! -e /go ]; do sleep 0.02; done; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; exit 4' > /dev/null
docker logs -f c1 > followed 2>&1 &
docker logs -f --tail 0 c1 > tail 2>&1 &
sleep 0.3
docker exec c1 touch /go
wait
wc -l < followed
tail -n 1 followed
wc -l < tail
try docker wait c1
docker logs -f c1 | wc -l
docker start c1 > /dev/null
await ended c1
docker logs c1 | wc -l
docker logs -f --tail 3 c1
