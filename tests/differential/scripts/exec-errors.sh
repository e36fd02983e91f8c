# The exec endpoints' answers: unknown, twice, too early, too late, in stopped and paused containers, sizes.
. "$PRELUDE"

exec_id() { api POST "/v1.51/containers/$1/exec" "$2" | tail -n 1 | sed 's/.*"Id":"\([0-9a-f]*\)".*/\1/'; }
document() { api GET "/v1.51/exec/$1/json" | tr , '\n' | grep -v -E '"Pid"'; }
running() { api GET "/v1.51/exec/$1/json" | grep -q '"Running":true'; }
over() { api GET "/v1.51/exec/$1/json" | grep -q '"Running":false,"ExitCode":[0-9]'; }

docker run -d --name c1 $IMAGE sleep 300 > /dev/null
id=$(exec_id c1 '{"Cmd":["sh","-c","exit 5"]}')
document $id
api POST "/v1.51/exec/$id/start" '{"Detach":true}'
await over $id
document $id
api POST "/v1.51/exec/$id/start" '{"Detach":true}'
echo
api POST "/v1.51/exec/$id/start" '{}'
echo
api POST "/v1.51/exec/$id/resize?h=10&w=10"
echo
id=$(exec_id c1 '{"Cmd":["sleep","300"],"Tty":true}')
api POST "/v1.51/exec/$id/start" '{"Detach":true,"Tty":true}'
await running $id
api POST "/v1.51/exec/$id/start" '{"Detach":true,"Tty":true}'
echo
api POST "/v1.51/exec/$id/resize?h=10&w=20"
echo
api POST "/v1.51/exec/$id/resize?h=x&w=20"
echo
api POST "/v1.51/exec/$id/resize?h=10"
echo
api POST "/v1.51/exec/$id/start" '{"Detach":"x"}'
echo
id2=$(exec_id c1 '{"Cmd":["true"],"User":"nobody","Privileged":true,"DetachKeys":"ctrl-a,b","AttachStdin":true,"AttachStdout":true,"Env":["A=1"],"WorkingDir":"/tmp"}')
document $id2
docker pause c1 > /dev/null
api POST "/v1.51/exec/$id2/start" '{"Detach":true}'
echo
api POST /v1.51/containers/c1/exec '{"Cmd":["true"]}'
echo
api POST "/v1.51/exec/$id/resize?h=10&w=20"
echo
docker unpause c1 > /dev/null
id3=$(exec_id c1 '{"Cmd":["no-such-program"]}')
api POST "/v1.51/exec/$id3/start" '{"Detach":true}'
echo
document $id3
id4=$(exec_id c1 '{"Cmd":["/etc/passwd"],"AttachStdout":true,"AttachStderr":true}')
api POST "/v1.51/exec/$id4/start" '{"Detach":false}' | tr -d '\000-\010'
echo
document $id4
api POST /v1.51/containers/c1/exec '{"Cmd":["true"],"User":"no-such-user"}'
echo
for body in '{}' '{"Cmd":null}' '{"Cmd":[""]}' '{"Cmd":"true"}' '{"Cmd":["true"],"DetachKeys":"nonsense"}' '{"Cmd":["true"],"ConsoleSize":[1]}' '{"Cmd":["true"],"Env":["=x"]}' '{"Cmd":["true"],"Env":[""]}' '{"Cmd":["true"],"WorkingDir":"relative"}' '[]' '{' ''; do
  echo "body $body"
  api POST /v1.51/containers/c1/exec "$body" | sed 's/"Id":"[0-9a-f]*"/"Id":""/'
done
docker stop -t 0 c1 > /dev/null
api GET "/v1.51/exec/$id3/json" | sed -n 1p
api GET "/v1.51/exec/$id/json" | sed -n 1p
api GET "/v1.51/exec/$id2/json" | sed -n 1p
api POST "/v1.51/exec/$id2/start" '{"Detach":true}'
echo
api POST "/v1.51/exec/$id3/start" '{"Detach":true}'
echo
api POST "/v1.51/exec/$id3/resize?h=1&w=1"
echo
api POST /v1.51/containers/c1/exec '{"Cmd":["true"]}'
echo
docker rm c1 > /dev/null
api GET "/v1.51/exec/$id3/json"
echo
api POST "/v1.51/exec/$id3/start" '{"Detach":true}'
echo
api POST "/v1.51/exec/unknown/start" '{"Detach":true}'
echo
api POST "/v1.51/exec/unknown/resize?h=1&w=1"
echo
api GET "/v1.51/exec/unknown/json"
