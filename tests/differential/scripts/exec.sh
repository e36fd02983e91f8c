# exec with -e, -w, -u, -i, -d, --privileged, and its exit codes.
. "$PRELUDE"

docker run -d --name c1 -e A=container -w /tmp -h box $IMAGE sleep 300 > /dev/null
try docker exec c1 echo hello
try docker exec c1 sh -c 'echo out; echo err >&2; exit 9'
try docker exec c1 env
try docker exec -e A=exec -e B=2 c1 env
try docker exec c1 pwd
try docker exec -w /etc c1 pwd
try docker exec -w /missing c1 pwd
try docker exec -w relative c1 pwd
try docker exec -u daemon c1 id
try docker exec -u 1000:5 c1 sh -c 'id; grep Cap /proc/self/status'
try docker exec -u nouser c1 id
try docker exec --privileged c1 grep -E 'Cap|Seccomp:' /proc/self/status
try docker exec c1 grep -E 'Cap|Seccomp:|NoNewPrivs' /proc/self/status
try docker exec c1 no-such-command
try docker exec c1 /etc/passwd
try docker exec c1 /missing/path
try docker exec c1 sh -c 'kill -9 $$'
echo input | docker exec -i c1 cat
echo input | docker exec c1 cat
head -c 2000000 /dev/zero | docker exec -i c1 md5sum
try docker exec -d c1 touch /detached
await docker exec c1 ls /detached
try docker exec -d c1 no-such-command
docker exec -t c1 sh -c 'test -t 1 && echo terminal' | od -An -c
try docker exec --env-file missing c1 true
try docker exec missing true
try docker exec c1
try docker exec c1 sh -c 'cat /proc/self/cgroup | cut -d: -f1 | tail -n 1; ls /proc/self/fd | wc -l; readlink /proc/1/exe'
docker stop -t 0 c1 > /dev/null
try docker exec c1 true
docker create --name c2 $IMAGE > /dev/null
try docker exec c2 true
