# -u by name, number and group, --group-add, and what does not exist.
. "$PRELUDE"

for user in root 0 1000 daemon www-data:daemon 33:1 1000:users 12345:54321 nobody 0:0; do
  try docker run --rm -u $user $IMAGE id
done
try docker run --rm -u nouser $IMAGE id
try docker run --rm -u root:nogroup2 $IMAGE id
try docker run --rm -u -1 $IMAGE id
try docker run --rm -u 4294967296 $IMAGE id
try docker run --rm --group-add users --group-add 777 $IMAGE id
try docker run --rm --group-add missing $IMAGE id
try docker run --rm -u daemon --group-add adm $IMAGE sh -c 'id; grep Groups /proc/self/status'
try docker run --rm -u 1000 $IMAGE sh -c 'echo $HOME; touch /x; grep Cap /proc/self/status'
