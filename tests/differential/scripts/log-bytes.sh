# Output that is no plain text, as `docker logs` gives it back and as the log file holds it.
. "$PRELUDE"

n=0
bytes() {
  n=$((n + 1))
  printf '\n%s\n' "$1"
  docker run --name b$n $IMAGE sh -c "$1" > "$T/attached" 2> "$T/attached-err"
  cksum < "$T/attached"
  cksum < "$T/attached-err"
  docker logs b$n 2> /dev/null | cksum
  docker logs b$n 2>&1 > /dev/null | cksum
  docker logs --tail 2 b$n 2>&1 | wc -c
  sed 's/,"time":"[^"]*"/,"time":T/' "$(docker inspect -f '{{.LogPath}}' b$n)" > "$T/log"
  cksum < "$T/log"
  wc -l -c < "$T/log"
  cut -c -160 < "$T/log" | head -n 4
}
long() { echo "head -c $1 /dev/zero | tr '\\0' $2"; }
bytes 'printf "no newline"'
bytes 'printf "a\0b\n\0\n"'
bytes 'printf "\377\376 bad \300\200 \355\240\200 \360\237\230 \364\220\200\200 end\n"'
bytes 'printf "caf\303\251 \342\202\254 \360\237\230\200 \342\200\250\342\200\251 \357\277\275\n"'
bytes 'printf "<>&\"\\\\\\\\/\177\033[1m\t\b\f\v\r\n"'
bytes 'printf "\n\n\r\n"'
bytes "$(long 16383 x); echo"
bytes "$(long 16384 x); echo"
bytes "$(long 16385 x); echo"
bytes "$(long 32768 x); echo"
bytes "$(long 32769 x); echo; echo next"
bytes "$(long 100000 x)"
bytes "$(long 16382 x); printf '\\303\\251\\303\\251'; echo"
bytes "$(long 16383 x); printf '\\303\\251\\303\\251'; echo"
bytes "$(long 3000000 x); echo; sleep 0.5; $(long 20000 y) >&2"
bytes 'printf "half"; usleep 100000; printf " line\n"; printf err >&2; usleep 100000; printf "or\n" >&2'
bytes 'i=0; while [ $i -lt 256 ]; do printf "\\$(printf %o $i)"; i=$((i+1)); done'
