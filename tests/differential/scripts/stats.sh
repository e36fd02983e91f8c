# Statistics: what docker stats prints, and the shape of the documents. Values are each engine's own; names and kinds are not.
. "$PRELUDE"
docker run -d --name run -m 64m $IMAGE sleep 1000 > /dev/null
docker run -d --name quiet --network none $IMAGE sleep 1000 > /dev/null
docker create --name idle $IMAGE true > /dev/null
shape() { sed -E 's/"(read|preread)":"2[^"]*"/"\1":"T"/g; s/:[0-9]+/:N/g; s/\[[0-9,]+\]/[N]/g; s/"usage_in_(kernel|user)mode":N/U/g'; }
raw() { curl -s --unix-socket "${DOCKER_HOST#unix://}" "http://d$1" | shape; }
numbers() { sed -E 's/[0-9.]+(B|KiB|kB|MiB)/S/g; s/[0-9.]+%/P/g; s/  +/ /g'; }
raw '/v1.51/containers/run/stats?stream=false'
raw '/v1.51/containers/run/stats?stream=false&one-shot=1'
raw '/v1.51/containers/quiet/stats?stream=false&one-shot=1'
raw '/v1.51/containers/idle/stats?stream=false'
raw '/v1.51/containers/idle/stats?stream=false&one-shot=true'
try api GET '/v1.51/containers/run/stats?one-shot=true'
try api GET /v1.51/containers/nope/stats
docker stats --no-stream run idle | numbers
docker stats --no-stream --all --format '{{.Name}} {{.PIDs}}' | sort
docker stats --no-stream --format '{{.Name}}: {{.MemUsage}}' run | sed 's/: .* \//: S \//'
try docker stats --no-stream nope
curl -s -N --max-time 20 --unix-socket "${DOCKER_HOST#unix://}" http://d/containers/run/stats > "$T/stream" &
await grep -q '"total_usage":[1-9].*"preread":"2\|"preread":"2.*"total_usage":[1-9]' "$T/stream"
docker kill run > /dev/null
await grep -q '"memory_stats":{}' "$T/stream"
docker rm run > /dev/null
wait
tail -1 "$T/stream" | sed -E 's/"precpu_stats":\{.*\},"memory/"precpu_stats":{},"memory/'
