# Layers whose entries point out of the root: what is refused, what stays inside.
. "$PRELUDE"

echo outside > "$T/canary"
mkdir a
echo payload > a/file
tar -C a -cf dotdot.tar --transform 's,^file,../../../../../../../../../tmp/dotdot-escape,' -P file
fails docker import dotdot.tar dotdot
[ -e /tmp/dotdot-escape ] && echo escaped
tar -C a -cf absolute.tar --transform 's,^file,/etc/absolute,' -P file
docker import absolute.tar absolute > /dev/null 2>&1
echo "[$?]"
[ -e /etc/absolute ] && echo escaped
ln -s "$T" a/link
tar -C a -cf through.tar link
mkdir b
mkdir b/link
echo overwritten > b/link/canary
tar -C b -rf through.tar link/canary
docker import through.tar through > /dev/null 2>&1
cat "$T/canary"
ln -s / a/rootlink
tar -C a -cf hard.tar file
cat "$T/canary"
docker run --rm $IMAGE echo still fine
