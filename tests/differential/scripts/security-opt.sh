# no-new-privileges, seccomp profiles, and what is refused.
. "$PRELUDE"

status='grep -E Seccomp:|NoNewPrivs /proc/self/status'
try docker run --rm $IMAGE $status
try docker run --rm --security-opt no-new-privileges $IMAGE $status
try docker run --rm --security-opt no-new-privileges:false $IMAGE $status
try docker run --rm --security-opt seccomp=unconfined $IMAGE $status
try docker run --rm --security-opt nonsense $IMAGE true
try docker run --rm --security-opt nonsense=1 $IMAGE true
try docker run --rm --security-opt seccomp=missing.json $IMAGE true
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":2}]}' > profile.json
try docker run --rm --security-opt seccomp=profile.json $IMAGE mkdir /x
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' > profile.json
try docker run --rm --security-opt seccomp=profile.json $IMAGE mkdir /x
echo 'not json' > profile.json
try docker run --rm --security-opt seccomp=profile.json $IMAGE true
docker create --name c1 --security-opt no-new-privileges --security-opt seccomp=unconfined $IMAGE > /dev/null
try docker inspect -f '{{json .HostConfig.SecurityOpt}}' c1
