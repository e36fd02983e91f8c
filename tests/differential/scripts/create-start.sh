# create and start, also twice, several, unknown and after an exit.
. "$PRELUDE"

docker create --name c1 $IMAGE sh -c 'echo run; exit 2' > id
wc -c < id
try docker inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Pid}} {{.State.StartedAt}} {{.State.FinishedAt}}' c1
try docker ps -a --format '{{.Names}} {{.Status}} {{.State}}'
try docker start c1
await ended c1
try docker start -a c1
docker logs c1
try docker start missing
try docker start c1 missing
docker run -d --name c2 $IMAGE sleep 300 > /dev/null
try docker start c2
try docker inspect -f '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.State.FinishedAt}}' c2
[ "$(docker inspect -f '{{.State.Pid}}' c2)" -gt 1 ] && echo has a pid
try docker create --pull never missing-image:tag
try docker run --pull never --rm missing-image
try docker create --cidfile id $IMAGE
rm id
docker create --cidfile id2 --name c3 $IMAGE > id
[ "$(cat id)" = "$(cat id2)" ] && echo same id
try docker create
