import { type Canned, frame, type Routes } from './fake-daemon.ts';

/** What the fake daemon answers, and the command lines that both clients must treat alike. */

const hex = (digit: string): string => digit.repeat(64);
const now = Math.floor(Date.now() / 1000);

const containers = [
  {
    Id: hex('a'), Names: ['/web'], Image: 'nginx:1.27', ImageID: `sha256:${hex('1')}`, Command: '/docker-entrypoint.sh nginx -g \'daemon off;\'', Created: now - 3700,
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { PrivatePort: 443, Type: 'tcp' },
      { IP: '0.0.0.0', PrivatePort: 9000, PublicPort: 9000, Type: 'udp' }, { IP: '0.0.0.0', PrivatePort: 9001, PublicPort: 9001, Type: 'udp' },
    ],
    Labels: { b: '2', a: '1', 'com.example.some-thing': 'x' }, State: 'running', Status: 'Up About an hour', HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: { bridge: {} } }, Mounts: [{ Type: 'volume', Name: 'a-very-long-volume-name', Driver: 'local', Destination: '/d' }], SizeRw: 1234, SizeRootFs: 190_000_000,
  },
  {
    Id: hex('b'), Names: ['/two', '/web/alias'], Image: `sha256:${hex('2')}`, ImageID: `sha256:${hex('2')}`, Command: 'sh', Created: now - 40, Ports: [], Labels: {}, State: 'exited',
    Status: 'Exited (0) 3 seconds ago', HostConfig: { NetworkMode: 'host' }, NetworkSettings: { Networks: { host: {} } }, Mounts: [],
  },
];

const images = [
  { Id: `sha256:${hex('1')}`, RepoTags: ['nginx:1.27'], RepoDigests: [`nginx@sha256:${hex('9')}`], Created: now - 86400 * 20, Size: 192_345_678, SharedSize: -1, Containers: -1, Labels: null },
  { Id: `sha256:${hex('2')}`, RepoTags: null, RepoDigests: [`busybox@sha256:${hex('8')}`], Created: now - 86400 * 400, Size: 4_261_550, SharedSize: -1, Containers: -1, Labels: null },
  { Id: `sha256:${hex('3')}`, RepoTags: [], RepoDigests: [], Created: now - 5, Size: 999, SharedSize: -1, Containers: -1, Labels: null },
];

const inspected = {
  Id: hex('a'), Created: '2026-01-02T03:04:05.678901234Z', Path: 'sh', Args: ['-c', 'echo <&>'], State: { Status: 'running', Running: true, Paused: false, Restarting: false, ExitCode: 0, Pid: 42 },
  Image: `sha256:${hex('1')}`, Name: '/web', RestartCount: 0, HostConfig: { Memory: 9_007_199_254_740_993n, Binds: null, NetworkMode: 'bridge', PortBindings: {} },
  Config: { Tty: false, OpenStdin: false, Env: ['A=1', 'PATH=/bin'], Cmd: ['sh', '-c'], Labels: { x: 'y' } }, NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } }, Ports: {} }, Mounts: [],
};

const jsonText = (value: unknown): string => JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `@@${inner}@@` : inner)).replaceAll(/"@@(\d+)@@"/g, '$1');

const notFound = (what: string): Canned => ({ status: 404, body: { message: what } });

const usage = {
  LayersSize: 200_000_000, Images: images.map((image, index) => ({ ...image, SharedSize: 1000, Containers: index === 0 ? 1 : 0 })), Containers: containers,
  Volumes: [{ Name: 'v1', UsageData: { RefCount: 0, Size: 1_000_000 } }, { Name: 'v2', UsageData: { RefCount: 1, Size: 500 } }], BuildCache: [],
};

const report = (name: string): Canned => ({ body: { Id: name } });

