# docker diff: kinds A, C, D in stopped and running containers.
. "$PRELUDE"

docker create --name box $IMAGE true > /dev/null
try docker diff box
docker start -a box
try docker diff box
docker rm box > /dev/null
changes='echo x > /new; mkdir -p /newdir/sub; echo y > /newdir/sub/f; echo more >> /etc/passwd; rm /etc/group; rm -r /home; chmod 700 /var; touch /tmp/t; rm /tmp/t
  mkdir /root/a; rmdir /root/a; ln -s x /var/link; rm -r /var/spool; mkdir /var/spool; rm -r /usr/share; echo f > /usr/share; mv /bin/ls /bin/sl; touch -c /etc/shadow; chown 1:1 /bin/cat -h; cp -p /bin/busybox /tmp/b; rm -r /var/tmp; ln -s /tmp /var/tmp
  chmod 755 /etc; mkdir /a-b /a; touch /a/x /a-b/y; touch /.wh.z; mkfifo /fifo'
docker run --name box $IMAGE sh -c "$changes"
docker diff box | sort
docker rm box > /dev/null
docker run -d --name box -v /vol -v "$T:/mnt/host" -v "$T/.out:/etc/conf" $IMAGE sh -c "$changes; touch /vol/x; echo done > /dev/shm/x; hostname; sleep 60" > /dev/null
await docker exec box test -e /dev/shm/x
docker diff box | sort
docker exec box sh -c 'echo later > /later; echo h >> /etc/hosts'
docker diff box | sort | grep -e later -e hosts
docker rm -f box > /dev/null
docker run --name box -w /made/by/workdir $IMAGE true
docker diff box | sort
docker rm box > /dev/null
docker create --name box $IMAGE true > /dev/null
api GET /containers/box/changes
try docker diff nothere
try docker diff
try docker diff box box
api GET /containers/nothere/changes
docker rm box > /dev/null
