# wait for one and several, for the end and for removal.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'while [ ! -e /go ]; do sleep 0.02; done; exit 11' > /dev/null
docker wait c1 > out &
docker exec c1 touch /go
wait
cat out
docker run --name c2 $IMAGE sh -c 'exit 12'
try docker wait c2 c1
try docker wait missing
try docker wait c1 missing c2
api POST '/v1.51/containers/c1/wait?condition=not-running'
api POST '/v1.51/containers/c1/wait?condition=nonsense'
echo
answered() { grep -q '^200' out; } # the head comes when the waiter stands
rm out
docker run -d --rm --name c3 $IMAGE sleep 300 > /dev/null
api POST '/v1.51/containers/c3/wait?condition=removed' > out &
await answered
docker kill c3 > /dev/null
wait
cat out
rm out
docker create --name c4 $IMAGE true > /dev/null
api POST '/v1.51/containers/c4/wait?condition=next-exit' > out &
await answered
docker start c4 > /dev/null
wait
cat out
