# A container that is killed for its memory says so.
. "$PRELUDE"

docker run --name outofmemory -m 8m --memory-swap 8m $IMAGE sh -c 'a=x; while true; do a=$a$a; done'
echo "[$?]"
try docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}}' outofmemory
try docker ps -a --format '{{.Names}} {{.Status}}'
events_so_far --filter container=outofmemory --format '{{.Action}}' | sort | uniq
