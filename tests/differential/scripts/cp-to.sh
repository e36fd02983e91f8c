# docker cp into containers: files, directories, renames, `-`, -a, owners and modes, and what cannot be.
. "$PRELUDE"

show() { docker cp "box:$1" - | TZ=UTC tar --numeric-owner --full-time -tvf - | sed -E 's/ 2026-.{14}/ <now>/'; }
docker create --name box -u 33:33 $IMAGE sleep 60 > /dev/null
mkdir -p src/sub; echo one > src/one; echo two > src/sub/two; ln -s one src/link; ln src/one src/zhard; mkfifo src/fifo
chown 12:34 src/one; chmod 4751 src/one; chmod 700 src/sub; find src -exec touch -h -d '2021-02-03 04:05:06' {} +
try docker cp src/one box:/tmp
try docker cp src/one box:/tmp/renamed
fails docker cp src/one box:/tmp/nodir/
try docker cp src/one box:/tmp/nodir/x
try docker cp src/one box:relative
try docker cp src box:/tmp/copy
try docker cp src box:/tmp/copy
try docker cp src/. box:/tmp/flat
try docker cp src/ box:/tmp/slash
fails docker cp src box:/tmp/one
try docker cp src/one box:/tmp/copy
try docker cp src/one box:/tmp/copy/src
try docker cp -a src box:/tmp/archive
try docker cp src/link box:/tmp/link
try docker cp -L src/link box:/tmp/followed
try docker cp src/fifo box:/tmp/fifo
try docker cp src/missing box:/tmp/
try docker cp src nothere:/tmp
try docker cp src/one box:/etc/passwd/x
try docker cp src/one box:/
fails docker cp src/one box:
tar -C src -cf src.tar .
docker cp - box:/tmp < src.tar; echo "[$?]"
docker cp - box:/tmp/from-stdin < src.tar; echo "[$?]"
docker cp -a - box:/root < src.tar; echo "[$?]"
docker cp - box:/etc/passwd < src.tar; echo "[$?]"
echo garbage | docker cp - box:/tmp; echo "[$?]"
docker cp - box:/tmp < /dev/null; echo "[$?]"
show /tmp
show /root
show /relative
show /one
docker diff box | sort
docker start box > /dev/null
docker exec -u 0 box sh -c 'ln -s /etc /tmp/toetc; ln -s /etc/motd /tmp/tofile; ln -s nothing /tmp/tonothing; echo old > /tmp/oldfile; chown 5:6 /tmp/oldfile; chmod 600 /tmp/oldfile; ln /tmp/oldfile /tmp/oldhard'
try docker cp src/one box:/tmp/toetc
try docker cp src/one box:/tmp/toetc/
try docker cp src/one box:/tmp/tofile
try docker cp src/one box:/tmp/tonothing
try docker cp src/sub box:/tmp/toetc
try docker cp src/one box:/tmp/oldfile
docker exec -u 0 box sh -c 'cd /tmp; ls -ln toetc tofile tonothing oldfile oldhard /etc/one /etc/motd /tmp/nothing | sed -E "s/ [A-Z][a-z]{2} +[0-9]+ +[0-9:]+ / /"; ls /etc/sub; cat oldfile oldhard'
docker pause box > /dev/null
try docker cp src/one box:/tmp/paused
docker unpause box > /dev/null
docker exec -u 0 box cat /tmp/paused
docker rm -f box > /dev/null
