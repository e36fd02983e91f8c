# Many lines, long lines and bytes that are not text come through whole.
. "$PRELUDE"

docker run --name c1 $IMAGE sh -c 'yes 0123456789 | head -n 100000' | md5sum
docker logs c1 | md5sum
docker run --name c2 $IMAGE sh -c 'head -c 100000 /dev/zero | tr "\0" x; echo; echo end' | wc -c
docker logs c2 | md5sum
docker run --name c3 $IMAGE printf 'a\0b\001\377\303\244\r\n\ttab\n' | od -An -c
docker logs c3 | od -An -c
docker run --name c4 $IMAGE sh -c 'printf "no newline"'
echo
docker logs c4
docker logs c4 | wc -c
