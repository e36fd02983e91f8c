# version and info: what is the same on one host for both engines.
. "$PRELUDE"

try docker version --format '{{.Client.Os}} {{.Server.Os}}/{{.Server.Arch}} {{.Server.APIVersion}} {{.Server.Experimental}}'
docker version --format '{{.Server.KernelVersion}}' | grep -c "^$(uname -r)$"
docker version --format '{{.Server.MinAPIVersion}}'
for field in OSType Architecture NCPU CgroupDriver CgroupVersion MemoryLimit SwapLimit PidsLimit CpuCfsQuota CPUShares CPUSet IPv4Forwarding OomKillDisable LoggingDriver Containers ContainersRunning ContainersPaused ContainersStopped \
  Images Driver DefaultRuntime ExperimentalBuild SecurityOptions Swarm.LocalNodeState Debug HttpProxy MemTotal KernelVersion OperatingSystem OSVersion Isolation; do
  printf '%s ' $field
  docker info -f "{{json .$field}}" 2>&1
done
docker info -f '{{.Name}}' | grep -c "^$(hostname)$"
docker info -f '{{json .Plugins.Network}} {{json .Plugins.Log}}' | tr , '\n' | grep -o -E '"(bridge|host|null|json-file|none)"' | sort | uniq
