# The whole document of a container: which keys there are.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sleep 300 > /dev/null
docker inspect c1 | grep -o '^ *"[A-Za-z]*":' | sort | uniq -c | sed 's/^ *//; s/  */ /g'
docker inspect -f '{{json .HostConfig}}' c1 | tr , '\n' | sort
docker inspect -f '{{json .Config}}' c1 | tr , '\n' | sort
