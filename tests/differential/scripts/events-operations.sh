# The events of many operations with all their attributes.
. "$PRELUDE"

sleep 1.1 # the events of what came before are of another second
start=$(date +%s)
docker run -d --name e1 --label l=1 -v named:/data --health-interval 1h $IMAGE sleep 300 > /dev/null
docker exec e1 true
docker exec e1 sh -c 'exit 3'
docker exec e1 no-such-program > /dev/null 2>&1
docker exec -d e1 true
sleep 0.3
docker top e1 > /dev/null
docker pause e1 > /dev/null
docker unpause e1 > /dev/null
docker kill e1 > /dev/null
docker wait e1 > /dev/null
docker start e1 > /dev/null
docker restart -t 0 e1 > /dev/null
docker rename e1 e2
docker stop -t 0 e2 > /dev/null
docker rm e2 > /dev/null
docker run --rm --name e3 $IMAGE false
docker run --name e4 $IMAGE no-such-program > /dev/null 2>&1
docker rm e4 > /dev/null
docker run -d --name e5 --network none -v /anonymous $IMAGE sleep 300 > /dev/null
docker rm -fv e5 > /dev/null
docker run -d --name e6 -t -i $IMAGE cat > /dev/null
docker attach --detach-keys x e6 < /dev/null > /dev/null 2>&1
docker rm -f e6 > /dev/null
docker tag $IMAGE other:1
docker rmi other:1 > /dev/null
docker save $IMAGE > /dev/null
end=$(( $(date +%s) + 1 ))
# dockerd tells stop and die in either order.
docker events --since $start --until $end > events.out
grep -c ' container stop ' events.out
grep -v ' container stop ' events.out | sed -e 's/^[^ ]* //' -e 's/execDuration=[0-9]*/execDuration=N/'
