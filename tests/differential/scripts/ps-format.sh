# ps columns, formats and json.
. "$PRELUDE"

docker create --name c1 $IMAGE echo a b c > /dev/null
docker run -d --name c2 $IMAGE sleep 300 > /dev/null
docker run --name c3 $IMAGE sh -c 'exit 5'
try docker ps
try docker ps -a
try docker ps -a --format 'table {{.Names}}\t{{.Status}}\t{{.Command}}'
try docker ps -a --format '{{.Names}}|{{.Image}}|{{.Command}}|{{.RunningFor}}|{{.Ports}}|{{.State}}|{{.Mounts}}|{{.Networks}}|{{.LocalVolumes}}|{{.Labels}}'
try docker ps --no-trunc
docker ps -a --format json | tr , '\n' | grep -E '"(Names|State|Image|Command|LocalVolumes|Mounts|Networks|Ports|Labels)"' | sort
docker ps -q | wc -c
docker ps -q --no-trunc | wc -c
try docker ps -n 1 --format '{{.Names}}'
try docker ps -n 2 --format '{{.Names}}'
try docker ps -l --format '{{.Names}}'
try docker ps --format '{{.Nonsense}}'
docker ps -as --format '{{.Names}} {{.Size}}' | sed 's/[0-9.]*[kM]*B/<size>/g'
