# Filters and fields of /events.
. "$PRELUDE"

sleep 1.1 # the events of what came before are of another second
start=$(date +%s)
docker run -d --name f1 --label a=1 --label b=2 -v vol1:/data $IMAGE sleep 300 > /dev/null
docker run -d --name f12 --label a=2 --network none $IMAGE sleep 300 > /dev/null
docker exec f1 true
docker tag $IMAGE f1image:7
docker kill f1 f12 > /dev/null
docker wait f1 f12 > /dev/null
end=$(( $(date +%s) + 1 ))
id=$(docker inspect -f '{{.Id}}' f1)
image=$(docker inspect -f '{{.Id}}' $IMAGE)
net=$(docker network inspect -f '{{.Id}}' bridge)
show() {
  echo "== $(echo "$*" | sed "s/$id/ID/g;s/$image/IMAGE/g;s/$net/NET/g")"
  docker events --since $start --until $end "$@" --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}' | sort | uniq
}
show --filter container=f1
show --filter container=$id
show --filter container=$(echo $id | cut -c1-12)
show --filter container=/f1
show --filter event=exec_create
show --filter event=exec_start --filter event=die
show --filter event='exec_create: true '
show --filter image=$IMAGE
show --filter image=$IMAGE:latest
show --filter image=berth
show --filter image=f1image
show --filter image=f1image:7
show --filter image=$image
show --filter label=a
show --filter label=a=1
show --filter label=a=1 --filter label=b=2
show --filter label=a=1 --filter label=a=2
show --filter label=c
show --filter network=bridge
show --filter network=none
show --filter network=$net
show --filter volume=vol1
show --filter volume=vol
show --filter type=network
show --filter type=container --filter type=volume
show --filter type=nonsense
show --filter daemon=x
show --filter plugin=x
show --filter node=x
show --filter scope=local --filter type=volume
show --filter scope=swarm
show --filter container=f1 --filter type=network
show --filter container=f1 --filter network=none
show --filter nonsense=1 --filter container=f1
api GET "/v1.51/events?since=$start&until=$end&filters=%7B%22container%22%3A%5B%22f1%22%5D%2C%22event%22%3A%5B%22start%22%5D%7D"
api GET "/v1.51/events?since=$start&until=$end&filters=%7B%22type%22%3A%5B%22volume%22%5D%2C%22event%22%3A%5B%22create%22%5D%7D"
api GET "/v1.51/events?since=5&until=4"
echo
api GET "/v1.51/events?since=x&until=4"
echo
api GET "/v1.51/events?until=4&filters=nonsense"
echo
try docker events --until 1 --format '{{.Nonsense}}'
