# --mount type=bind and what -v and --mount leave in inspect.
. "$PRELUDE"

mkdir "$T/dir" "$T/other"
try docker run --rm --mount "type=bind,source=$T/dir,target=/dir" $IMAGE sh -c 'touch /dir/x && echo ok'
try docker run --rm --mount "type=bind,source=$T/dir,target=/dir,readonly" $IMAGE sh -c 'touch /dir/y'
try docker run --rm --mount "type=bind,source=$T/missing,target=/dir" $IMAGE true
try docker run --rm --mount "type=bind,source=relative,target=/dir" $IMAGE true
try docker run --rm --mount "type=nonsense,source=$T/dir,target=/dir" $IMAGE true
try docker run --rm --mount "source=$T/dir" $IMAGE true
try docker run --rm --mount "type=bind,source=$T/dir,target=/dir,nonsense=1" $IMAGE true
docker create --name c1 -v "$T/dir:/a:ro" --mount "type=bind,source=$T/other,target=/b,bind-propagation=rslave" -v "$T/dir:/c:rshared" $IMAGE > /dev/null
docker inspect -f '{{range .Mounts}}{{json .}}{{println}}{{end}}' c1 | sort
docker inspect -f '{{range .HostConfig.Binds}}{{println .}}{{end}}' c1 | sort # the client gives them in any order
try docker inspect -f '{{json .HostConfig.Mounts}}' c1
docker inspect -f '{{range .Mounts}}{{.Destination}} {{.RW}} {{.Propagation}}{{println}}{{end}}' c1 | sort
