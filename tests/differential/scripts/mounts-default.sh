# All mounts of a default container, by target, type and options.
. "$PRELUDE"

docker run --rm $IMAGE sh -c 'sed "s/ - /\t/" /proc/self/mountinfo' > info
sed 's/^[0-9]* [0-9]* [^ ]* //' info | awk -F '\t' '{ split($1, a, " "); split($2, b, " "); print a[2], b[1], a[3] }' | sed 's/^\(.etc.[a-z.]*\) [^ ]*/\1 file/' | sort
# The root itself is left out: dockerd mounts it on the host, Berth in the container's namespace only, so it has no peer to follow.
grep -v '^[0-9]* [0-9]* [^ ]* / / ' info | grep -o 'rootcontext[^ ]*\|shared:[0-9]*\|master:[0-9]*' | sed 's/:.*//' | sort
