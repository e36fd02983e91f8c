# Devices by their CDI names. The specifications lie in the directory that daemons look into by default, under names of this run:
# both engines read the same directory at the same time, so each has its own vendor.
. "$PRELUDE"
vendor=berth-$(basename "$(dirname "$T")" | tr -dc a-z0-9)$$.test
mkdir -p /var/run/cdi
trap 'rm -f /var/run/cdi/$vendor.json /var/run/cdi/$vendor.yaml /var/run/cdi/$vendor-bad.json; rmdir /var/run/cdi 2> /dev/null' EXIT
cat > "$T/hook" <<'HOOK'
#!/bin/sh
cat > /dev/null
echo "$1" >> "$2"
HOOK
chmod +x "$T/hook"
echo mounted > "$T/file"
cat > /var/run/cdi/$vendor.json <<SPEC
{"cdiVersion":"0.7.0","kind":"$vendor/gpu","containerEdits":{"env":["ALL=1","BOTH=spec"]},"devices":[
 {"name":"one","containerEdits":{"env":["ONE=1","BOTH=one"],"deviceNodes":[{"path":"/dev/one","hostPath":"/dev/null"}],"mounts":[{"hostPath":"$T/file","containerPath":"/mnt/file","options":["ro","rbind"]}],"additionalGids":[4711]}},
 {"name":"two","containerEdits":{"deviceNodes":[{"path":"/dev/two","hostPath":"/dev/zero","permissions":"r"}],"hooks":[{"hookName":"createRuntime","path":"$T/hook","args":["hook","ran","$T/trace"]}]}},
 {"name":"gone","containerEdits":{"deviceNodes":[{"path":"/dev/nosuch"}]}}]}
SPEC
cat > /var/run/cdi/$vendor.yaml <<SPEC
cdiVersion: 0.5.0
kind: $vendor/net
devices:
- name: "0"
  containerEdits:
    env: [NET=0]
SPEC
echo '{' > /var/run/cdi/$vendor-bad.json
run() { docker run --rm "$@" 2>&1 | sed "s/$vendor/VENDOR/g"; }
await docker run --rm --device $vendor/net=0 $IMAGE true
run --device $vendor/gpu=one $IMAGE sh -c 'env | grep -E "ALL|ONE|BOTH" | sort; ls -l /dev/one | cut -c1-10; cat /mnt/file; touch /mnt/file'
run --device $vendor/gpu=two --device $vendor/net=0 $IMAGE sh -c 'echo $NET $ONE $ALL; head -c1 /dev/two | wc -c; ls /dev/one 2>&1'
cat "$T/trace"
run --device $vendor/gpu=one --device $vendor/gpu=nosuch --device other.test/xx=y $IMAGE true
run --device $vendor/gpu=gone $IMAGE true
docker create --name c1 --device $vendor/gpu=one $IMAGE true > /dev/null
docker inspect -f '{{json .HostConfig.DeviceRequests}} {{json .HostConfig.Devices}}' c1 | sed "s/$vendor/VENDOR/g"
try docker info --format '{{.CDISpecDirs}}'
