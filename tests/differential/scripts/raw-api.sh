# Raw requests: ping, versions, unknown paths, bad documents.
. "$PRELUDE"

api GET /_ping
echo
api HEAD /_ping
api GET /v1.51/_ping
echo
for path in /v1.24/containers/json /v1.44/containers/json /v1.99/containers/json /v1.1/containers/json /containers/json; do
  echo "$path"
  api GET $path
  echo
done
api GET /nonsense
echo
api GET /v1.51/nonsense
echo
api DELETE /v1.51/containers/json
echo
api POST /v1.51/containers/create '{'
echo
api POST /v1.51/containers/create ''
echo
api POST /v1.51/containers/create '{}'
echo
api POST /v1.51/containers/create '{"Image":"missing:1"}'
echo
api POST /v1.51/containers/create '{"Image":5}'
echo
api POST /v1.51/containers/create '{"Image":"berth/base"} trailing'
echo
api POST /v1.51/containers/create '[]'
echo
api POST /v1.51/containers/create '{"Image":"berth/base"}' text/plain
echo
api POST '/v1.51/containers/create?name=bad%20name' '{"Image":"berth/base"}'
echo
api POST '/v1.51/containers/create?name=c1' '{"Image":"berth/base","Unknown":1,"HostConfig":null,"Env":null,"Cmd":"true"}' | sed 's/"Id":"[0-9a-f]*"/"Id":ID/'
echo
api POST '/v1.51/containers/create?name=c1' '{"Image":"berth/base"}'
echo
try docker inspect -f '{{json .Config.Cmd}}' c1
