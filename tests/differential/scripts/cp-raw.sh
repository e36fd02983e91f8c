# The archive endpoints themselves: statuses, texts, and the stat header.
. "$PRELUDE"

begin=$(date +%s.%N)
docker run --name box $IMAGE sh -c 'mkdir -p /d/sub; echo hello > /d/f; chmod 6755 /d/f; ln -s f /d/link; ln -s sub /d/dirlink; ln -s /x/y/../z /d/dangling; ln -s link /d/chain; ln -s loop /d/loop
  mkfifo /d/fifo; mknod /d/null c 1 3; mknod /d/disk b 8 1; chmod 1777 /d/sub; touch -d "2020-01-02 03:04:05.123456789" /d/sub; busybox nc -l -U /d/sock & sleep 0.2; true' 2> /dev/null
for path in /d /d/ /d/. / . d/f /d/f /d/f/ /d/f/. /d/f/x /d/link /d/dirlink /d/dirlink/ /d/dirlink/. /d/dangling /d/chain /d/loop /d/fifo /d/null /d/disk /missing /missing/ '' .. /d/../../d/f; do
  echo "== $path"
  api HEAD "/containers/box/archive?path=$path" | sed 's/"size":[0-9]*,"mode":214/"size":<of a directory>,"mode":214/'
  case $path in /d | /d/. | /d/f | /d/f/ | /d/link | /missing) ;; *) continue ;; esac
  api GET "/containers/box/archive?path=$path" > out
  head -n 5 out | sed 's/"size":[0-9]*,"mode":214/"size":<of a directory>,"mode":214/' | grep -a -e '^[0-9]*$' -e '^[a-z-]*: ' -e '^{'
done
api GET "/containers/nothere/archive?path=/x"
api HEAD "/containers/nothere/archive?path=/x"
api PUT "/containers/nothere/archive?path=/x" ''
api PUT "/containers/box/archive" ''
api GET "/containers/box/archive"
docker rm box > /dev/null
docker events --since "$begin" --until "$(date +%s.%N)" --filter event=archive-path --format '{{.Action}} {{json .Actor.Attributes}}' | sort | uniq -c
