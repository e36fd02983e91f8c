# save and load keep digests; several images; -i, -o and pipes.
. "$PRELUDE"

docker tag $IMAGE copy:v1
id=$(docker images -q --no-trunc $IMAGE)
try docker save -o saved.tar $IMAGE copy:v1
tar -tf saved.tar | grep -c manifest.json
tar -xOf saved.tar manifest.json | tr , '\n' | grep -o -E '"(berth/base:latest|copy:v1)"'
docker rmi copy:v1 > /dev/null
try docker load -i saved.tar
[ "$(docker images -q --no-trunc copy:v1)" = "$id" ] && echo same id
docker save $IMAGE > piped.tar
docker load -q < piped.tar
gzip piped.tar
docker load < piped.tar.gz
docker save "$id" | tar -xO manifest.json | tr , '\n' | grep RepoTags
try docker save missing
try docker save -o saved2.tar missing
try docker save -o /missing/dir/x.tar $IMAGE
try docker save $IMAGE missing -o x.tar
ls saved2.tar x.tar 2>&1
try docker load -i missing.tar
try docker load -q -i saved.tar
docker run --rm copy:v1 echo runs
