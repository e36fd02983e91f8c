# top with and without ps options.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sh -c 'sleep 301 & sleep 302 & wait' > /dev/null
await sh -c '[ "$(docker top c1 | wc -l)" = 4 ]'
docker top c1 | awk '{ print $1, $8, $9 }' | sort
docker top c1 -o pid,args | awk '{ print NF, $2, $3 }' | sort
docker top c1 o args,pid | sed 's/  *[0-9]* *$//' | sort
docker top c1 -eo pid,comm | sed 's/^ *[0-9]* *//' | sort
fails docker top c1 -o nonsense
try docker top missing
docker stop -t 0 c1 > /dev/null
try docker top c1
