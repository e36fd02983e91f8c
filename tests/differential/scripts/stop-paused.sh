# Stopping, killing and restarting paused containers; signals and times of stop.
. "$PRELUDE"

paused() { docker run -d --name "$1" $2 $IMAGE sh -c 'trap "exit 3" TERM; trap "exit 4" INT; echo ready; while true; do sleep 0.02; done' > /dev/null; await logged "$1" ready; docker pause "$1" > /dev/null; }
paused c1
try docker stop -t 5 c1
docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Paused}}' c1
paused c2
try docker kill c2
docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' c2
paused c3
try docker kill -s TERM c3
await ended c3
docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' c3
paused c4
try docker restart -t 5 c4
docker inspect -f '{{.State.Status}} {{.State.Paused}}' c4
paused c5
try docker rm c5
try docker rm -f c5
paused c6 '--stop-signal INT'
try docker stop -t 5 c6
docker inspect -f '{{.State.ExitCode}}' c6
paused c7 '--stop-signal INT'
try docker kill -s TERM c7
docker inspect -f '{{.State.Status}}' c7
docker unpause c7 > /dev/null
await ended c7
docker inspect -f '{{.State.ExitCode}}' c7
paused c8
try docker start c8
try docker pause c8
try docker exec c8 true
try docker attach c8
try docker rename c8 c9
docker run -d --name c10 --stop-timeout 0 $IMAGE sh -c 'trap "" TERM; echo ready; while true; do sleep 0.02; done' > /dev/null
await logged c10 ready
try docker stop c10
docker inspect -f '{{.State.ExitCode}}' c10
docker run -d --name c11 --stop-timeout -1 $IMAGE sh -c 'trap "echo TERM; sleep 0.3; exit 6" TERM; echo ready; while true; do sleep 0.02; done' > /dev/null
await logged c11 ready
try docker stop c11
docker inspect -f '{{.State.ExitCode}} {{.Config.StopTimeout}}' c11
docker start c11 > /dev/null
await sh -c '[ "$(docker logs c11 | grep -c ready)" = 2 ]'
try docker stop -t -1 c11
docker inspect -f '{{.State.ExitCode}}' c11
try docker stop -t x c11
# dockerd tells die and stop in either order.
for name in $(for c in c1 c2 c4 c5; do docker inspect -f '{{.Id}}' $c 2> /dev/null; done); do
  events_so_far --filter container=$name --filter type=container --format '{{.Action}} {{.Actor.Attributes.signal}}{{.Actor.Attributes.exitCode}}' | sort
done
