# logs with --tail, --timestamps, --since, --until, --details, and both streams.
. "$PRELUDE"

docker run --name c1 --label l=1 --log-opt labels=l $IMAGE sh -c 'for i in 1 2 3 4 5; do echo out $i; done; sleep 0.3; echo err >&2; sleep 0.3; printf partial' > /dev/null 2>&1
docker logs c1 2> /dev/null
docker logs c1 2>&1 > /dev/null
for options in '--tail 2' '--tail 0' '--tail all' '-n 1' '--tail nonsense' '--tail -1'; do
  echo "$options"
  docker logs $options c1 2> err
  echo "[$?]"
  grep -v partial err | head -n 1
done
docker logs -t c1 2>&1 | sort | cut -d' ' -f2- | head -n 3
docker logs -t --tail 1 c1 2> /dev/null | grep -c -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z '
docker logs --details --tail 2 c1 2> /dev/null
docker logs --since 1h c1 2> /dev/null | wc -l
docker logs --since 2099-01-01T00:00:00Z c1 | wc -l
docker logs --until 2001-01-01T00:00:00 c1 | wc -l
docker logs --until 0s c1 2> /dev/null | wc -l
docker logs --since 2001-01-01T00:00:00Z --until 2099-01-01T00:00:00Z c1 2> /dev/null | wc -l
try docker logs --since nonsense c1
try docker logs missing
