import { randomBytes } from 'node:crypto';
import { BerthError, fail } from '#base/errors.ts';
import { CAPABILITIES } from '#runtime/capabilities.ts';
import { compileExec } from '#runtime/compile-exec.ts';
import type { Plan } from '#runtime/plan.ts';
import { cgroupPaths } from '#runtime/cgroup-paths.ts';
import type { ProcessSpec, RuntimeSpec } from '#spec/runtime.ts';
import type { TaskExec } from '#tasks/types.ts';
import type * as wire from '#api/schema.ts';
import { bridge } from './attach.ts';
import { capabilitiesOf } from './capabilities.ts';
import { environment } from './container-config.ts';
import type { Container } from './container.ts';
import { containerEvent } from './context.ts';
import type { EngineContext } from './context.ts';
import { parseDetachKeys } from './detach-keys.ts';
import type { Exec } from './exec.ts';
import { parseSecurityOptions } from './host-config.ts';
import { userOf } from './prepare-start.ts';
import { specRlimits } from './spec-resources.ts';
import { execFailure } from './start-failure.ts';
import { isActive } from './state.ts';
import type { AttachRequest, ExecsService } from './types.ts';

/** Ended execs that can still be inspected, per container. */
const maxEnded = 512;

export function createExecs(ctx: EngineContext): ExecsService {
  const byId = new Map<string, { exec: Exec; container: Container }>();
  const get = (id: string): { exec: Exec; container: Container } => byId.get(id) ?? fail('notFound', `No such exec instance: ${id}`);
  return {
    create: (reference, body) => Promise.resolve(createExec(ctx, reference, body, byId)),
    start: (id, options, accept) => {
      const { exec, container } = get(id);
      return startExec(ctx, container, exec, options, accept);
    },
    inspect: (id) => Promise.resolve(inspectExec(get(id).exec)),
    async resize(id, rows, cols): Promise<void> {
      const { exec, container } = get(id);
      if (exec.status !== 'running') fail('conflict', `exec process is not running`);
      // dockerd's runtime takes no notice of a size for what is no terminal.
      if (exec.body.Tty === true) await container.task?.resize(rows, cols, exec.id);
    },
  };
}

function running(container: Container, reference: string): void {
  const { state } = container.runtime;
  if (state.status === 'paused') fail('conflict', `Container ${reference} is paused, unpause the container before exec`);
  if (state.status === 'restarting') fail('conflict', `Container ${container.record.id} is restarting, wait until the container is running`);
  if (!isActive(state)) fail('conflict', `container ${container.record.id} is not running`);
}

function createExec(ctx: EngineContext, reference: string, body: wire.ExecCreateBody, byId: Map<string, { exec: Exec; container: Container }>): { Id: string } {
  const container = ctx.registry.get(reference);
  if ((body.Cmd ?? []).length === 0) fail('invalidArgument', 'No exec command specified');
  running(container, reference);
  parseDetachKeys(body.DetachKeys);
  if (body.User) userOf(ctx, container.record, body.User, []);
  const id = randomBytes(32).toString('hex');
  const exec: Exec = { id, containerId: container.record.id, body, status: 'created', pid: 0, exitCode: null, process: undefined };
  for (const [old, entry] of byId) {
    if (!container.execs.has(old) && entry.container === container) byId.delete(old);
  }
  if (container.execs.size > maxEnded) {
    for (const [old, { status }] of container.execs) {
      if (status !== 'exited') continue;
      container.execs.delete(old);
      byId.delete(old);
      break;
    }
  }
  container.execs.set(id, exec);
  byId.set(id, { exec, container });
  containerEvent(ctx, container, `exec_create: ${commandText(body)}`, { execID: id });
  return { Id: id };
}

// dockerd joins command and arguments with a blank behind the command even when there are none.
function commandText(body: wire.ExecCreateBody): string {
  const [command = '', ...args] = body.Cmd ?? [];
  return `${command} ${args.join(' ')}`;
}

async function startExec(ctx: EngineContext, container: Container, exec: Exec, options: { detach: boolean; tty: boolean; consoleSize?: readonly [number, number] }, accept: AttachRequest['accept'] | undefined): Promise<void> {
  if (exec.status === 'running' || exec.status === 'starting') fail('conflict', `exec command ${exec.id} is already running`);
  if (exec.status === 'exited') fail('conflict', `exec command ${exec.id} has already run`);
  running(container, container.record.id);
  const { body } = exec;
  const terminal = body.Tty === true;
  exec.status = 'starting';
  const attach = options.detach || accept === undefined ? undefined : { stdin: body.AttachStdin === true, stdout: body.AttachStdout === true, stderr: body.AttachStderr === true };
  const client = attach === undefined || accept === undefined ? undefined : await accept(terminal ? 'raw' : 'multiplexed');
  containerEvent(ctx, container, `exec_start: ${commandText(body)}`, { execID: exec.id });
  let process: TaskExec;
  try {
    const { task } = container;
    if (task === undefined) return fail('conflict', `container ${container.record.id} is not running`);
    process = await task.exec({ execId: exec.id, plan: execPlan(ctx, container, exec, options.consoleSize ?? [0, 0]), attach });
  } catch (error) {
    const failure = execFailure(error);
    exec.status = 'exited';
    exec.exitCode = failure.exitCode;
    containerEvent(ctx, container, 'exec_die', { execID: exec.id, exitCode: String(failure.exitCode) });
    if (client === undefined) return fail(failure.kind, failure.text);
    // The answer is out already: the text goes where the output would.
    const text = `${failure.text}\r\n`;
    client.end(terminal ? text : stdoutFrame(text));
    return;
  }
  exec.status = 'running';
  exec.pid = process.pid;
  exec.process = process;
  const ended = process.exited.then(({ code }) => {
    exec.status = 'exited';
    exec.exitCode = code;
    containerEvent(ctx, container, 'exec_die', { execID: exec.id, exitCode: String(code) });
  });
  if (client === undefined || process.stream === undefined) return;
  const detached = await bridge(client, process.stream, { stdin: attach?.stdin === true, detachKeys: terminal && attach?.stdin === true ? parseDetachKeys(body.DetachKeys) : undefined });
  if (detached) containerEvent(ctx, container, 'exec_detach', { execID: exec.id });
  else await ended;
}

