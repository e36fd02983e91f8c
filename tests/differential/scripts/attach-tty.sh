# -t: one stream, CR LF, window size, and terminals by script(1).
. "$PRELUDE"

docker run --rm -t $IMAGE sh -c 'echo a; echo b >&2; test -t 0 && echo in; test -t 1 && echo out' | od -An -c
docker run --rm $IMAGE sh -c 'test -t 0 || echo no in; test -t 1 || echo no out'
docker run --rm -t $IMAGE tty
docker run --rm -t $IMAGE sh -c 'ls -l /dev/console | cut -c1-10'
docker run --rm -t $IMAGE sh -c 'stty -a | grep -o -E "(opost|onlcr|icanon|echo|isig)\b"'
try docker run --rm -it $IMAGE true
script -qec "docker run --rm -it $IMAGE sh -c 'tty; echo done; exit 3'" /dev/null < /dev/null > out
echo "[$?]"
# The terminal shows script's end of input as ^@, at any moment.
sed 's/\^@//g' out
script -qec "stty rows 33 cols 77; docker run --rm -it $IMAGE sh -c 'while [ \"\$(stty size)\" = \"0 0\" ]; do sleep 0.01; done; stty size'" /dev/null < /dev/null | sed 's/\^@//g'
docker run -d -t --name c1 $IMAGE sh -c 'echo one; echo two' > /dev/null
await ended c1
docker logs c1 | od -An -c
docker logs --tail 1 -t c1 | cut -d' ' -f2 | od -An -c
try docker inspect -f '{{.Config.Tty}}' c1
docker run --rm -t $IMAGE env | grep TERM
docker run --rm -t -e TERM=dumb $IMAGE env | grep TERM
