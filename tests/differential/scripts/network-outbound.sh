# Packets of containers leave through the host with the host's address.
. "$PRELUDE"

mkdir "$T/www"
docker run -d --name c1 $IMAGE sleep 60 > /dev/null
ip addr add 192.0.2.1/32 dev lo
try docker exec c1 sh -c 'ping -c 1 -w 5 192.0.2.1 | grep packets'
cat /proc/sys/net/ipv4/ip_forward
ip addr del 192.0.2.1/32 dev lo
