# Bad flags, missing arguments and combinations that conflict: code 125 and the client's words.
. "$PRELUDE"

try docker run
try docker run --nonsense $IMAGE
try docker run --rm=maybe $IMAGE true
try docker run --network
try docker run --rm --pull nonsense $IMAGE true
try docker run --pull never missing-image true
try docker run --pull never 'Bad Image' true
try docker run --pull never UPPER/x true
try docker run -p nonsense $IMAGE true
try docker run -p 99999:80 $IMAGE true
try docker run --expose nonsense $IMAGE true
try docker run -e = $IMAGE true
try docker run --link missing $IMAGE true
try docker run --mac-address nonsense $IMAGE true
try docker run --ip 1.2.3.4 --rm $IMAGE true
try docker run --stop-timeout nonsense $IMAGE true
try docker run --detach-keys nonsense -d $IMAGE true
try docker run -d -a stdout $IMAGE true
try docker run --memory 64m --memory 32x $IMAGE true
try docker run --runtime nonsense $IMAGE true
try docker run --isolation nonsense $IMAGE true
try docker run --volumes-from missing $IMAGE true
try docker run --cgroupns nonsense $IMAGE true
try docker run --storage-opt size=1 $IMAGE true
try docker nonsense
try docker ps -aq
