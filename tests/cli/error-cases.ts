import type { Case } from './case.ts';

/** What goes wrong: bad values for each flag of run, missing and superfluous arguments, unknown flags, no daemon. Blanks inside a word are underscores. */

const line = (text: string): Case => ({ argv: text.split(' ').map((word) => word.replaceAll('_', ' ')) });

// Flags of run that get each of the values.
const values: readonly (readonly [command: string, flags: string, values: readonly string[]])[] = [
  ['run', 'blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares health-retries memory-swappiness oom-score-adj pids-limit stop-timeout', ['x', '1.5', '99999999999999999999', '']],
  ['run -d', 'memory memory-swap memory-reservation', ['x', '-5', '1z', '', '1.5g']],
  ['run -d', 'shm-size', ['x', '-5', '1z', '', '1.5g', '0']],
  ['run -d', 'kernel-memory', ['x', '-5', '1z', '', '1.5g', '99999999999999999999g']],
  ['run -d', 'health-interval health-timeout health-start-period health-start-interval', ['x', '5', '', '-5s', '1d', '0.5ms']],
  ['run', 'privileged init tty interactive detach read-only no-healthcheck publish-all oom-kill-disable sig-proxy quiet', ['x', '', '2']],
  ['run', 'rm', ['x', '', '2', 'maybe']],
  ['run -d', 'cpus', ['', 'x', '-1']],
  ['run -d', 'ulimit', ['', 'nofile', 'nofile=', 'nofile=x:y', 'nofile=1:2:3', 'nofile=-2', '=1']],
  ['run -d', 'device', ['', '/a:/b:rwx', '/a:/b:/c:d', ':/x', '/a:b:r']],
  ['run -d', 'add-host', ['', 'a', 'a=', 'a:b', 'a=1.2.3.4.5', '=1.2.3.4']],
  ['run -d', 'env', ['', 'A_B', '=', 'A=']],
  ['run -d', 'label', ['', '=', 'a_b=c']],
  ['run -d', 'mount', ['', 'type=bind', 'type=volume', 'target=/a,type=tmpfs,src=x', 'type=bind,src=/a,target=/b,bind-propagation=x', 'type=tmpfs,target=/a,tmpfs-size=x', 'type=tmpfs,target=/a,tmpfs-mode=9', 'type=volume,target=/a,readonly=x', 'type=volume,target=/a,volume-nocopy=x', 'src=a,dst=/b,', 'type=image,src=a']],
  ['run -d', 'publish', ['', '80:', 'a:80', '70000:80', '80:70000', '1-2:3', '::80:80', '80:80/', '1.2.3.4::', '0', '-1:80', '80:80:80', '127.0.0.1:80']],
  ['run -d', 'expose', ['', '80/x', '0', '90-80', '70000']],
  ['run -d', 'network', ['', 'name=', 'name=a,foo=b', 'name=a,ip=x', 'name=a,gw-priority=x', 'name=a,driver-opt=x']],
  ['run -d', 'ip uts cgroupns cap-drop', ['', 'x']],
  ['run -d', 'ip6 userns isolation cpuset-cpus', ['x']],
  ['run -d', 'mac-address', ['', '02:42']],
  ['run -d', 'link', ['', 'a:', 'a:b:c:d']],
  ['run -d', 'dns', ['', '1.2.3', '::1']],
  ['run -d', 'dns-search', ['', '.']],
  ['run -d', 'restart', ['', 'no:1', 'always:1', 'nosuch', 'on-failure:', 'on-failure:-1', 'unless-stopped:2']],
  ['run -d', 'security-opt', ['', 'no-new-privileges:false', 'seccomp=', 'label', 'label=a=b', 'a:b']],
  ['run -d', 'storage-opt', ['', '=', 'a=']],
  ['run -d', 'sysctl log-opt annotation', ['', 'a', '=b']],
  ['run -d', 'tmpfs', ['', '/a:', '/a:size=1', 'a']],
  ['run -d', 'volume', ['', '/', 'a', '/a:/b:zz', '/a:/b:ro,rw', '/a:/b:c:d', '.:/x', '/a:b', 'a/b:/c']],
  ['run -d', 'volumes-from', ['', 'a:x']],
  ['run -d', 'gpus', ['', 'x', 'count=x', 'all,device=1', 'driver=a,count=2', '1.5', '-1', 'capabilities=a']],
  ['run -d', 'device-cgroup-rule', ['', 'a', 'c_1:2_rwm', 'b_*:*_r']],
  ['run -d', 'device-read-bps', ['', '/dev/a', '/dev/a:', '/dev/a:-1', 'a:1mb']],
  ['run -d', 'device-read-iops', ['', '/dev/a:1k', '/dev/a:-1']],
  ['run -d', 'blkio-weight-device', ['', '/dev/a:', '/dev/a:5', '/dev/a:1001', '/dev/a:0']],
  ['run -d', 'log-driver', ['', 'none']],
  ['run -d', 'attach', ['', 'x', 'stdin,stdout', 'STDIN']],
  ['run -d', 'pull', ['', 'x', 'ALWAYS']],
  ['run -d', 'platform', ['', 'a/b/c/d', 'x']],
  ['run -d', 'pid', ['', 'x', 'container:']],
  ['run -d', 'ipc', ['x', 'container:', 'none']],
  ['run -d', 'entrypoint group-add runtime domainname cgroup-parent health-cmd', ['']],
  ['run -d', 'workdir', ['', 'rel']],
  ['run -d', 'user', ['', ':']],
  ['run -d', 'hostname', ['', 'a_b', '-']],
  ['run -d', 'name', ['', 'a_b']],
  ['run -d', 'stop-signal', ['', 'NOSUCH']],
  ['run -d', 'cap-add', ['', 'nosuch', 'ALL']],
  ['run -d', 'env-file label-file cidfile', ['', '/tmp']],
  ['run -d', 'detach-keys', ['', 'ctrl-1', 'abc']],
];

