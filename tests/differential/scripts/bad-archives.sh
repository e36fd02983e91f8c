# Truncated, corrupt and lying archives are refused and leave nothing.
. "$PRELUDE"

docker save -o good.tar $IMAGE
head -c 1000000 good.tar > truncated.tar
fails docker load -i truncated.tar
head -c 5000 /dev/zero | tr '\0' x > garbage.tar
fails docker load -i garbage.tar
: > empty.tar
docker load -i empty.tar > /dev/null 2>&1
echo "[$?]"
gzip -c good.tar | head -c 100000 > truncated.tar.gz
fails docker load -i truncated.tar.gz
mkdir a
echo '[{"Config":"missing.json","RepoTags":["bad:1"],"Layers":["layer.tar"]}]' > a/manifest.json
tar -C a -cf noconfig.tar .
fails docker load -i noconfig.tar
echo 'not json' > a/manifest.json
tar -C a -cf badjson.tar .
fails docker load -i badjson.tar
echo '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]}}' > a/c.json
echo x > x
tar -cf a/layer.tar x
echo '[{"Config":"c.json","RepoTags":["bad:1"],"Layers":["layer.tar"]}]' > a/manifest.json
tar -C a -cf baddigest.tar .
fails docker load -i baddigest.tar
echo '[{"Config":"../../etc/passwd","RepoTags":["bad:1"],"Layers":["layer.tar"]}]' > a/manifest.json
tar -C a -cf escape.tar .
fails docker load -i escape.tar
docker import garbage.tar bad:2 > out 2>&1
echo "[$?]"
docker images --format '{{.Repository}}:{{.Tag}}'
docker run --rm $IMAGE echo still fine
