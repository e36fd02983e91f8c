# Which lines a rotated log keeps, and in which files. The sizes are such that a time's number of digits doesn't matter,
# as long as not many lines have the same time.
. "$PRELUDE"

kept() {
  docker logs $1 > "$T/kept" 2>&1
  echo "$1: $(wc -l < "$T/kept") lines, from $(head -n 1 "$T/kept") to $(tail -n 1 "$T/kept")"
  docker logs -n 20 $1 2>&1 | cksum
  folder=$(dirname "$(docker inspect -f '{{.LogPath}}' $1)")
  for file in "$folder"/*-json.log*; do
    case $file in *.gz) content=$(zcat "$file") ;; *) content=$(cat "$file") ;; esac
    echo "  ${file##*json.log} $(printf '%s\n' "$content" | grep -c log)"
  done
}
uncompressed() { folder=$(dirname "$(docker inspect -f '{{.LogPath}}' $1)"); ls "$folder" | grep -q 'log\.[0-9]*$'; }
compressed() { ! uncompressed $1; }
n=0
for options in '1060 1' '1060 2' '1060 3' '2100 5' '1.06kB 4' '10k 2' '4k 3' '100b 4' '1 3'; do
  n=$((n + 1))
  set -- $options
  echo "max-size=$1 max-file=$2"
  docker run --name s$n --log-opt max-size=$1 --log-opt max-file=$2 $IMAGE sh -c 'i=100; while [ $i -lt 250 ]; do i=$((i+1)); echo "line $i"; usleep 1000; done' > /dev/null
  kept s$n
  case $2 in 1) continue ;; esac
  docker run --name c$n --log-opt compress=true --log-opt max-size=$1 --log-opt max-file=$2 $IMAGE sh -c 'i=100; while [ $i -lt 250 ]; do i=$((i+1)); echo "line $i"; usleep 1000; done' > /dev/null
  await compressed c$n
  kept c$n
done
docker run -d --name ff --log-opt compress=true --log-opt max-size=1060 --log-opt max-file=3 $IMAGE sh -c 'until [ -e /go ]; do usleep 20000; done; i=100; while [ $i -lt 150 ]; do i=$((i+1)); echo "line $i"; usleep 5000; done' > /dev/null
docker logs -f ff > "$T/followed" 2>&1 &
docker exec ff touch /go
wait
cksum < "$T/followed"
await compressed ff
kept ff
