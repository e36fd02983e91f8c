# docker export: never started, stopped and running, with volumes; the listing is the same.
. "$PRELUDE"

begin=$(date +%s.%N)
list() { TZ=UTC tar --numeric-owner --full-time -tvf - | grep -v busybox | sed -E 's/ 20[0-9]{2}-.{14}(\.[0-9]*)? / /'; }
docker create --name never $IMAGE true > /dev/null
docker export never | list
docker run -d --name box -v /vol -v "$T:/mnt" --tmpfs /run $IMAGE sh -c 'mkdir /d; echo hello > /d/f; ln /d/f /d/z; ln -s f /d/link; mknod /d/null c 1 3; mkfifo /d/fifo; rm /etc/group; rm -r /home; mkdir /home; touch /home/.wh.x; chown 1:2 /d/f; chmod 2755 /d; echo v > /vol/v; echo rung > /run/r; sleep 60' > /dev/null
await docker exec box ls /run/r
docker export box | list | grep -v -e ' bin/' -e ' usr/' -e ' sbin/'
docker kill box > /dev/null; await ended box
docker export -o out.tar box
list < out.tar | grep -v -e ' bin/' -e ' usr/' -e ' sbin/'
tar -xOf out.tar d/f etc/hosts etc/hostname
docker import out.tar again > /dev/null
docker run --rm again cat /d/f
try docker export nothere
try docker export
try docker export -o /nowhere/x box
api GET /containers/nothere/export
api GET /containers/never/export > out
head -n 5 out | grep -a -e '^[0-9]*$' -e '^[a-z-]*: ' 
docker rm -f box never > /dev/null
docker events --since "$begin" --until "$(date +%s.%N)" --filter event=export --format '{{.Action}} {{json .Actor.Attributes}}' | sort | uniq -c