export const routes: Routes = {
  'POST /containers/create': (request) => {
    const { Image: image } = JSON.parse(request.body) as { Image: string };
    if (image === 'missing') return notFound('No such image: missing:latest');
    if (image === 'bad') return { status: 400, body: { message: 'bad parameter' } };
    if (image === 'warned') return { status: 201, body: { Id: hex('d'), Warnings: ['careful'] } };
    return { status: 201, body: { Id: image === 'noexec' ? hex('e') : hex('a'), Warnings: [] } };
  },
  'POST /images/create': (request) => (request.query['fromSrc'] === undefined
    ? notFound('pull access denied for missing, repository does not exist or may require \'docker login\'')
    : { body: `{"status":"sha256:${hex('4')}"}\n` }),
  'POST /containers/*/attach': (request) => ({
    stream: Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), frame(1, 'three')]), echo: request.query['stdin'] === '1',
  }),
  'POST /containers/*/wait': { body: { StatusCode: 7 } },
  'POST /containers/*/start': (request) => {
    if (request.path.includes(hex('e'))) return { status: 400, body: { message: 'failed to create task: exec: "foo": executable file not found in $PATH: unknown' } };
    return request.path.includes('nope') ? notFound('No such container: nope') : { status: 204 };
  },
  'GET /containers/nope/json': notFound('No such container: nope'),
  'GET /containers/web/json': { body: jsonText(inspected) },
  'GET /containers/tty/logs': { body: 'raw output\n', type: 'application/vnd.docker.raw-stream' },
  'GET /containers/tty/json': { body: { ...inspected, HostConfig: {}, Config: { Tty: true } } },
  'GET /containers/*/json': { body: { ...inspected, HostConfig: { AutoRemove: false } } },
  'GET /containers/nope/logs': notFound('No such container: nope'),
  'GET /containers/*/logs': { body: Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n')]), type: 'application/vnd.docker.multiplexed-stream' },
  'GET /containers/json': { body: containers },
  'GET /images/json': { body: images },
  'GET /images/*/json': (request) => (request.path.includes('nope') ? notFound('No such image: nope') : { body: { Id: `sha256:${hex('1')}`, RepoTags: ['nginx:1.27'], Config: { Env: ['A=b'] } } }),
  'GET /images/*/history': {
    body: [
      { Id: `sha256:${hex('1')}`, Created: now - 7200, CreatedBy: '/bin/sh -c #(nop)\tCMD ["a-long-command" "with many" "arguments"]', Comment: 'note', Size: 1_234_567, Tags: null },
      { Id: '<missing>', Created: now - 86400 * 3, CreatedBy: 'ADD', Comment: '', Size: 0, Tags: null },
    ],
  },
  'POST /containers/nope/exec': notFound('No such container: nope'),
  'POST /containers/*/exec': { status: 201, body: { Id: 'e1' } },
  'POST /exec/*/start': (request) => (JSON.parse(request.body).Detach === true ? { status: 200 } : { stream: frame(1, 'from exec\n') }),
  'GET /exec/*/json': { body: { ID: 'e1', ExitCode: 4, Running: false } },
  'POST /containers/nope/stop': notFound('No such container: nope'),
  'POST /containers/*/stop': { status: 204 },
  'POST /containers/*/restart': { status: 204 },
  'POST /containers/nope/kill': notFound('No such container: nope'),
  'POST /containers/*/kill': { status: 204 },
  'POST /containers/*/pause': { status: 204 },
  'POST /containers/*/unpause': { status: 204 },
  'POST /containers/nope/rename': notFound('No such container: nope'),
  'POST /containers/*/rename': { status: 204 },
  'DELETE /containers/nope': notFound('No such container: nope'),
  'DELETE /containers/*': { status: 204 },
  'GET /containers/*/top': { body: { Titles: ['UID', 'PID', 'CMD'], Processes: [['root', '1', 'sh'], ['a-user-with-a-very-long-name', '22', 'sleep 5']] } },
  'POST /images/*/tag': { status: 201 },
  'DELETE /images/nope': notFound('No such image: nope:latest'),
  'DELETE /images/*': { body: [{ Untagged: 'nginx:1.27' }, { Deleted: `sha256:${hex('1')}` }] },
  'POST /images/load': { body: '{"stream":"Loaded image: nginx:1.27\\n"}\n' },
  'GET /images/get': { body: 'TAR BYTES', type: 'application/x-tar' },
  'POST /containers/prune': { body: { ContainersDeleted: [hex('b')], SpaceReclaimed: 1234 } },
  'POST /images/prune': { body: { ImagesDeleted: [{ Untagged: 'x:y' }, { Deleted: 'sha256:1' }], SpaceReclaimed: 99 } },
  'GET /events': {
    body: ['{"status":"start","id":"abc","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"abc","Attributes":{"image":"busybox","name":"n"}},"scope":"local","time":1700000000,"timeNano":1700000000123456789}',
      '{"Type":"network","Action":"connect","Actor":{"ID":"net"},"scope":"local","time":1700000001,"timeNano":1700000001000000000}'].map((line) => `${line}\n`).join(''),
  },
  'GET /networks': {
    body: [
      { Name: 'net10', Id: hex('c'), Created: '2026-01-02T03:04:05.5Z', Scope: 'local', Driver: 'bridge', EnableIPv4: true, EnableIPv6: false, Internal: true, Labels: { k: 'v' } },
      { Name: 'net2', Id: hex('d'), Created: '2026-01-02T03:04:05Z', Scope: 'local', Driver: 'host', EnableIPv4: true, EnableIPv6: false, Internal: false, Labels: {} },
    ],
  },
  'GET /networks/bridge': report('bridge'),
  'GET /system/df': { body: usage },
  'GET /info': {
    body: {
      ID: 'the-id', Name: 'host', Containers: 3, ContainersRunning: 1, ContainersPaused: 0, ContainersStopped: 2, Images: 4, Driver: 'overlay2', DriverStatus: [['Backing Filesystem', 'extfs']],
      ServerVersion: '28.5.2', LoggingDriver: 'json-file', CgroupDriver: 'cgroupfs', CgroupVersion: '1', Plugins: { Volume: ['local'], Network: ['bridge', 'host'], Authorization: null, Log: ['json-file', 'local'] },
      CDISpecDirs: ['/etc/cdi'], Swarm: { LocalNodeState: 'inactive' }, Runtimes: { runc: { path: 'runc' } }, DefaultRuntime: 'runc', InitBinary: 'docker-init', ContainerdCommit: { ID: 'c1' }, RuncCommit: { ID: 'r1' },
      InitCommit: { ID: 'i1' }, SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'], KernelVersion: '6.1', OperatingSystem: 'Debian', OSType: 'linux', Architecture: 'x86_64', NCPU: 2, MemTotal: 8_000_000_000,
      DockerRootDir: '/var/lib/docker', Debug: false, Labels: ['l=1'], ExperimentalBuild: false, RegistryConfig: { IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true } }, InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'], Mirrors: [] },
      LiveRestoreEnabled: false, Warnings: ['WARNING: something'], DefaultAddressPools: null,
    },
  },
};

