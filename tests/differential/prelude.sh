# Read by every script in scripts/ (`. "$PRELUDE"`). A script is a transcript maker: the runner executes it once against
# dockerd and once against Berth and compares what it printed.
#
#   $IMAGE   the base image            $T   an empty directory of this run
#   $BEGIN   when the script began, for --since: an engine remembers the events of earlier scripts
# Container names are the script's own choice: the runner removes all containers and new images after it.

BEGIN=$(date +%s.%N)

# The events of this script so far.
events_so_far() { docker events --since "$BEGIN" --until "$(date +%s.%N)" "$@"; }

# Runs a command and prints it with what it wrote and its exit code; stderr lines begin with "! ".
try() {
  printf '$ %s\n' "$*"
  "$@" > "$T/.out" 2> "$T/.err"
  try_code=$?
  cat "$T/.out"
  sed 's/^/! /' "$T/.err"
  echo "[$try_code]"
}

# Like try, for errors whose text is each engine's own affair: only the exit code, and that something was said on stderr.
fails() {
  printf '$ %s\n' "$*"
  "$@" > "$T/.out" 2> "$T/.err"
  try_code=$?
  [ -s "$T/.err" ] && echo '! (an error)'
  echo "[$try_code]"
}

# Waits (10 s at most) until a command succeeds; its output is not shown.
await() {
  await_left=500
  until "$@" > /dev/null 2>&1; do
    await_left=$((await_left - 1))
    if [ $await_left = 0 ]; then
      echo "in vain: $*"
      return 1
    fi
    sleep 0.02
  done
}

# The container's state is one of the words given as a|b.
state_is() { case "|$2|" in *"|$(docker inspect -f '{{.State.Status}}' "$1")|"*) true ;; *) false ;; esac; }
ended() { state_is "$1" exited; }
logged() { docker logs "$1" 2>&1 | grep -q "$2"; }

# A raw request: api METHOD PATH [BODY]. Prints status, the headers that clients look at, and the body.
api() { "$NODE" "$LIB/api.ts" "$@"; }
