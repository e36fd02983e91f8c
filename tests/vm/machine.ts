/**
 * A virtual machine with a stock Debian kernel under emulation, for what a cgroup v1 host cannot show: cgroup v2 with all
 * controllers and AppArmor. Kernel and emulator come from Debian's packages, cached outside the checkout.
 *
 * The guest's root is built in a folder, packed as an initramfs and moved to a tmpfs at boot (pivot_root(2) refuses the
 * initramfs itself). Everything that the guest has to say comes over the serial console.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'berth', 'vm');

/** Loaded in this order where the kernel has them as modules. */
const MODULES = [
  'overlay', 'stp', 'llc', 'bridge', 'veth', 'nfnetlink', 'nf_defrag_ipv4', 'nf_defrag_ipv6', 'nf_conntrack', 'nf_nat', 'nf_tables', 'nft_ct',
  'nft_chain_nat', 'nft_masq', 'nft_nat', 'nft_fib', 'nft_fib_ipv4', 'nft_fib_ipv6', 'nft_fib_inet', 'nft_reject', 'nft_reject_ipv4', 'nft_reject_ipv6',
  'nft_reject_inet', 'nft_log', 'nft_limit', 'nft_redir', 'nft_objref', 'br_netfilter',
];

export interface Kernel {
  readonly image: string;
  readonly modules: string;
  readonly release: string;
}

/** Fetches kernel and emulator once. Throws with what to do when a package can't be had. */
export function fetchKernel(): Kernel {
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync('/usr/bin/qemu-system-x86_64')) run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'qemu-system-x86']);
  const root = join(CACHE, 'kernel');
  if (!existsSync(join(root, 'done'))) {
    const depends = run('apt-cache', ['depends', 'linux-image-cloud-amd64']);
    const name = /Depends: (linux-image-[0-9]\S*)/.exec(depends)?.[1];
    if (name === undefined) throw new Error('linux-image-cloud-amd64 is unknown to apt: run apt-get update');
    run('apt-get', ['download', '-qq', name], CACHE);
    const deb = readdirSync(CACHE).find((file) => file.startsWith(`${name}_`));
    if (deb === undefined) throw new Error(`apt-get download ${name} left no package in ${CACHE}`);
    run('dpkg', ['-x', join(CACHE, deb), root]);
    writeFileSync(join(root, 'done'), '');
  }
  const release = readdirSync(join(root, 'boot')).find((file) => file.startsWith('vmlinuz-'))?.slice('vmlinuz-'.length);
  if (release === undefined) throw new Error(`no kernel in ${root}/boot: remove ${CACHE} and try again`);
  return { image: join(root, 'boot', `vmlinuz-${release}`), modules: join(root, 'lib/modules', release), release };
}

export interface Guest {
  /** Guest path → host file or folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Programs whose shared libraries are needed too. */
  readonly programs: readonly string[];
  readonly busybox: string;
  /** Shell script run as the guest's only job, with /proc, /sys, cgroup2, /dev, /run and /tmp mounted. */
  readonly script: string;
  readonly timeoutMs: number;
  readonly memoryMb?: number;
}

