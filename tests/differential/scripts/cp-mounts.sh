# docker cp where volumes, binds and read-only roots are, of stopped and running containers.
. "$PRELUDE"

list() { tar --numeric-owner -tvf - | sed -E 's/[0-9-]{10} [0-9:]{5}//'; }
mkdir host ro; echo inhost > host/f; echo inro > ro/f; echo new > new; chown 1:2 host
flags="-v $T/host:/host -v $T/ro:/ro:ro -v vol:/vol -v /anon --tmpfs /tmpfs --mount type=tmpfs,target=/tmpfs2"
docker run --name box $flags $IMAGE sh -c 'echo v > /vol/v; echo a > /anon/a; echo t > /tmpfs/t'
for round in stopped running; do
  echo "== $round"
  for path in /host /ro /vol /anon /tmpfs /tmpfs2 /host/f /etc/hosts; do
    echo "-- $path"
    docker cp box:$path - | list | sed 's/ [0-9]* *hosts/ hosts/'
    try docker cp new box:$path
  done
  ls host ro
  try docker cp new box:/ro/sub
  try docker cp host box:/ro
  docker rm -f box > /dev/null
  docker run -d --name box $flags $IMAGE sh -c 'echo t > /tmpfs/t; sleep 60' > /dev/null
  await docker exec box ls /tmpfs/t
done
docker exec box ls /tmpfs /host
docker rm -f box > /dev/null
for round in stopped running; do
  echo "== read-only $round"
  docker run -d --name box --read-only $flags $IMAGE sleep 60 > /dev/null
  [ $round = stopped ] && docker kill box > /dev/null && await ended box
  for path in /tmp /vol /ro /tmpfs /host/f; do try docker cp new box:$path; done
  docker cp box:/vol - | list
  docker rm -f box > /dev/null
done
docker create --name box -v $T/host:/deep/er/mnt -v $T/new:/deep/file $IMAGE true > /dev/null
docker cp box:/deep - | list
docker diff box | sort
docker rm -v box > /dev/null
docker volume rm vol > /dev/null 2>&1 || true
