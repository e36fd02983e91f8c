# docker cp out of containers: files, directories, links, renames, `-`, -L, -a, and what is not there.
. "$PRELUDE"

list() { TZ=UTC tar --numeric-owner --full-time -tvf - | grep -v busybox | sed -E 's/ 2026-1.{14}/ <now>/'; }
docker create --name box $IMAGE sh -c '
  mkdir -p /d/sub /d/empty /d2; echo one > /d/one; echo two > /d/sub/two; printf x > "/d/sp ace"
  ln -s one /d/link; ln -s sub /d/dirlink; ln -s missing /d/dangling; ln -s /d /abs; ln -s ../../../etc/passwd /d/up; ln -s loop /d/loop
  ln /d/one /d/zhard; mkfifo /d/fifo; mknod /d/null c 1 3; mknod /d/disk b 8 1
  chmod 4750 /d/one; chown 7:8 /d/one; chmod 1777 /d/sub; chmod 0 /d/sub/two
  find /d -exec touch -h -d "2020-01-02 03:04:05" {} +; touch -d "2020-01-02 03:04:05" / /etc /dev' > /dev/null
try docker start -a box
for path in /d /d/ /d/. /d/sub /d/one /d/link /d/dirlink /d/dirlink/ /d/dangling /d/up /abs /abs/ /abs/. /d/fifo /d/null /d/disk d/one 'd/sp ace' //d//one /d/../d/one; do
  echo "== $path"
  docker cp "box:$path" - | list
  docker cp -L "box:$path" - 2>&1 | list 2>&1
done
for path in /missing /d/missing/x /d/one/ /d/one/x /d/loop /d/loop/x /d/dangling/ '' /proc/1/cmdline /etc/mtab /dev/null; do
  echo "== $path"
  docker cp "box:$path" - > out 2> err; echo "[$?]"; cat err; list < out 2> /dev/null
  docker cp -L "box:$path" - > out 2> err; echo "[$?]"; cat err
done
try docker cp box:/d/one .
cat one
try docker cp box:/d/one renamed
try docker cp box:/d/one nodir/renamed
try docker cp box:/d/one nodir/
mkdir target
try docker cp box:/d/one target
try docker cp box:/d/one target/
try docker cp box:/d target
try docker cp box:/d/. target
try docker cp box:/d/ new
try docker cp box:/d one
try docker cp box:/d renamed/
try docker cp box:/d/sub target/one
try docker cp -a box:/d archive
try docker cp box:/d/link linkcopy
try docker cp -L box:/d/link followed
try docker cp -L box:/d/up passwd
try docker cp -q box:/d/one quiet
try docker cp box:/etc/hostname .
find . | sort | grep -v -e '/\.err' -e '/\.out'
stat -c '%n %a %u %g %s %Y %F' one target/d/sub archive/one archive/sub linkcopy followed passwd
try docker cp box:/missing .
try docker cp nothere:/x .
try docker cp nothere:/x -
try docker cp box:/d/one
try docker cp box:/a box:/b
try docker cp a b
try docker cp - box
try docker cp - -
try docker cp box:/d/one /nowhere/at/all
