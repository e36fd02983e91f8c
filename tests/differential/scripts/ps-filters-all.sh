# Every filter of the list of containers.
. "$PRELUDE"
docker create --name one --label a=1 --label b -v data:/data --expose 80 $IMAGE true > /dev/null
docker run --name two --label a=2 $IMAGE sh -c 'exit 3' > /dev/null
docker run -d --name three --network none -v /tmp:/mnt:ro --expose 90/udp $IMAGE sleep 1000 > /dev/null
docker run -d --name four $IMAGE sleep 1000 > /dev/null
docker pause four > /dev/null
id=$(docker inspect -f '{{.Id}}' three)
list() { echo "$*" | sed -E 's/id=[0-9a-f]{6,64}$/id=ID/'; docker ps -a --format '{{.Names}}' "$@" 2>&1; echo "[$?]"; }
for filter in status=created status=running status=paused status=exited status=dead status=removing status=restarting status=bogus exited=0 exited=3 exited=x label=a label=a=1 label=b= label=zz name=o name=^/one$ 'name=^t' 'name=(' name= \
  id=$id "id=$(echo $id | cut -c1-6)" id=zz ancestor=$IMAGE ancestor=$IMAGE:latest ancestor=nope ancestor=sha256:00 before=three before=nope since=one since=nope network=none network=bridge network=nope volume=data volume=/data volume=/mnt volume=/tmp volume=zz \
  expose=80 expose=80/tcp expose=90/udp expose=90 expose=70-99/udp expose=x publish=80 publish=80-90/tcp publish=zz health=none health=healthy health=starting health=bogus is-task=true is-task=false is-task=x isolation=default isolation=hyperv isolation= bogus=1; do
  list --filter "$filter"
done
list --filter status=running --filter status=paused
list --filter label=a --filter label=b
list --filter name=one --filter name=two --filter status=created
list --filter before=four --filter since=one
list -n 2
list -l --filter status=exited
docker ps --filter exited=3 --format '{{.Names}}'
docker ps --filter status=created --format '{{.Names}}'
docker volume rm data > /dev/null 2>&1 || true
