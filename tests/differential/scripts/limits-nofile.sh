# A limit of open files near what starting a container takes.
. "$PRELUDE"

for limit in 11:11 12:20 16:64; do
  try docker run --rm --ulimit nofile=$limit $IMAGE sh -c 'ulimit -Sn; ulimit -Hn; echo $HOME'
  try docker run --rm --ulimit nofile=$limit -w /made/here -u 5:6 $IMAGE sh -c 'ulimit -Sn; ulimit -Hn; echo $HOME; pwd'
  try docker run --rm -t --ulimit nofile=$limit $IMAGE sh -c 'ulimit -n'
done
for limit in 7:7 8:8 5000:5000; do
  try docker run --rm --security-opt seccomp=unconfined --ulimit nofile=$limit -u 8 $IMAGE sh -c 'ulimit -Sn; ulimit -Hn; echo $HOME'
done
docker run -d --name low --security-opt no-new-privileges --ulimit nofile=12:12 $IMAGE sleep 1000 > /dev/null
try docker exec low sh -c 'ulimit -n; echo $HOME'
try docker exec -u 8 -w /tmp low sh -c 'ulimit -n; echo $HOME; pwd'
docker rm -f low > /dev/null
