# --read-only, and what stays writable.
. "$PRELUDE"

try docker run --rm --read-only $IMAGE sh -c 'touch /x; touch /etc/x; touch /dev/x && echo dev; touch /dev/shm/x && echo shm; echo y > /etc/hosts && echo hosts'
try docker run --rm --read-only --tmpfs /tmp $IMAGE sh -c 'touch /tmp/x && echo tmp; grep " / " /proc/mounts | cut -d" " -f3,4 | cut -d, -f1'
try docker run --rm --read-only -w /not/there $IMAGE pwd
try docker run --rm --read-only -v "$T/dir:/dir" $IMAGE sh -c 'touch /dir/x && echo dir'
ls "$T/dir"
