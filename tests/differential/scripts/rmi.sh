# rmi of images in use, by id, with several names, and forced.
. "$PRELUDE"

docker tag $IMAGE extra
id=$(docker images -q --no-trunc $IMAGE)
try docker rmi $id
docker create --name c1 extra > /dev/null
try docker rmi extra
docker create --name c2 $IMAGE > /dev/null
printf 'x' > file
tar -cf root.tar file
docker import -q root.tar mine > /dev/null 2>&1 || docker import root.tar mine > /dev/null
docker create --name c3 mine cmd > /dev/null
try docker rmi mine
try docker rmi -f mine
docker ps -a --filter name=c3 --format '{{.Names}}' 
docker rm c3 > /dev/null
try docker rmi missing
try docker rmi -f missing
try docker rmi 'Bad Name'
try docker rmi
