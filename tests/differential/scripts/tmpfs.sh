# --tmpfs and --mount type=tmpfs with their options.
. "$PRELUDE"

line() { docker run --rm "$@" | cut -d' ' -f1-6; }
try line --tmpfs /t $IMAGE grep ' /t ' /proc/mounts
try line --tmpfs /t:size=1m,mode=700,uid=5,exec $IMAGE grep ' /t ' /proc/mounts
try line --tmpfs /t:ro,nosuid $IMAGE grep ' /t ' /proc/mounts
try line --mount type=tmpfs,target=/t,tmpfs-size=2m,tmpfs-mode=1770 $IMAGE grep ' /t ' /proc/mounts
try docker run --rm --tmpfs /etc $IMAGE ls -a /etc
try docker run --rm --tmpfs /t:size=64k $IMAGE sh -c 'dd if=/dev/zero of=/t/x bs=1k count=100 2>&1 | tail -n 1 | cut -d, -f1; ls -ld /t | cut -c1-10'
try docker run --rm --tmpfs relative $IMAGE true
try docker run --rm --tmpfs /t:nonsense=1 $IMAGE true
try docker run --rm --tmpfs / $IMAGE true
docker create --name c1 --tmpfs /t:size=1m --tmpfs /u $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.Tmpfs}} {{json .Mounts}}' c1
