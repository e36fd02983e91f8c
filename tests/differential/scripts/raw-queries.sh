# Raw requests: query values that are wrong, and answers without a body.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sleep 300 > /dev/null
for request in 'GET /v1.51/containers/json?limit=x' 'GET /v1.51/containers/json?all=maybe' 'GET /v1.51/containers/json?filters=x' 'GET /v1.51/containers/json?filters=%7B%22nonsense%22%3A%5B%22a%22%5D%7D' \
  'GET /v1.51/containers/json?filters=%7B%22label%22%3A%7B%22x%22%3Atrue%7D%7D' 'GET /v1.51/containers/missing/json' 'GET /v1.51/containers/c1/logs' 'GET /v1.51/containers/c1/logs?stdout=1&tail=x' \
  'GET /v1.51/containers/c1/top?ps_args=nonsense%3B' 'POST /v1.51/containers/c1/start' 'POST /v1.51/containers/c1/stop?t=x' 'POST /v1.51/containers/c1/kill?signal=NONSENSE' 'POST /v1.51/containers/c1/resize' \
  'POST /v1.51/containers/c1/resize?h=10&w=20' 'POST /v1.51/containers/c1/rename' 'DELETE /v1.51/containers/c1' 'DELETE /v1.51/containers/missing' 'POST /v1.51/containers/c1/attach' 'GET /v1.51/images/missing/json' \
  'DELETE /v1.51/images/missing' 'POST /v1.51/images/berth/base/tag?repo=x&tag=y' 'POST /v1.51/images/berth/base/tag' 'GET /v1.51/events?until=x' 'GET /v1.51/networks/missing' 'POST /v1.51/containers/c1/stop?t=0' \
  'POST /v1.51/containers/c1/stop' 'POST /v1.51/containers/c1/kill' 'POST /v1.51/containers/c1/pause' 'DELETE /v1.51/containers/c1?v=1' 'GET /v1.51/containers/json?all=1'; do
  echo "$request"
  api $request 2>&1 | grep -v -E '^(api-version|ostype|docker-experimental):' | sed "s/'ps.*nonsense;'/ps/; s/ps: .*/ps/"
  echo
done
