# -i: input from a pipe, large, binary, empty, and closed by the process.
. "$PRELUDE"

echo hello | docker run -i --rm $IMAGE cat
echo hello | docker run --rm $IMAGE cat
docker run -i --rm $IMAGE cat < /dev/null
echo "[$?]"
head -c 3000000 /dev/zero | tr '\0' x | docker run -i --rm $IMAGE md5sum
printf 'a\0b\377' | docker run -i --rm $IMAGE od -An -c
seq 1 100000 | docker run -i --rm $IMAGE head -n 1
echo "[$?]"
echo 'echo from script; exit 5' | docker run -i --rm $IMAGE
echo "[$?]"
# Again and again: its output must not be lost to the input that it leaves unread.
for n in 1 2 3 4 5 6 7 8; do seq 1 100000 | docker run -i --rm $IMAGE head -n 1; done
seq 1 20000 | docker run -i --rm $IMAGE sh -c 'cat; echo err >&2' 2> err | md5sum
cat err
docker create -i --name c1 $IMAGE cat > /dev/null
try docker inspect -f '{{.Config.OpenStdin}} {{.Config.StdinOnce}} {{.Config.AttachStdin}} {{.Config.AttachStdout}} {{.Config.Tty}}' c1
echo started | docker start -ai c1
echo "[$?]"
