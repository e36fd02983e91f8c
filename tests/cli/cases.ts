/** The command lines that both clients must treat alike. */

import { type Case, list } from './case.ts';
import { fileCases } from './cases-files.ts';

const helped = ['start', 'attach', 'wait', 'logs', 'exec', 'stop', 'kill', 'rm', 'ps', 'inspect', 'top', 'events', 'version', 'info', 'restart', 'pause', 'unpause',
  'rename', 'cp', 'container cp', 'commit', 'diff', 'export', 'load', 'save', 'import', 'tag', 'rmi', 'history', 'image inspect', 'image prune', 'container prune', 'container inspect', 'container list', 'network ls', 'network inspect', 'system info', 'image rm'];

export const cases: readonly Case[] = [
  ...fileCases,
  ...helped.map((name): Case => ({ argv: [...name.split(' '), '--help'] })),
  ...list(`
    run
    run --foo x
    run -Z x
    run --memory
    run -m 10x busybox
    run --cpus abc busybox
    run --cpus 0.0000000001 busybox
    run -p abc busybox
    run -p 80:90:100:110 busybox
    run -p 80-81:90-99 busybox
    run -p 1.2.3.4.5:80:80 busybox
    run -p 99999 busybox
    run -p 80/foo busybox
    run --expose 80:90 busybox
    run --expose abc busybox
    run -it=x busybox
    run --tty=3 busybox
    run --name
    run --pids-limit x busybox
    run --health-interval 3 busybox
    run --health-interval 3x busybox
    run --ulimit x busybox
    run --ulimit foo=1 busybox
    run --ulimit nofile=3:2 busybox
    run -e =x busybox
    run --env-file /nonexist busybox
    run --restart always --rm busybox
    run --restart :3 busybox
    run --restart on-failure:x busybox
    run --security-opt seccomp=/nonexist busybox
    run --security-opt foo busybox
    run --label-file /none busybox
    run -l =x busybox
    run --device-cgroup-rule x busybox
    run --pull foo busybox
    run UPPER
    run a/b/C:x
    run ::
    run -a foo busybox
    run --network= busybox
    run --stop-timeout x y
    run --memory-swappiness 900 x
    run -d -a stdin x
    run --blkio-weight 70000 x
    run --blkio-weight-device a x
    run --blkio-weight-device /dev/sda:5 x
    run --device-read-bps /dev/sda:x x
    run --device-read-iops sda:1 x
    run --add-host x y
    run --add-host a:1.2.3 y
    run --mount type=foo,src=x busybox
    run --mount type=bind,src=x,target=/a,volume-nocopy busybox
    run --mount a=b busybox
    run --mount type=bind,target=/a,bind-recursive=x busybox
    run --mount type=bind,target=/a,ro=x busybox
    run --pid foo busybox
    run --cgroupns foo busybox
    run --no-healthcheck --health-cmd x busybox
    run --health-retries -1 busybox
    run --mac-address x busybox
    run --dns x busybox
    run --sysctl foo=1 busybox
    run --storage-opt x busybox
    run --log-driver none --log-opt a=b busybox
    run --device a:b:c:d busybox
    run --device /dev/x:y busybox
    run --network-alias x busybox
    run --network host --network foo busybox
    run --network a --network a busybox
    run --network name=a,ip=1.2.3.4 --ip 1.2.3.5 busybox
    run -v a::b busybox
    run --gpus foo=bar busybox
    run --link a:b:c busybox
    run busybox
    run --rm busybox ls -la
    run -d --name x busybox
    run -d warned
    run missing
    run -q missing
    run --pull never missing
    run bad
    run --rm noexec foo
    run -i busybox cat
    create --name n busybox sh -c x
    create bad
    run -d -m 64m --memory-swap -1 --memory-reservation 32m --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0,1 --pids-limit 100 --shm-size 1g --kernel-memory 50M busybox
    run -d -p 80 -p 8080:80 -p 127.0.0.1:9000:9000/udp -p 7000-7002:7000-7002 -p [::1]:5000:5000 --expose 3000-3002/tcp -P busybox
    run -d -p published=8000,target=80,protocol=udp busybox
    run -d -p 8000-8010:80 busybox
    run -d -v /a:/b -v ./rel:/c:ro -v named:/d -v /anon --tmpfs /t:size=64m --tmpfs /u --volumes-from x --volume-driver local busybox
    run -d --mount type=bind,src=./x,target=/a,ro,bind-propagation=rslave --mount type=volume,src=v,dst=/b,volume-nocopy=true,volume-label=a=b,volume-opt=k=v,volume-driver=local busybox
    run -d --mount type=tmpfs,target=/a,tmpfs-size=1m,tmpfs-mode=1777 --mount type=image,src=i,target=/b,image-subpath=x busybox
    run -d --mount type=bind,src=/x,target=/y,readonly,bind-recursive=writable busybox
    run -d -e A=1 -e H7_UNSET --env B=2 -e HOME --label a=b -l c --annotation x=y --hostname h --domainname d -u 1:2 -w /w --entrypoint e busybox c d
    run -d --entrypoint= busybox
    run -d --cap-add net_admin --cap-add SYS_TIME --cap-drop ALL --security-opt no-new-privileges --security-opt label=disable --security-opt seccomp=unconfined --privileged busybox
    run -d --security-opt systempaths=unconfined --security-opt apparmor:foo busybox
    run -d --device /dev/null --device /dev/zero:/dev/z:rw --device /dev/full:r --device-cgroup-rule c_1:*_rwm busybox
    run -d --device vendor.com/class=name --gpus all busybox
    run -d --gpus 2 busybox
    run -d --ulimit nofile=1024:2048 --ulimit core=-1 --sysctl net.core.somaxconn=1 --dns 1.1.1.1 --dns-search x.y --dns-option a --add-host h:1.2.3.4 --add-host i=::1 --add-host g:host-gateway busybox
    run -d --health-cmd true --health-interval 1m30s --health-timeout 500ms --health-retries 3 --health-start-period 2s --health-start-interval 1s busybox
    run -d --no-healthcheck --restart on-failure:3 --stop-signal INT --stop-timeout 5 --init --read-only --ipc host --pid host --uts host --userns host --cgroupns private --runtime foo busybox
    run -d --log-driver json-file --log-opt max-size=10m --log-opt max-file=3 --oom-kill-disable --oom-score-adj -500 --group-add a --group-add 3 busybox
    run -d --network foo --network-alias a --ip 1.2.3.4 --ip6 ::1 --mac-address 02:42:ac:11:00:02 --link-local-ip 169.254.1.1 --link c:d busybox
    run -d --network name=foo,alias=a,alias=b,driver-opt=k=v,ip=1.2.3.4,gw-priority=3 --network bar busybox
    run -d --network host busybox
    run -d --network container:x busybox
    run -d --net none --dns-opt x busybox
    run -d --link web:w busybox
    run -d --blkio-weight 300 --blkio-weight-device /dev/sda:200 --device-read-bps /dev/sda:1mb --device-write-bps /dev/sda:10 --device-read-iops /dev/sda:1 --device-write-iops /dev/sda:2 busybox
    run -d --cpu-period 100000 --cpu-quota 50000 --cpu-rt-period 1000 --cpu-rt-runtime 500 --cpuset-mems 0 --cgroup-parent p --isolation default --memory-swappiness 50 busybox
    run -d --platform linux/arm64 --storage-opt size=10G --cidfile /nonexistent/dir/x busybox
    run -d --init=false --rm=false --sig-proxy=false busybox
    run -d --attach=stdin busybox
    run -itd busybox
    foo
    container foo
    --foo ps
    ps x
    rm
    rename a
    ps --filter x
    ps --format {{.Foo
    ps --format {{.Foo}}
    ps --format {{foo}}
    exec
    exec x
    exec -it web
    logs
    help foo
    inspect
    image inspect
    wait
    --log-level foo ps
    ps -n x
    stop -t x y
    -H a -H b ps
    -c foo ps
    ps
    ps -a
    ps -q
    ps -aq --no-trunc
    ps --no-trunc
    ps -s
    ps -l
    ps -n 2
    ps -a -f status=running -f name=x -f name=y
    ps --format json
    ps --format {{json_.}}
    ps --format table_{{.ID}}\\t{{.Names}}\\t{{.Label_"com.example.some-thing"}}
    ps --format {{.Names}}:{{.Status}}
    ps --format {{upper_.Names}}-{{truncate_.ID_4}}-{{pad_.Names_1_2}}|
    ps --format {{range_split_.Ports_","}}[{{.}}]{{end}}
    ps --format {{if_eq_.State_"running"}}R{{else}}X{{end}}
    ps --format table
    ps --format table_{{.ID}}\\t{{.Size}}
    ps --format {{.Label_"a"}}|{{.Labels}}|{{.Mounts}}|{{.LocalVolumes}}|{{.Networks}}|{{.CreatedAt}}|{{.RunningFor}}
    images
    images -q
    images --digests
    images -a --filter dangling=true foo
    images --format json
    images --format {{.Repository}}:{{.Tag}}@{{.Digest}}_{{.CreatedAt}}
    images --format table_{{.ID}}\\t{{.Size}}\\t{{.VirtualSize}}
    inspect web
    inspect nope
    inspect web nope
    inspect --type container nope
    inspect --type foo x
    inspect -f {{.Id}} web
    inspect -f {{.State.Status}}_{{.Config.Env}}_{{json_.Config.Labels}} web
    inspect -f {{range_.NetworkSettings.Networks}}{{.IPAddress}}{{end}} web
    inspect -f {{range_$k,_$v_:=_.NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}}{{end}} web
    inspect -f {{.Foo}} web
    inspect -f {{.State.Foo}} web
    inspect -f {{.HostConfig.Memory}} web
    inspect -f {{index_.Config.Env_0}}{{len_.Config.Cmd}} web
    inspect -f {{printf_"%.3s|%q|%x|%6s|%-6s|"_.Id_.Name_.Path_.Path_.Path}} web
    inspect -f {{join_.Config.Cmd_","}}{{println_.Name}}{{title_"ab_cd"}} web
    inspect -f {{with_.State}}{{.Pid}}{{else}}none{{end}}{{/*_c_*/}}{{-_"x"_-}} web
    inspect -f {{if_and_.State.Running_(not_.State.Paused)}}up{{end}}_{{slice_.Id_0_3}}_{{html_"<a>"}}_{{urlquery_"a_b&"}}_{{js_"'<"}} web
    inspect -f {{define_"t"}}[{{.}}]{{end}}{{template_"t"_.Name}}{{block_"b"_.Path}}({{.}}){{end}} web
    inspect -f {{index_.Config.Env_9}} web
    inspect -f {{lt_1_2}}{{ge_"b"_"a"}}{{eq_1_2_1}}{{ne_1_1}}{{gt_2_1}}{{le_2_2}} web
    inspect -f {{eq_1_"a"}} web
    inspect -f {{foo}} web
    inspect -f {{end}} web
    inspect -f {{if_.Id}} web
    inspect -f {{}} web
    inspect -f {{"a} web
    inspect -f {{.Id_|_printf_"%s-%s"_"x"}} web
    inspect -f {{$x_:=_.Name}}{{$x}}{{$y}} web
    inspect -f {{template_"nope"}} web
    inspect -f json web
    image inspect nginx
    image inspect -f {{.Id}} nginx
    image inspect nope
    container inspect nope
    network inspect bridge
    network inspect nope
    logs web
    logs tty
    logs nope
    logs --since 2020-01-02T03:04:05Z --until 2020-01-01T00:00 --tail 5 -t --details web
    logs --since foo web
    logs --since 2020-99-99 web
    exec web ls
    exec -d -e A=1 -u 1 -w /w --privileged web ls -la
    exec nope ls
    exec -i web cat
    exec --env-file /nonexist web ls
    start web
    start web nope two
    start -a web
    start -a web two
    start -a nope
    attach web
    attach nope
    stop web two
    stop web nope two
    stop -t 3 -s INT web
    stop --time 3 web
    restart -t 1 web
    kill -s HUP web
    kill web nope
    pause web
    wait web two
    rm web
    rm -fv web nope
    rm web nope two
    rm -l a/b
    rename web new
    rename nope new
    top web
    top web -o pid,cmd
    tag nginx foo/bar:1
    tag nginx x
    tag nginx UPPER
    tag nginx localhost:5000/a/b
    rmi nginx
    rmi nope nginx
    rmi -f nope
    rmi --no-prune nginx
    history nginx
    history --no-trunc nginx
    history --human=false nginx
    history --format json nginx
    history --format {{.ID}}_{{.CreatedSince}} nginx
    load -i /nonexistent
    save nginx busybox
    save -o /nonexistent/x nginx
    import /nonexistent
    container prune -f
    container prune -f --filter until=1h
    image prune -f
    image prune -af
    events
    events --since 1700000000 --until 1700000009 --filter type=container --filter event=start
    events --format {{json_.}}
    events --format {{.Type}}-{{.Action}}-{{.Actor.ID}}
    events --format json
    network ls
    network ls -q --no-trunc
    network ls --format json
    network ls --format {{.Name}}_{{.Internal}}_{{.Labels}}_{{.CreatedAt}}
    system df
    system df --format {{.Type}}_{{.Reclaimable}}
    system df --format json
    info -f {{.ServerVersion}}_{{.NCPU}}
    version -f {{.Foo
  `),
  { argv: ['run', '-i', 'busybox', 'cat'], stdin: 'typed\n' },
  { argv: ['exec', '-i', 'web', 'cat'], stdin: 'typed\n' },
  { argv: ['load'], stdin: 'TAR' },
  { argv: ['import', '-m', 'msg', '-c', 'CMD x', '-c', 'ENV a=b', '-', 'a:b'], stdin: 'TAR' },
  { argv: ['container', 'prune'], stdin: 'n\n' },
  { argv: ['image', 'prune'], stdin: 'y\n' },
];
