# run -d, its id, logs, ps and rm.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'echo started; sleep 60' > "$T/id"
wc -c < "$T/id"
await logged c1 started
try docker logs c1
try docker ps --format '{{.Names}} {{.Image}} {{.State}} {{.Status}}'
try docker ps --no-trunc --format '{{.ID}} {{.Command}}'
[ "$(docker ps -q --no-trunc)" = "$(cat "$T/id")" ] && echo same id
try docker rm c1
try docker rm -f c1
try docker ps -a --format '{{.Names}}'
try docker logs c1
