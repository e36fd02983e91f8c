# network ls and inspect of what every engine has.
. "$PRELUDE"

docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}' | sort
try docker network ls --filter name=bridge --format '{{.Name}}'
try docker network ls --filter driver=null --format '{{.Name}}'
try docker network ls --filter nonsense=1
for network in bridge none host; do
  try docker network inspect -f '{{.Name}} {{.Driver}} {{.Scope}} {{.Internal}} {{.Attachable}} {{.Ingress}} {{json .Containers}} {{json .Labels}}' $network
done
try docker network inspect -f '{{json .IPAM.Config}} {{.IPAM.Driver}}' bridge
try docker network inspect -f '{{json .Options}}' bridge
docker run -d --name c1 $IMAGE sleep 60 > /dev/null
try docker network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}' bridge
try docker network inspect missing
try docker run --rm --network missing $IMAGE true
