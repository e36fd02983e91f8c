import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeSpec } from '#spec/runtime.ts';
import { type Outcome, run, type RunOptions } from '../support/command.ts';
import { cgroupDirectories } from '../support/leaks.ts';

const BUSYBOX = process.env['BERTH_TEST_BUSYBOX'] ?? join(homedir(), '.cache/berth/oracle/root/bin/busybox');
const APPLETS = 'sh true false echo cat sleep ls id env pwd mount hostname stty tty readlink kill touch grep sed chmod mkdir rm unshare stat wc test dd ip mknod umount'.split(' ');
export const RUNTIME: string = join(import.meta.dirname, '../../src/main/runtime.ts');

/** A bundle with a busybox root, and a state directory and cgroup of its own. */
export class Bundle implements AsyncDisposable {
  readonly directory: string;
  readonly parent: string;
  readonly #made = new Set<string>();
  readonly #program: string;
  #counter = 0;

  constructor(name: string, program: string = RUNTIME) {
    this.#program = program;
    if (!existsSync(BUSYBOX)) throw new Error(`no static busybox at ${BUSYBOX}: set BERTH_TEST_BUSYBOX`);
    this.parent = `berth-rt-${name}-${process.pid}`;
    this.directory = mkdtempSync(join(tmpdir(), `berth-rt-${name}-`));
    chmodSync(this.directory, 0o755);
    const root = join(this.directory, 'rootfs');
    for (const path of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'root', 'work']) mkdirSync(join(root, path), { recursive: true });
    cpSync(BUSYBOX, join(root, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/work:/bin/sh\n');
  }

  /** A fresh container id. */
  id(): string {
    const id = `${this.parent}-${++this.#counter}`;
    this.#made.add(id);
    return id;
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Calls the runtime as a program. */
  async runtime(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(process.execPath, [this.#program, '--root', this.path('state'), ...args], { cwd: this.directory, timeoutMs: 60_000, ...options });
  }

  /** Writes config.json: `spec`'s default without a terminal, running a shell script, changed by `change`. */
  async configure(script: string | readonly string[], change: (spec: RuntimeSpec) => void = () => {}): Promise<void> {
    rmSync(this.path('config.json'), { force: true });
    await this.ok(['spec']);
    const spec = JSON.parse(readFileSync(this.path('config.json'), 'utf8')) as RuntimeSpec;
    Object.assign(spec.process ?? {}, { terminal: false, args: typeof script === 'string' ? ['sh', '-c', script] : script });
    Object.assign(spec.linux ?? {}, { cgroupsPath: `/${this.parent}/c` });
    change(spec);
    writeFileSync(this.path('config.json'), JSON.stringify(spec));
  }

  /** Calls the runtime; a failure is an error. Returns stdout. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.runtime(args, options);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Runs a script in a container in the foreground. */
  async script(script: string, change?: (spec: RuntimeSpec) => void): Promise<Outcome> {
    await this.configure(script, change);
    return this.runtime(['run', this.id()]);
  }

  /** Creates a container whose standard streams are files, as nobody may hold our pipes open. */
  async create(id: string, more: readonly string[] = []): Promise<string> {
    const out = this.path(`${id}.out`);
    const { code, stderr } = await run('sh', ['-c', '"$@" </dev/null >"$OUT" 2>&1', 'sh', process.execPath, this.#program, '--root', this.path('state'), ...more, id], {
      cwd: this.directory, env: { OUT: out }, timeoutMs: 60_000,
    });
    if (code !== 0) throw new Error(`create ended with ${code}: ${stderr}${readFileSync(out, 'utf8')}`);
    return out;
  }

  /** What the tests of this bundle have left on the host; empty when nothing is. */
  left(): string[] {
    const states = existsSync(this.path('state')) ? [...this.#made].filter((id) => existsSync(this.path('state', id))) : [];
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(this.directory));
    return [...states, ...mounts, ...cgroupDirectories(this.parent)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#made) await this.runtime(['delete', '--force', id]);
    removeParents(this.parent);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

// Parents of cgroups stay in every hierarchy; these are ours alone.
function removeParents(parent: string): void {
  for (const path of [join('/sys/fs/cgroup', parent), ...readdirSync('/sys/fs/cgroup').map((hierarchy) => join('/sys/fs/cgroup', hierarchy, parent))]) {
    if (existsSync(path)) rmdirSync(path);
  }
}
