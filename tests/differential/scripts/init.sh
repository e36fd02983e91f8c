# --init reaps orphans, passes signals on and keeps exit codes.
. "$PRELUDE"

try docker run --rm --init $IMAGE sh -c 'exit 7'
try docker run --rm --init $IMAGE sh -c '(sleep 0.05 &) ; sleep 0.3; ps -o stat,args | grep -c "^Z"'
docker run -d --init --name c1 $IMAGE sh -c 'trap "echo got TERM; exit 9" TERM; echo ready; while true; do sleep 0.05; done' > /dev/null
await logged c1 ready
try docker stop c1
try docker logs c1
try docker inspect -f '{{.State.ExitCode}} {{.HostConfig.Init}}' c1
fails docker run --rm --init $IMAGE no-such-command
