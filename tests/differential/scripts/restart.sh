# restart, restart policies and their counters.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'echo started; trap "exit 0" TERM; while true; do sleep 0.02; done' > /dev/null
await logged c1 started
try docker restart -t 5 c1
await sh -c '[ "$(docker logs c1 | wc -l)" = 2 ]'
try docker inspect -f '{{.State.Status}} {{.RestartCount}}' c1
docker run -d --name c2 --restart on-failure:2 $IMAGE sh -c 'echo try; exit 3' > /dev/null
await sh -c '[ "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" c2)" = "2 exited" ]'
docker logs c2
try docker inspect -f '{{.State.ExitCode}} {{json .HostConfig.RestartPolicy}}' c2
docker run -d --name c3 --restart on-failure $IMAGE true > /dev/null
await ended c3
try docker inspect -f '{{.RestartCount}} {{json .HostConfig.RestartPolicy}}' c3
docker run -d --name c4 --restart always $IMAGE sh -c 'echo run; sleep 0.1' > /dev/null
await sh -c '[ "$(docker logs c4 | wc -l)" -ge 3 ]'
try docker stop -t 0 c4
try docker inspect -f '{{.State.Status}} {{json .HostConfig.RestartPolicy}}' c4
try docker create --restart nonsense $IMAGE
try docker create --restart always:3 $IMAGE
try docker create --restart on-failure:x $IMAGE
try docker run --rm --restart always $IMAGE true
try docker restart missing
docker create --name c5 $IMAGE true > /dev/null
try docker restart c5
await ended c5
