# PUT archive itself: where it may go, what is no archive, and what may take what's place.
. "$PRELUDE"

begin=$(date +%s.%N)
docker run --name box $IMAGE sh -c 'mkdir -p /d/sub; echo hello > /d/f; ln -s f /d/link; ln -s sub /d/dirlink; ln -s /x/y/../z /d/dangling; ln -s loop /d/loop'
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
docker events --since "$begin" --until "$(date +%s.%N)" --filter event=extract-to-dir --format '{{.Action}} {{json .Actor.Attributes}}' | sort | uniq -c