const lines = `
  run --nosuch
  run -Y
  -H unix:///nonexistent/x.sock run a b
  create --nosuch
  create -Y
  -H unix:///nonexistent/x.sock create a b
  start --nosuch
  start -Y
  -H unix:///nonexistent/x.sock start a b
  attach --nosuch
  attach -Y
  -H unix:///nonexistent/x.sock attach a
  wait --nosuch
  wait -Y
  -H unix:///nonexistent/x.sock wait a b
  logs --nosuch
  logs -Y
  -H unix:///nonexistent/x.sock logs a
  exec --nosuch
  exec -Y
  -H unix:///nonexistent/x.sock exec a b
  stop --nosuch
  stop -Y
  -H unix:///nonexistent/x.sock stop a b
  kill --nosuch
  kill -Y
  -H unix:///nonexistent/x.sock kill a b
  rm --nosuch
  rm -Y
  -H unix:///nonexistent/x.sock rm a b
  ps --nosuch
  ps -Y
  -H unix:///nonexistent/x.sock ps
  inspect --nosuch
  inspect -Y
  -H unix:///nonexistent/x.sock inspect a b
  top --nosuch
  top -Y
  -H unix:///nonexistent/x.sock top a b
  events --nosuch
  events -Y
  -H unix:///nonexistent/x.sock events
  version --nosuch
  version -Y
  info --nosuch
  info -Y
  restart --nosuch
  restart -Y
  -H unix:///nonexistent/x.sock restart a b
  pause --nosuch
  pause -Y
  -H unix:///nonexistent/x.sock pause a b
  unpause --nosuch
  unpause -Y
  -H unix:///nonexistent/x.sock unpause a b
  rename --nosuch
  rename -Y
  -H unix:///nonexistent/x.sock rename a b
  load --nosuch
  load -Y
  -H unix:///nonexistent/x.sock load
  save --nosuch
  save -Y
  -H unix:///nonexistent/x.sock save
  import --nosuch
  import -Y
  -H unix:///nonexistent/x.sock import
  tag --nosuch
  tag -Y
  -H unix:///nonexistent/x.sock tag a b
  rmi --nosuch
  rmi -Y
  -H unix:///nonexistent/x.sock rmi a b
  images --nosuch
  images -Y
  -H unix:///nonexistent/x.sock images
  history --nosuch
  history -Y
  -H unix:///nonexistent/x.sock history a
  -H tcp://127.0.0.1:1 ps
  ps a b
  logs
  logs a b
  history
  history a b
  rename a b c
  tag a
  tag a b c
  top
  attach
  attach a b
  events x
  info x
  version x
  load x
  network nosuch
  network ls x
  network inspect
  container nosuch
  image nosuch
  system nosuch
  logs --tail x web
  logs -n -1 web
  stop -t
  stop -t 1 --time 2 web
  kill -s
  kill -s NOSUCH web
  restart -t x web
  ps -f
  ps -f =x
  ps --filter nosuch=1
  ps --format {{
  events --since x
  events --until x
  events --filter x
  exec -e
  exec -w
  exec -u
  exec web
  exec --detach-keys ctrl-1 -it web sh
  exec -d -i web ls
  start -a -i web two
  start --detach-keys abc web
  inspect --type
  inspect --size x
  save -o
  save
  import
  rmi
  rmi --platform x nginx
  history --human=x nginx
  image prune -f --filter x
  container prune --filter x -f
  history --platform x/y/z/w nginx
  ps -n -5
  ps -q -s
  ps --no-trunc=x
  run
  create
  create --foo x
  run -p
  run --memory=1
  ps -ax
  run -dx busybox
`;

export const errorCases: readonly Case[] = [
  ...values.flatMap(([command, flags, list]) => flags.split(' ').flatMap((flag) => list.map((value) => line(`${command} --${flag}=${value} busybox`)))),
  ...lines.trim().split('\n').map((text) => line(text.trim())),
];
