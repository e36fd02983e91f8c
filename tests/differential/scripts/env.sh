# -e, -e NAME from the client's environment, --env-file, and what the image and the engine add.
. "$PRELUDE"

export FROM_CLIENT=client
cat > "$T/env" <<END
# a comment

A=1
B=with space
  C=leading
FROM_CLIENT
NOT_SET_ANYWHERE
EMPTY=
Q="quoted"
END
try docker run --rm $IMAGE env
sorted() { docker run --rm -h box "$@" $IMAGE env | sort; }
try sorted -e A=b -e EMPTY= -e FROM_CLIENT -e NOT_SET
try sorted --env-file env
try docker run --rm -h box --env-file env -e A=2 $IMAGE sh -c 'echo $A $B'
try docker run --rm -h box -e PATH=/bin -e HOME=/x -e HOSTNAME=y $IMAGE env
try docker run --rm -h box -u daemon $IMAGE env
try docker run --rm --env-file missing $IMAGE true
printf 'A B=1\n' > bad
try docker run --rm --env-file bad $IMAGE true
printf '=x\n' > bad
try docker run --rm --env-file bad $IMAGE true
docker create --name c1 -e A=1 -e A=2 --env-file env $IMAGE > /dev/null
docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' c1 | sort
