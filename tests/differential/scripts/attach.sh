# attach and start -a: what follows, exit codes, and one stream only.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'echo early; while [ ! -e /go ]; do sleep 0.02; done; echo late; echo err >&2; exit 6' > /dev/null
await logged c1 early
docker attach c1 > out 2> err &
pid=$!
docker attach --no-stdin c1 > out2 2> err2 &
pid2=$!
sleep 0.3
docker exec c1 touch /go
wait $pid
echo "[$?]"
wait $pid2
echo "[$?]"
cat out err out2 err2
try docker attach c1
try docker attach missing
docker create --name c2 $IMAGE sh -c 'echo a; echo b >&2; exit 7' > /dev/null
try docker start -a c2
try docker run --rm -a stdout $IMAGE sh -c 'echo a; echo b >&2'
try docker run --rm -a stderr $IMAGE sh -c 'echo a; echo b >&2'
try docker run --rm -a nonsense $IMAGE true
docker create -i --name c3 $IMAGE sh -c 'read x; echo got $x' > /dev/null
echo input | docker start -ai c3
docker run -d -i --name c4 $IMAGE sh -c 'echo ready; while read x; do echo got $x; done' > /dev/null
await logged c4 ready
# Without --rm and -a, stdin stays open after the client's ended.
printf 'one\ntwo\n' | docker attach c4 > out 2>&1 &
await logged c4 'got two'
docker stop -t 0 c4 > /dev/null
wait
docker logs c4
try docker start -a c1 c2
