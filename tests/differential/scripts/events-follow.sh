# events prints what happens while it runs, and ends at --until.
. "$PRELUDE"

docker events --filter container=followed --format '{{.Type}} {{.Action}}' > out &
pid=$!
sleep 0.5
docker run --rm --name followed $IMAGE true
await grep -q destroy out
kill $pid
cat out
start=$(date +%s)
docker events --until $((start + 1)) --filter container=nobody
echo "[$?]"
