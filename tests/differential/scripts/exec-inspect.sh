# ExecIDs of a container and the exec's document over the API.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sleep 300 > /dev/null
try docker inspect -f '{{json .ExecIDs}}' c1
docker exec c1 sleep 300 &
await sh -c '[ "$(docker inspect -f "{{len .ExecIDs}}" c1)" = 1 ]'
id=$(docker inspect -f '{{index .ExecIDs 0}}' c1)
api GET /v1.51/exec/$id/json | tr , '\n' | grep -v -E '"(Pid|ID|ContainerID)"'
api POST /v1.51/exec/$id/start '{"Detach":true}'
echo
api GET /v1.51/exec/missing/json
echo
api POST /v1.51/containers/c1/exec '{"Cmd":[]}'
echo
api POST /v1.51/containers/missing/exec '{"Cmd":["true"]}'
echo
docker kill c1 > /dev/null
wait
