# Health checks that are refused, by the client and by the engine; images with HEALTHCHECK.
. "$PRELUDE"

for options in '--health-interval 0.5ms' '--health-timeout 1us' '--health-start-period 1ns' '--health-start-interval 1ns' '--health-retries -1' '--health-interval -1s' '--health-interval nonsense' '--health-retries x' '--no-healthcheck --health-cmd true' '--no-healthcheck --health-interval 1s' '--health-interval 1s' '--health-cmd true --health-start-interval 1s'; do
  try docker create --name c1 $options $IMAGE true | sed 's/^[0-9a-f]\{64\}$/<created>/'
  docker inspect -f '{{json .Config.Healthcheck}}' c1 2> /dev/null
  docker rm c1 > /dev/null 2>&1
done
for check in '{"Test":["NONE"]}' '{"Test":[]}' '{"Test":["NONSENSE","x"]}' '{"Test":["CMD"]}' '{"Test":["CMD-SHELL"]}' '{"Interval":999999}' '{"Timeout":1}' '{"StartPeriod":-5}' '{"StartInterval":100}' '{"Retries":-1}' '{"Interval":-1000000}'; do
  echo "$check"
  api POST /v1.51/containers/create?name=c1 '{"Image":"'$IMAGE'","Cmd":["sleep","300"],"Healthcheck":'"$check"'}' | sed 's/"Id":"[0-9a-f]*"/"Id":""/'
  docker start c1 > /dev/null 2>&1 && docker inspect -f '{{json .Config.Healthcheck}} {{json .State.Health}}' c1
  docker rm -f c1 > /dev/null 2>&1
done
mkdir root && echo x > root/x; tar -cf "$T/small.tar" -C root .
docker import -c 'HEALTHCHECK --interval=2s --timeout=3s --start-period=4s --start-interval=5s --retries=6 CMD test -e /ok' "$T/small.tar" checked:1 > /dev/null
docker import -c 'HEALTHCHECK NONE' "$T/small.tar" unchecked:1 > /dev/null
docker create --name c2 checked:1 true > /dev/null
docker inspect -f '{{json .Config.Healthcheck}}' c2
docker create --name c3 --health-interval 9s checked:1 true > /dev/null
docker inspect -f '{{json .Config.Healthcheck}}' c3
docker create --name c4 --no-healthcheck checked:1 true > /dev/null
docker inspect -f '{{json .Config.Healthcheck}}' c4
docker create --name c5 unchecked:1 true > /dev/null
docker inspect -f '{{json .Config.Healthcheck}}' c5
docker create --name c6 --health-cmd 'echo own' --health-retries 1 checked:1 true > /dev/null
docker inspect -f '{{json .Config.Healthcheck}}' c6
