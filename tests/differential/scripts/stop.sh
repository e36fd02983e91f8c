# stop: the signal, the time, and containers that do not listen.
. "$PRELUDE"

trapper='trap "echo TERM; exit 3" TERM; trap "echo USR1; exit 4" USR1; trap "echo INT; exit 5" INT; echo ready; while true; do sleep 0.02; done'
for options in '' '--stop-signal USR1' '--stop-signal 2'; do
  docker run -d --name c1 $options $IMAGE sh -c "$trapper" > /dev/null
  await logged c1 ready
  try docker stop c1
  docker logs c1
  try docker inspect -f '{{.State.ExitCode}} {{.State.Status}} {{.Config.StopSignal}}' c1
  docker rm c1 > /dev/null
done
docker run -d --name c1 $IMAGE sleep 300 > /dev/null
try docker stop -t 0 c1
try docker inspect -f '{{.State.ExitCode}}' c1
try docker stop c1
docker run -d --name c2 $IMAGE sh -c "$trapper" > /dev/null
await logged c2 ready
try docker stop -s USR1 c2
try docker inspect -f '{{.State.ExitCode}}' c2
try docker stop missing
try docker stop c1 missing c2
try docker stop -s NONSENSE c1
docker create --name c3 --stop-timeout 3 --stop-signal TERM $IMAGE > /dev/null
try docker inspect -f '{{.Config.StopTimeout}} {{.Config.StopSignal}}' c3
try docker stop c3
try docker create --stop-signal NONSENSE $IMAGE
