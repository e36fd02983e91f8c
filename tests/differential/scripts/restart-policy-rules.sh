# Restart policies: what a kill, a stop, a start and a failing start mean while a container is restarted or waits for it.
. "$PRELUDE"

count() { docker inspect -f '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}' "$1"; }
waits() { [ "$(docker inspect -f '{{.State.Status}}' "$1")" = restarting ]; }
restarted() { [ "$(docker inspect -f '{{.RestartCount}}' "$1")" -ge "$2" ]; }

# A signal by the user is taken for a wish to stop, whatever it does.
docker run -d --name c1 --restart always $IMAGE sh -c 'trap "exit 7" USR1; echo ready; while true; do sleep 0.02; done' > /dev/null
await logged c1 ready
docker kill -s USR1 c1 > /dev/null
await ended c1
count c1
docker start c1 > /dev/null
count c1
docker exec c1 kill -USR1 1
await restarted c1 1
docker rm -f c1 > /dev/null
docker run -d --name c2 --restart always --stop-signal USR2 $IMAGE sh -c 'trap "exit 7" USR1; echo ready; while true; do sleep 0.02; done' > /dev/null
await logged c2 ready
docker kill -s USR1 c2 > /dev/null
await restarted c2 1
docker rm -f c2 > /dev/null
docker run -d --name c2 --restart unless-stopped --stop-signal USR2 $IMAGE sh -c 'trap "exit 7" USR1; echo ready; while true; do sleep 0.02; done' > /dev/null
await logged c2 ready
docker kill -s USR1 c2 > /dev/null
await ended c2
count c2
docker rm -f c2 > /dev/null

# While it waits for its next start.
backoff() { docker run -d --name "$1" --restart always $IMAGE sh -c "exit 4" > /dev/null; await restarted "$1" "${2:-4}"; await waits "$1"; }
backoff w1 5
docker inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.State.Pid}} {{.State.ExitCode}}' w1
docker ps --format '{{.Names}} {{.Status}}' | sed 's/([0-9]*) .*/(N) .../'
try docker start w1
try docker pause w1
try docker exec w1 true
try docker attach w1
try docker rm w1
try docker top w1
docker wait w1 > wait.out &
pid=$!
sleep 0.1
try docker stop w1
wait $pid
cat wait.out
docker inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.State.ExitCode}}' w1
try docker stop w1
docker rm w1 > /dev/null
backoff w2
try docker kill w2
await ended w2
count w2 | sed 's/ [0-9]* / N /'
docker rm w2 > /dev/null
backoff w3
try docker kill -s HUP w3
await ended w3
docker rm w3 > /dev/null
backoff w4
try docker rm -f w4
backoff w5
try docker restart w5
docker inspect -f '{{lt .RestartCount 4}}' w5
docker rm -f w5 > /dev/null
events_so_far --filter container=w1 --format '{{.Action}} {{.Actor.Attributes.signal}}' | tail -n 3
events_so_far --filter container=w4 --format '{{.Action}} {{.Actor.Attributes.signal}}' | tail -n 2

# A start that fails under the policy.
mkdir "$T/src"
docker run -d --name f1 --restart always --mount type=bind,src="$T/src",dst=/src $IMAGE sh -c 'sleep 0.4; exit 5' > /dev/null
rmdir "$T/src"
await ended f1
docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' f1
try docker run -d --name f2 --restart always $IMAGE no-such-program
docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' f2
try docker create --restart on-failure:-1 $IMAGE
try docker create --restart no:2 $IMAGE
try docker create --restart unless-stopped:2 $IMAGE
try docker create --rm --restart on-failure $IMAGE
docker create --name n1 --restart no $IMAGE > /dev/null
docker inspect -f '{{json .HostConfig.RestartPolicy}}' n1
api POST '/v1.51/containers/create' '{"Image":"'$IMAGE'","HostConfig":{"RestartPolicy":{"Name":"","MaximumRetryCount":3}}}'
echo
api POST '/v1.51/containers/create' '{"Image":"'$IMAGE'","HostConfig":{"RestartPolicy":{"Name":"always","MaximumRetryCount":-3}}}'
echo
api POST '/v1.51/containers/create' '{"Image":"'$IMAGE'","HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"always"}}}'