export interface Case {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** The requests are not compared: ours needs fewer. */
  readonly looseRequests?: boolean;
}

const words = (line: string): Case => ({ argv: line.split(' ') });
const list = (text: string): Case[] => text.trim().split('\n').map((line) => words(line.trim()));

const helped = ['run', 'create', 'start', 'attach', 'wait', 'logs', 'exec', 'stop', 'kill', 'rm', 'ps', 'inspect', 'top', 'events', 'version', 'info', 'restart', 'pause', 'unpause',
  'rename', 'load', 'save', 'import', 'tag', 'rmi', 'history', 'image inspect', 'image prune', 'container prune', 'container inspect', 'container list', 'network ls', 'network inspect', 'system info', 'image rm'];

export const cases: readonly Case[] = [
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
    run --mount foo busybox
    run --mount a=b busybox
    run --mount type=bind,target=/a,bind-recursive=x busybox
    run --mount type=bind,target=/a,ro=x busybox
    run --pid foo busybox
    run --uts foo busybox
    run --cgroupns foo busybox
    run --userns foo busybox
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
    run -a stdout busybox
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
    run -d --device /dev/null --device /dev/zero:/dev/z:rw --device /dev/full:r --device-cgroup-rule c_1 busybox
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
    container
    image
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
    container ls --format {{.Image}}
    images
    images -q
    images --digests
    images --no-trunc
    images -a --filter dangling=true foo
    images --format json
    images --format {{.Repository}}:{{.Tag}}@{{.Digest}}_{{.CreatedAt}}
    images --format table_{{.ID}}\\t{{.Size}}\\t{{.VirtualSize}}
    image ls foo bar
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
    inspect -f {{printf_"%.3s|%5d|%q|%x"_.Id_.State.Pid_.Name_.Path}} web
    inspect -f {{join_.Config.Cmd_","}}{{println_.Name}}{{title_"ab_cd"}} web
    inspect -f {{with_.State}}{{.Pid}}{{else}}none{{end}}{{/*_c_*/}}{{-_"x"_-}} web
    inspect -f {{if_and_.State.Running_(not_.State.Paused)}}up{{end}}_{{slice_.Id_0_3}}_{{html_"<a>"}}_{{urlquery_"a_b&"}}_{{js_"'<"}} web
    inspect -f {{define_"t"}}[{{.}}]{{end}}{{template_"t"_.Name}}{{block_"b"_.Path}}({{.}}){{end}} web
    inspect -f {{index_.Config.Env_9}} web
    inspect -f {{lt_1_2}}{{ge_"b"_"a"}}{{eq_1_2_1}}{{ne_1_1}}{{gt_2_1}}{{le_2_2}} web
    inspect -f {{eq_1_"a"}} web
    inspect -f {{.Id web
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
    logs --since 1700000000 -n 3 web
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
    unpause web
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
    history -q nginx
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
  { argv: ['import', '-', 'a:b'], stdin: 'TAR' },
  { argv: ['import', '-m', 'msg', '-c', 'CMD x', '-c', 'ENV a=b', '-', 'a:b'], stdin: 'TAR' },
  { argv: ['container', 'prune'], stdin: 'n\n' },
  { argv: ['image', 'prune'], stdin: 'y\n' },
];
