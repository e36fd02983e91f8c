# A limit of open files below what runc itself has open in the container when it sets the limit.
. "$PRELUDE"

for limit in 0:0 1:1 3:3 5:10 10:10; do
  docker run --rm --ulimit nofile=$limit $IMAGE echo ran 2> /dev/null
  echo "$limit [$?]"
done
