# pause and unpause, and what a paused container refuses.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'while true; do echo tick; sleep 0.02; done' > /dev/null
await logged c1 tick
try docker pause c1
try docker ps --format '{{.Names}} {{.Status}} {{.State}}'
try docker inspect -f '{{.State.Status}} {{.State.Paused}} {{.State.Running}}' c1
try docker exec c1 true
try docker pause c1
before=$(docker logs c1 | wc -l)
[ "$(docker logs c1 | wc -l)" = "$before" ] && echo nothing runs
try docker unpause c1
try docker unpause c1
try docker inspect -f '{{.State.Status}} {{.State.Paused}}' c1
docker pause c1 > /dev/null
try docker rm c1
try docker stop -t 1 c1
try docker inspect -f '{{.State.Status}} {{.State.Paused}} {{.State.ExitCode}}' c1
try docker pause c1
try docker pause missing
docker start c1 > /dev/null
docker pause c1 > /dev/null
try docker rm -f c1
