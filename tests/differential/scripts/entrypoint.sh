# --entrypoint, reset, with and without a command.
. "$PRELUDE"

try docker run --rm --entrypoint echo $IMAGE a b
try docker run --rm --entrypoint '' $IMAGE echo c
try docker run --rm --entrypoint /bin/echo $IMAGE
try docker run --rm --entrypoint missing $IMAGE x
docker create --name c1 --entrypoint echo $IMAGE a > /dev/null
try docker inspect -f '{{.Path}} {{json .Args}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}' c1
docker create --name c2 --entrypoint echo $IMAGE > /dev/null
try docker inspect -f '{{.Path}} {{json .Args}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}' c2
docker create --name c3 $IMAGE > /dev/null
try docker inspect -f '{{.Path}} {{json .Args}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}' c3
try docker ps -a --format '{{.Names}} {{.Command}}'