function stdoutFrame(text: string): Buffer {
  const data = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, data]);
}

/** The process of an exec: the container's environment and limits, with what the request says in place (dockerd: daemon/exec_linux.go). */
function execPlan(ctx: EngineContext, container: Container, exec: Exec, [rows, cols]: readonly [number, number]): Plan {
  const { record } = container;
  const { body } = exec;
  const { state } = container.runtime;
  const { task } = container;
  if (!isActive(state) || task === undefined || !('process' in task.state)) return fail('conflict', `container ${record.id} is not running`);
  const caps = capabilitiesOf(body.Privileged === true ? { Privileged: true } : record.hostConfig, CAPABILITIES.slice(0, ctx.host.lastCap + 1));
  const security = parseSecurityOptions(record.hostConfig.SecurityOpt ?? []);
  const user = userOf(ctx, record, body.User || record.config.User || '', record.hostConfig.GroupAdd ?? []);
  const terminal = body.Tty === true;
  const process: ProcessSpec = {
    terminal,
    ...(rows > 0 && cols > 0 ? { consoleSize: { height: rows, width: cols } } : {}),
    user: { uid: user.uid, gid: user.gid, additionalGids: [...user.additionalGids] },
    args: [...(body.Cmd ?? [])],
    env: environment(record.config, body.Env ?? [], terminal),
    cwd: body.WorkingDir || record.config.WorkingDir || '/',
    capabilities: { bounding: caps, effective: caps, permitted: caps },
    ...(security.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...(security.apparmor === '' || security.apparmor === 'unconfined' || !ctx.host.lsm.apparmor ? {} : { apparmorProfile: security.apparmor }),
    rlimits: specRlimits(record.hostConfig),
  };
  const spec = containerSpec(ctx, container);
  try {
    return compileExec(process, { id: record.id, spec, bundle: '', pid: state.pid, startTime: task.state.process.startTime, cgroups: cgroupPaths({ id: record.id, spec }, ctx.host) }, ctx.host, {
      stdio: { terminal, stdin: body.AttachStdin === true, stdinOnce: true, inherit: false, rows, cols },
      consoleSocket: '',
      preserveFds: 0,
    });
  } catch (error) {
    // A process that can never be is told by dockerd's runtime, not by dockerd.
    throw error instanceof BerthError ? new BerthError(error.kind, `OCI runtime exec failed: exec failed: ${error.message}`, { cause: error, data: { exitCode: 128 } }) : error;
  }
}

/** As much of the container's spec as an exec needs: namespaces, seccomp, cgroup. */
function containerSpec(ctx: EngineContext, { record }: Container): RuntimeSpec {
  const { hostConfig } = record;
  const security = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  const caps = capabilitiesOf(hostConfig, CAPABILITIES.slice(0, ctx.host.lastCap + 1));
  const unconfined = (hostConfig.Privileged === true && security.seccomp === '') || security.seccomp === 'unconfined';
  const seccomp = unconfined ? undefined : ctx.seccomp(caps, security.seccomp);
  const parent = hostConfig.CgroupParent || ctx.cgroupParent;
  return {
    ociVersion: '1.2.1',
    process: { cwd: '/', user: { uid: 0, gid: 0 } },
    linux: {
      cgroupsPath: `${parent.startsWith('/') ? parent : `/${parent}`}/${record.id}`,
      namespaces: [
        { type: 'mount' },
        ...(hostConfig.NetworkMode === 'host' ? [] : [{ type: 'network' } as const]),
        ...(hostConfig.UTSMode === 'host' ? [] : [{ type: 'uts' } as const]),
        ...(hostConfig.PidMode === 'host' ? [] : [{ type: 'pid' } as const]),
        ...(hostConfig.IpcMode === 'host' ? [] : [{ type: 'ipc' } as const]),
        ...(hostConfig.CgroupnsMode === 'private' ? [{ type: 'cgroup' } as const] : []),
      ],
      ...(seccomp === undefined ? {} : { seccomp }),
    },
  };
}

function inspectExec(exec: Exec): wire.ExecInspect {
  const { body } = exec;
  const [entrypoint = '', ...args] = body.Cmd ?? [];
  return {
    ID: exec.id,
    Running: exec.status === 'running',
    ExitCode: exec.exitCode,
    ProcessConfig: { tty: body.Tty === true, entrypoint, arguments: args, privileged: body.Privileged === true, ...(body.User ? { user: body.User } : {}) },
    OpenStdin: body.AttachStdin === true,
    OpenStderr: body.AttachStderr === true,
    OpenStdout: body.AttachStdout === true,
    CanRemove: false,
    ContainerID: exec.containerId,
    DetachKeys: body.DetachKeys ? parseDetachKeys(body.DetachKeys).toString('base64') : '',
    Pid: exec.pid,
  };
}
