# version and info: what is the same on one host for both engines.
. "$PRELUDE"

try docker version --format '{{.Client.Os}} {{.Server.Os}}/{{.Server.Arch}} {{.Server.APIVersion}} {{.Server.Experimental}}'
docker version --format '{{.Server.KernelVersion}}' | grep -c "^$(uname -r)$"
docker version --format '{{.Server.MinAPIVersion}}'
for field in OSType Architecture NCPU CgroupDriver CgroupVersion MemoryLimit SwapLimit PidsLimit CpuCfsQuota CPUShares CPUSet IPv4Forwarding OomKillDisable LoggingDriver \
  Images Driver DefaultRuntime ExperimentalBuild SecurityOptions Swarm.LocalNodeState Debug HttpProxy MemTotal KernelVersion OperatingSystem OSVersion Isolation; do
  printf '%s ' $field
  docker info -f "{{json .$field}}" 2>&1
done
docker info -f '{{.Name}}' | grep -c "^$(hostname)$"
docker info -f '{{json .Plugins.Network}} {{json .Plugins.Log}}' | tr , '\n' | grep -o -E '"(bridge|host|null|json-file|none)"' | sort | uniq
# What this script adds to the counts: dockerd can be left with a container of an earlier script that it failed to remove.
counts() { docker info -f '{{.Containers}} {{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}}'; }
before=$(counts)
docker run -d --name runs $IMAGE sleep 1000 > /dev/null
docker run -d --name waits $IMAGE sleep 1000 > /dev/null
docker pause waits > /dev/null
docker create --name made $IMAGE true > /dev/null
set -- $before $(counts)
echo "$(($5 - $1)) $(($6 - $2)) $(($7 - $3)) $(($8 - $4))"
