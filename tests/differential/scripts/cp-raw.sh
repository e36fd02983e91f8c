# The archive endpoints themselves: statuses, texts, and the stat header.
. "$PRELUDE"

docker run --name box $IMAGE sh -c 'mkdir -p /d/sub; echo hello > /d/f; chmod 6755 /d/f; ln -s f /d/link; ln -s sub /d/dirlink; ln -s /x/y/../z /d/dangling; ln -s link /d/chain; ln -s loop /d/loop
  mkfifo /d/fifo; mknod /d/null c 1 3; mknod /d/disk b 8 1; chmod 1777 /d/sub; touch -d "2020-01-02 03:04:05.123456789" /d/sub; busybox nc -l -U /d/sock & sleep 0.2; true' 2> /dev/null
for path in /d /d/ /d/. / . d/f /d/f /d/f/ /d/f/. /d/f/x /d/link /d/link/ /d/dirlink /d/dirlink/ /d/dirlink/. /d/dangling /d/chain /d/loop /d/fifo /d/null /d/disk /missing /missing/ /missing/x '' .. /../d/f /d/../../d/f; do
  echo "== $path"
  api HEAD "/containers/box/archive?path=$path"
  api GET "/containers/box/archive?path=$path" > out
  head -n 5 out | grep -a -e '^[0-9]*$' -e '^[a-z-]*: ' -e '^{'
done
api GET "/containers/nothere/archive?path=/x"
api HEAD "/containers/nothere/archive?path=/x"
api PUT "/containers/nothere/archive?path=/x" ''
api PUT "/containers/box/archive" ''
api GET "/containers/box/archive"
mkdir -p in/sub; echo new > in/new; echo s > in/sub/s
tar -C in -cf in.tar .
for path in /d /d/ /d/. /d/dirlink /d/f /d/link /missing /missing/x /d/f/x /d/dangling /d/loop / d .; do
  echo "== $path"
  api PUT "/containers/box/archive?path=$path" @in.tar application/x-tar
done
echo garbage > garbage; head -c 2000 in.tar > cut.tar; : > empty; gzip -k in.tar
for file in garbage cut.tar empty in.tar.gz; do api PUT "/containers/box/archive?path=/d" @$file application/x-tar; done
printf x > file; mkdir dir; tar cf fileasdir.tar --transform 's,file,sub,' file; tar cf dirasfile.tar --transform 's,dir,f,' dir
api PUT "/containers/box/archive?path=/d&noOverwriteDirNonDir=true" @fileasdir.tar
api PUT "/containers/box/archive?path=/d&noOverwriteDirNonDir=true" @dirasfile.tar
api PUT "/containers/box/archive?path=/d&noOverwriteDirNonDir=1" @in.tar
api PUT "/containers/box/archive?path=/d" @fileasdir.tar
api PUT "/containers/box/archive?path=/d" @dirasfile.tar
docker cp box:/d - | tar --numeric-owner -tvf - | sed -E 's/[0-9-]{10} [0-9:]{5}//'
docker rm box > /dev/null
docker events --since 1 --until "$(date +%s.%N)" --filter event=archive-path --filter event=extract-to-dir --format '{{.Action}} {{json .Actor.Attributes}}' | sort | uniq -c
