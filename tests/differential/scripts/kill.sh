# kill with signals by name and number, and what is refused.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'trap "echo USR1" USR1; trap "echo HUP" HUP; echo ready; while true; do sleep 0.02; done' > /dev/null
await logged c1 ready
try docker kill -s USR1 c1
await logged c1 USR1
try docker kill -s SIGHUP c1
await logged c1 HUP
try docker kill -s 10 c1
try docker kill -s NONSENSE c1
try docker kill -s 99 c1
try docker kill c1
try docker inspect -f '{{.State.ExitCode}} {{.State.Status}} {{.State.OOMKilled}}' c1
try docker kill c1
try docker kill missing
docker create --name c2 $IMAGE > /dev/null
try docker kill c2
docker run -d --init --name c3 $IMAGE sleep 300 > /dev/null
try docker kill -s TERM c3
try docker wait c3
