# Health checks: forms of the command, what a probe sees, timeout, long output, missing programs, start period, NONE.
. "$PRELUDE"

health_is() { [ "$(docker inspect -f '{{.State.Health.Status}}' "$1")" = "$2" ]; }
logged_health() { docker inspect -f '{{with .State.Health}}{{with index .Log 0}}{{.ExitCode}} {{.Output}}{{end}}{{end}}' "$1"; }
probed() { [ "$(docker inspect -f '{{len .State.Health.Log}}' "$1")" -ge 1 ]; }
create() { api POST "/containers/create?name=$1" "$2" | tail -n 1; docker start "$1" > /dev/null; await probed "$1"; logged_health "$1"; echo; }

create c1 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"User":"daemon","WorkingDir":"/tmp","Env":["A=1"],"Healthcheck":{"Test":["CMD","sh","-c","id -un; pwd; echo $A; echo $0"],"Interval":200000000}}' | grep -v '"Id"'
create c2 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Shell":["/bin/sh","-e","-c"],"Healthcheck":{"Test":["CMD-SHELL","false; echo not reached"],"Interval":200000000}}' | grep -v '"Id"'
create c3 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Healthcheck":{"Test":["CMD","no-such-program"],"Interval":200000000,"Retries":1}}' | grep -v '"Id"'
health_is c3 unhealthy; echo $?
create c4 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Healthcheck":{"Test":["CMD-SHELL","echo before; sleep 100"],"Interval":200000000,"Timeout":300000000,"Retries":1}}' | grep -v '"Id"'
await sh -c '[ "$(docker top c4 | grep -c sleep.100)" = 0 ]'
create c5 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Healthcheck":{"Test":["CMD-SHELL","head -c 5000 /dev/zero | tr \"\\\\0\" x"],"Interval":200000000}}' | grep -v '"Id"' | sed 's/x/./g' | awk '{ print length($0), substr($0, length($0) - 6) }'
create c6 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Healthcheck":{"Test":["CMD-SHELL","exit 1"],"Interval":30000000000,"StartPeriod":60000000000,"StartInterval":100000000,"Retries":1}}' | grep -v '"Id"'
await sh -c '[ "$(docker inspect -f "{{len .State.Health.Log}}" c6)" = 5 ]'
docker inspect -f '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' c6
create c7 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Healthcheck":{"Test":["CMD-SHELL","kill -9 $$"],"Interval":200000000}}' | grep -v '"Id"'
docker run -d --name c8 --no-healthcheck $IMAGE sleep 300 > /dev/null
docker inspect -f '{{json .Config.Healthcheck}} {{json .State.Health}}' c8
docker run -d --name c9 $IMAGE sleep 300 > /dev/null
docker inspect -f '{{json .Config.Healthcheck}} {{json .State.Health}}' c9
