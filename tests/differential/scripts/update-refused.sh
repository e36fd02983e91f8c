# Updates that are refused, and those of containers that don't run.
. "$PRELUDE"
docker run -d --name c1 -m 64m --cpus 0.5 $IMAGE sleep 1000 > /dev/null
docker run -d --rm --name gone --cpu-period 50000 --cpu-quota 20000 $IMAGE sleep 1000 > /dev/null
docker create --name idle $IMAGE true > /dev/null
config() { docker inspect -f '{{with .HostConfig}}{{.Memory}} {{.MemorySwap}} {{.CpuQuota}} {{.CpuPeriod}} {{.NanoCpus}} {{json .PidsLimit}} {{.RestartPolicy}}{{end}}' $1; }
for flags in '-m 200m' '-m 5m' '-m 64m --memory-swap 32m' '--memory-reservation 2m' '--cpus 9' '--cpu-quota 10000' '--cpu-period 10000' '--cpu-period 10' '--cpu-quota 10' \
  '--cpuset-cpus 7' '--cpuset-cpus zz' '--cpuset-mems zz' '--restart bogus' '--restart always:3' '--restart on-failure:-1'; do
  try docker update $flags c1
done
fails docker update --cpus 0.001 c1
fails docker update --cpu-shares 1 c1
fails docker update --cpu-shares -5 c1
fails docker update --cpuset-mems 3 c1
config c1
try docker update --cpus 1 gone
try docker update --restart always gone
try docker update --restart no gone
try docker update -m 64m idle
try docker update --cpus 0.3 -m 64m --memory-swap 64m --pids-limit 7 --restart always idle
config idle
try docker update nope idle
try docker update --pids-limit 0 idle nope c1
config idle
for body in '{"Memory":"x"}' '{"KernelMemory":52428800}' '{"MemorySwappiness":50,"OomKillDisable":true}' '{"RestartPolicy":{"Name":"","MaximumRetryCount":3}}' '{"RestartPolicy":{"Name":"no","MaximumRetryCount":3}}' \
  '{"IOMaximumIOps":3}' '{"CpuPercent":3}' '{"Memory":-5}' '{"CgroupParent":"/x","Ulimits":[{"Name":"nofile","Soft":9,"Hard":5}]}' '{"CpuRealtimePeriod":1000,"CpuRealtimeRuntime":2000}' ''; do
  try api POST /v1.51/containers/idle/update "$body"
done
try api POST /v1.39/containers/idle/update '{"PidsLimit":77}'
try api POST /v1.41/containers/idle/update '{"KernelMemory":1000}'
config idle
