# What is left of a container whose process could not be started.
. "$PRELUDE"

try docker run --name c1 $IMAGE no-such-command
try docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}} {{.State.Running}} {{.State.Pid}}' c1
try docker start c1
try docker ps -a --format '{{.Names}} {{.Status}}'
try docker run --name never -w /etc/passwd $IMAGE true
try docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' never # no name that could begin an id
try docker run -d --name c3 $IMAGE no-such-command
try docker ps -a --format '{{.Names}} {{.State}}'