/** Boots the guest, runs its script, and returns everything printed on the console. */
export async function boot(guest: Guest): Promise<string> {
  const kernel = fetchKernel();
  const work = mkdtempSync(join(tmpdir(), 'berth-vm-'));
  try {
    const initrd = packInitramfs(kernel, guest, work);
    return await runQemu(kernel, initrd, guest);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function packInitramfs(kernel: Kernel, guest: Guest, work: string): string {
  const root = join(work, 'root');
  for (const dir of ['bin', 'dev', 'proc', 'sys', 'run', 'tmp', 'etc', 'root', 'modules', 'new', 'lib64']) mkdirSync(join(root, dir), { recursive: true });
  cpSync(guest.busybox, join(root, 'bin/busybox'));
  for (const [to, from] of Object.entries(guest.files)) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(from, join(root, to), { recursive: true, dereference: true });
  }
  for (const library of guest.programs.flatMap(libraries)) {
    mkdirSync(dirname(join(root, library)), { recursive: true });
    cpSync(realpathSync(library), join(root, library));
  }
  copyModules(kernel, join(root, 'modules'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(root, 'job.sh'), guest.script, { mode: 0o755 });
  writeFileSync(join(root, 'stage2'), STAGE2, { mode: 0o755 });
  writeFileSync(join(root, 'init'), STAGE1, { mode: 0o755 });
  const archive = join(work, 'initramfs');
  run('sh', ['-c', `cd ${root} && find . | ${guest.busybox} cpio -o -H newc 2>/dev/null | gzip -1 > ${archive}`]);
  return archive;
}

function copyModules(kernel: Kernel, to: string): void {
  const found = run('find', [kernel.modules, '-name', '*.ko']).split('\n').filter(Boolean);
  const byName = new Map(found.map((path) => [path.replace(/.*\/(.*)\.ko$/, '$1').replaceAll('-', '_'), path]));
  const wanted: string[] = [];
  const add = (name: string): void => {
    const path = byName.get(name);
    if (path === undefined || wanted.includes(name)) return;
    // The .modinfo section holds NUL-terminated key=value strings; depmod's index is not in the package.
    const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? '';
    for (const dependency of depends.split(',').filter(Boolean)) add(dependency.replaceAll('-', '_'));
    wanted.push(name);
  };
  for (const name of MODULES) add(name);
  for (const [index, name] of wanted.entries()) cpSync(byName.get(name)!, join(to, `${String(index).padStart(3, '0')}-${name}.ko`));
}

function libraries(program: string): string[] {
  return [...run('ldd', [program]).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
}

async function runQemu(kernel: Kernel, initrd: string, guest: Guest): Promise<string> {
  const args = [
    '-accel', 'tcg,thread=multi', '-smp', '2', '-cpu', 'max', '-m', String(guest.memoryMb ?? 3072), '-nographic', '-no-reboot', '-nic', 'none',
    '-kernel', kernel.image, '-initrd', initrd, '-append', 'console=ttyS0 panic=-1 quiet rdinit=/init apparmor=1 security=apparmor',
  ];
  const child = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  const timer = setTimeout(() => child.kill('SIGKILL'), guest.timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the virtual machine ended with ${code ?? 'a signal (time limit?)'}:\n${output.slice(-4000)}`);
  return output.replaceAll('\r', '');
}

function run(program: string, args: readonly string[], cwd?: string): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Text of a file on the host, for guests' expectations. */
export function hostFile(path: string): string {
  return readFileSync(path, 'utf8');
}

const STAGE1 = `#!/bin/busybox sh
/bin/busybox mount -t tmpfs -o size=80% tmpfs /new
/bin/busybox mkdir -p /new/dev /new/proc /new/sys /new/run /new/tmp /new/bin
/bin/busybox cp /bin/busybox /new/bin/busybox
B=/new/bin/busybox
for f in /*; do
  case $f in /dev|/proc|/sys|/run|/tmp|/new|/init|/bin) ;; *) $B mv $f /new/ ;; esac
done
exec $B switch_root /new /stage2
`;

const STAGE2 = `#!/bin/busybox sh
export PATH=/usr/local/bin:/bin:/usr/bin:/sbin:/usr/sbin HOME=/root
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; mkdir -p /dev/pts /dev/shm /sys/fs/cgroup
mount -t devpts -o ptmxmode=666 devpts /dev/pts; mount -t tmpfs shm /dev/shm; mount -t tmpfs run /run; mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t securityfs securityfs /sys/kernel/security
for m in /modules/*.ko; do insmod $m || echo "insmod $m failed"; done
ip link set lo up
sh /job.sh
echo "VM-JOB-ENDED $?"
sync; poweroff -f
`;
