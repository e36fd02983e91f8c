# Health checks: states in inspect and ps, log entries, failing streak, filters, events of a probe.
. "$PRELUDE"

health() { docker inspect -f '{{.State.Health.Status}}' "$1"; }
health_is() { [ "$(health "$1")" = "$2" ]; }

docker run -d --name c1 --health-cmd 'cat /ok || { echo not yet >&2; exit 3; }' --health-interval 300ms --health-retries 2 --health-timeout 5s $IMAGE sleep 300 > /dev/null
try docker inspect -f '{{json .Config.Healthcheck}}' c1
try docker ps --format '{{.Names}} {{.Status}}'
await health_is c1 unhealthy
docker inspect -f '{{range .State.Health.Log}}{{.ExitCode}} {{json .Output}}{{println}}{{end}}' c1 | head -n 2
docker ps --format '{{.Names}} {{.Status}}'
docker exec c1 sh -c 'echo fine > /ok'
await health_is c1 healthy
docker inspect -f '{{.State.Health.FailingStreak}} {{with index .State.Health.Log 0}}{{len .Output}}{{end}}' c1
docker ps --format '{{.Names}} {{.Status}}'
await sh -c '[ "$(docker inspect -f "{{len .State.Health.Log}}" c1)" = 5 ]'
for state in healthy unhealthy starting none nonsense; do
  try docker ps --filter health=$state --format '{{.Names}}'
done
events_so_far --filter container=c1 --format '{{.Action}}' | grep health_status
events_so_far --filter container=c1 --filter event=health_status --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'
events_so_far --filter container=c1 --format '{{.Action}} {{.Actor.Attributes.exitCode}}' | sed -n '4,6p'
docker pause c1 > /dev/null
docker ps --format '{{.Names}} {{.Status}}'
health c1
docker unpause c1 > /dev/null
await health_is c1 healthy
docker restart -t 0 c1 > /dev/null
docker inspect -f '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' c1
await health_is c1 healthy
docker stop -t 0 c1 > /dev/null
docker inspect -f '{{.State.Health.Status}} {{.State.Status}}' c1
docker ps -a --format '{{.Names}} {{.Status}}'
docker create --name c2 --health-cmd true $IMAGE sleep 300 > /dev/null
docker inspect -f '{{json .State.Health}}' c2
docker ps -a --filter health=none --format '{{.Names}}'
