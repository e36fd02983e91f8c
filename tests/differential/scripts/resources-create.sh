# Resources in create requests: what is taken, what is refused, with which warnings, and what inspect shows.
. "$PRELUDE"
n=0
create() {
  n=$((n + 1))
  echo "-- $1"
  curl -s -w '%{http_code}\n' --unix-socket "${DOCKER_HOST#unix://}" -H 'Content-Type: application/json' -d "{\"Image\":\"$IMAGE\",\"Cmd\":[\"true\"],\"HostConfig\":$1}" "http://d/v1.51/containers/create?name=q$n"
}
for config in '{"KernelMemory":52428800}' '{"KernelMemoryTCP":52428800}' '{"IOMaximumIOps":1}' '{"IOMaximumBandwidth":1}' '{"CpuPercent":10}' '{"CpuCount":10}' '{"OomKillDisable":true}' '{"OomKillDisable":false}' \
  '{"MemorySwappiness":-1}' '{"MemorySwappiness":60}' '{"MemorySwappiness":-3}' '{"MemorySwappiness":101}' '{"PidsLimit":0}' '{"PidsLimit":-1}' '{"PidsLimit":-5}' '{"PidsLimit":9}' '{"Memory":-1}' '{"Memory":1}' \
  '{"Memory":9223372036854775807}' '{"MemorySwap":-1}' '{"MemorySwap":-7}' '{"MemorySwap":1}' '{"Memory":67108864,"MemorySwap":-7}' '{"Memory":67108864,"MemorySwap":6710886}' '{"MemoryReservation":1}' '{"MemoryReservation":-1}' \
  '{"Memory":67108864,"MemoryReservation":77108864}' '{"NanoCpus":-1}' '{"NanoCpus":1}' '{"NanoCpus":9000000000000}' '{"NanoCpus":1000000000,"CpuPeriod":1000}' '{"NanoCpus":1000000000,"CpuQuota":1000}' '{"CpuShares":-3}' '{"CpuShares":1}' \
  '{"CpuPeriod":-1}' '{"CpuPeriod":1000001}' '{"CpuQuota":999}' '{"CpuQuota":-999}' '{"CpuRealtimePeriod":-1}' '{"CpuRealtimeRuntime":2000,"CpuRealtimePeriod":1000}' '{"BlkioWeight":65536}' \
  '{"CpusetCpus":"1-0"}' '{"CpusetCpus":"0-99999999"}' '{"CpusetCpus":","}' '{"CpusetCpus":" 0"}' '{"CpusetCpus":"0-"}' '{"CpusetCpus":"4096"}' '{"CpusetMems":"a"}' '{"CpusetMems":"1"}' \
  '{"BlkioDeviceReadBps":[{"Path":"/nope","Rate":500}]}' '{"Ulimits":[{"Name":"nofile","Soft":20,"Hard":10}]}' '{"Ulimits":[{"Name":"bogus","Soft":20,"Hard":100}]}' \
  '{"ShmSize":-1}' '{"Sysctls":{"":"x"}}' '{"Sysctls":{"kernel.foo":"x"}}' '{"Sysctls":{"net.ipv4.conf.eth0.forwarding":"1"}}' '{"CgroupnsMode":"x"}' '{"CgroupnsMode":"private"}' '{"CgroupParent":"a:b:c"}' '{"OomScoreAdj":-1001}' \
  '{"DeviceCgroupRules":["foo"]}' '{"Devices":[{"PathOnHost":"/nope"}]}' '{"DeviceRequests":[{}]}' '{"StorageOpt":{"size":"1G"}}' '{"StorageOpt":{"foo":"1G"}}' '{"StorageOpt":{}}'; do
  create "$config"
done
docker ps -aq | xargs docker inspect -f '{{.Name}} {{with .HostConfig}}{{.CpuShares}} {{.Memory}} {{.NanoCpus}} {{.CpuPeriod}} {{.CpuQuota}} {{.CpuRealtimePeriod}} {{.MemoryReservation}} {{.MemorySwap}} {{json .MemorySwappiness}} {{json .OomKillDisable}} {{json .PidsLimit}} {{.CpuCount}} {{.CpuPercent}} {{.ShmSize}}{{end}}'
