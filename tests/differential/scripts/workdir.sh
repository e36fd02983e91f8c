# -w, created when missing, relative, a file, and with a user.
. "$PRELUDE"

try docker run --rm -w /tmp $IMAGE pwd
try docker run --rm -w /new/deep/dir $IMAGE sh -c 'pwd; ls -ld /new /new/deep/dir | cut -c1-10'
try docker run --rm -w relative $IMAGE pwd
try docker run --rm -w /etc/passwd $IMAGE pwd
try docker run --rm -u 1000 -w /owned $IMAGE sh -c 'pwd; touch x; ls -ld . | cut -c1-10'
try docker run --rm -w /root -u 1000 $IMAGE pwd
try docker run --rm -w /a/../b/./c $IMAGE pwd
docker create --name c1 -w /a/../b/ $IMAGE > /dev/null
try docker inspect -f '{{.Config.WorkingDir}}' c1
