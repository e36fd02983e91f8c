# inspect -f over the fields that scripts read, --type, --size and unknown names.
. "$PRELUDE"

docker run -d --name c1 -h box -e A=1 -w /tmp -u 0:0 --label l=1 --expose 80 $IMAGE sleep 300 > /dev/null
for field in Name Path Args Image Config.Image Config.Hostname Config.User Config.WorkingDir Config.ExposedPorts Config.Volumes Config.OnBuild Config.Cmd Config.AttachStdout \
  Driver Platform MountLabel ProcessLabel AppArmorProfile RestartCount ExecIDs State.Status State.Running State.Paused State.Restarting State.Dead State.OOMKilled State.ExitCode State.Error \
  HostConfig.NetworkMode HostConfig.AutoRemove HostConfig.PortBindings HostConfig.Binds HostConfig.Runtime HostConfig.Isolation HostConfig.CgroupParent HostConfig.Dns HostConfig.ExtraHosts HostConfig.IpcMode \
  HostConfig.ReadonlyRootfs HostConfig.Devices HostConfig.VolumesFrom HostConfig.ConsoleSize HostConfig.PublishAllPorts HostConfig.RestartPolicy HostConfig.Init HostConfig.BlkioWeight Mounts NetworkSettings.Ports; do
  printf '%s ' $field
  docker inspect -f "{{json .$field}}" c1 2>&1
done
docker inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}} {{.Created}}' c1
try docker inspect -f '{{.Nonsense}}' c1
try docker inspect -f '{{.State.Nonsense}}' c1
try docker inspect -f '{{' c1
try docker inspect missing
try docker inspect -f '{{.Name}}' c1 missing
try docker inspect --type container -f '{{.Name}}' c1
try docker inspect --type image -f '{{.Os}}' $IMAGE
try docker inspect --type image c1
try docker inspect --type nonsense c1
docker inspect c1 | grep -c '"Id"'
docker inspect -s -f '{{.SizeRw}}' c1 | grep -c -E '^[0-9]+$'
docker container inspect -f '{{.Name}}' "$(docker ps -q | cut -c1-5)"
docker create --name c2 -v /data $IMAGE > /dev/null
volume=$(docker inspect -f '{{range .Mounts}}{{.Name}}{{end}}' c2)
docker volume inspect -f '{{.Driver}} {{.Scope}} {{json .Labels}} {{json .Options}} {{json .Status}} {{json .UsageData}}' $volume
docker inspect -f '{{.Scope}}' $volume
try docker volume inspect missing
try docker plugin inspect missing
docker rm -v c2 > /dev/null
