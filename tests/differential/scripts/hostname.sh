# --hostname, --domainname, --add-host and the files that the engine writes.
. "$PRELUDE"

# An address that was given back is not given out at once by every engine.
try_hosts() { try "$@" | sed 's/^172\.17\.0\.[2-9]\t/<address>\t/'; }

try_hosts docker run --rm -h box $IMAGE sh -c 'hostname; cat /etc/hostname; cat /etc/hosts'
try_hosts docker run --rm -h box --domainname example.test $IMAGE sh -c 'hostname; cat /proc/sys/kernel/domainname; cat /etc/hosts'
try_hosts docker run --rm -h box.example.test $IMAGE sh -c 'hostname; cat /etc/hosts'
try_hosts docker run --rm -h box --add-host a:10.0.0.1 --add-host b:host-gateway --add-host c=10.0.0.2 $IMAGE cat /etc/hosts
try_hosts docker run --rm -h box --add-host nonsense $IMAGE cat /etc/hosts
try_hosts docker run --rm -h box --dns 10.1.1.1 --dns-search example.test --dns-option ndots:2 $IMAGE cat /etc/resolv.conf
try_hosts docker run --rm -h box --network none $IMAGE sh -c 'hostname; cat /etc/hosts'
docker run -d --name c1 $IMAGE sleep 60 > /dev/null
[ "$(docker exec c1 hostname)" = "$(docker ps -q)" ] && echo the hostname is the short id
try docker inspect -f '{{.Config.Domainname}}' c1
