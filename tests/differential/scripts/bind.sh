# -v with directories, files, ro, missing sources and bad specifications.
. "$PRELUDE"

mkdir "$T/dir"
echo content > "$T/dir/file"
try docker run --rm -v "$T/dir:/dir" $IMAGE sh -c 'cat /dir/file; echo more >> /dir/file'
cat "$T/dir/file"
try docker run --rm -v "$T/dir:/dir:ro" $IMAGE sh -c 'cat /dir/file; echo more >> /dir/file'
try docker run --rm -v "$T/dir/file:/etc/passwd" $IMAGE cat /etc/passwd
try docker run --rm -v "$T/missing/deep:/dir" $IMAGE sh -c 'touch /dir/x'
ls "$T/missing/deep"
try docker run --rm -v "$T/dir:/a/new/place" $IMAGE ls /a/new/place
try docker run --rm -v "$T/dir/file:/a/file" $IMAGE cat /a/file
fails docker run --rm -v "$T/dir:/etc/passwd" $IMAGE true
try docker run --rm -v "$T/dir:relative" $IMAGE true
try docker run --rm -v "$T/dir:/" $IMAGE true
try docker run --rm -v "$T/dir:/dir:nonsense" $IMAGE true
try docker run --rm -v "$T/dir:/dir:ro,rw" $IMAGE true
try docker run --rm -v a:b:c:d $IMAGE true
try docker run --rm -v "$T/dir:/dir" -v "$T/missing:/dir" $IMAGE true
