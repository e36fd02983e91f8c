# ps --filter by everything that a filter can say.
. "$PRELUDE"

docker create --name c1 --label a=1 $IMAGE > /dev/null
docker run -d --name c2 --label a=2 $IMAGE sleep 300 > /dev/null
docker run --name c3 $IMAGE sh -c 'exit 5'
docker run -d --name other --network none -v "$T:/mnt" $IMAGE sleep 300 > /dev/null
docker pause other > /dev/null
ids=$(docker inspect -f '{{.Id}}' c2)
for filter in name=c name=^/c1 name=^c1$ name=missing status=created status=running status=exited status=paused exited=5 exited=0 ancestor=$IMAGE ancestor=missing before=c2 since=c2 \
  network=none network=bridge volume=/mnt volume=/missing label=a label=a=2 id=$ids health=none is-task=false; do
  echo "$filter: $(docker ps -a --filter $filter --format '{{.Names}}' 2>&1 | tr '\n' ' ')" | sed "s/$ids/ID/"
done
try docker ps -a --filter status=running --filter status=created --format '{{.Names}}'
try docker ps -a --filter status=exited --filter name=c --format '{{.Names}}'
try docker ps -a --filter nonsense=1
try docker ps -a --filter status=nonsense
try docker ps -a --filter exited=nonsense
try docker ps -a --filter nonsense
try docker ps -a --filter before=missing
