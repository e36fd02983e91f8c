# Exit codes of the process, of the client and of what cannot be started.
. "$PRELUDE"

try docker run --rm $IMAGE echo hello
try docker run --rm $IMAGE sh -c 'echo out; echo err >&2; exit 3'
try docker run --rm $IMAGE true
try docker run --rm $IMAGE false
try docker run --rm $IMAGE sh -c 'kill -9 $$'
try docker run --rm $IMAGE sh -c 'kill -TERM $$; sleep 5'
try docker run --rm $IMAGE no-such-command
try docker run --rm $IMAGE /no/such/path
try docker run --rm $IMAGE /etc/passwd
try docker run --rm $IMAGE /etc
try docker run --rm $IMAGE ''
try docker ps -aq
