# The default bridge: address, route, gateway, and containers reach one another.
. "$PRELUDE"

docker run -d --name c1 $IMAGE sleep 60 > /dev/null
docker run -d --name c2 -h two $IMAGE sleep 60 > /dev/null
docker exec c1 ip -o -4 addr show eth0 | sed 's/^[0-9]*://'
try docker exec c1 ip route
try docker exec c1 sh -c 'ip link show lo | head -n 1; cat /sys/class/net/eth0/mtu'
try docker exec c1 sh -c 'ping -c 1 -w 5 172.17.0.3 | grep packets'
try docker exec c1 sh -c 'ping -c 1 -w 5 172.17.0.1 | grep packets'
try docker exec c2 cat /etc/hosts
for field in IPAddress Gateway IPPrefixLen Networks.bridge.IPAddress Networks.bridge.Gateway Networks.bridge.IPPrefixLen Networks.bridge.Aliases Networks.bridge.Links; do
  try docker inspect -f "{{json .NetworkSettings.$field}}" c1
done
try docker ps --format '{{.Names}} {{.Networks}} [{{.Ports}}]'
docker stop -t 0 c1 > /dev/null
try docker inspect -f '[{{.NetworkSettings.IPAddress}}] {{json .NetworkSettings.Ports}} [{{.NetworkSettings.SandboxKey}}]' c1
docker start c1 > /dev/null
try docker inspect -f '{{.NetworkSettings.IPAddress}}' c1
