# rename, names that are taken and names that are not allowed.
. "$PRELUDE"

docker create --name c1 $IMAGE > /dev/null
docker create --name c2 $IMAGE > /dev/null
try docker rename c1 c3
try docker ps -a --format '{{.Names}}'
try docker rename c3 c2
try docker rename missing c4
try docker rename c3 'bad name'
try docker rename c3 ''
try docker rename c3 c3
try docker create --name c2 $IMAGE
try docker create --name /c2 $IMAGE
try docker create --name 'a b' $IMAGE
try docker create --name a $IMAGE
try docker create --name -a $IMAGE
docker rm c2 > /dev/null
try docker rename c3 c2
try docker inspect -f '{{.Name}}' c2
docker create $IMAGE > /dev/null
docker ps -a --format '{{.Names}}' | grep -c -E '^[a-z]+_[a-z]+$'
