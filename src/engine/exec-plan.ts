import { BerthError, fail } from '#base/errors.ts';
import { CAPABILITIES } from '#runtime/capabilities.ts';
import { cgroupPaths } from '#runtime/cgroup-paths.ts';
import { compileExec } from '#runtime/compile-exec.ts';
import type { Plan } from '#runtime/plan.ts';
import type { ProcessSpec, RuntimeSpec } from '#spec/runtime.ts';
import { capabilitiesOf } from './capabilities.ts';
import { environment } from './container-config.ts';
import type { Container } from './container.ts';
import type { EngineContext } from './context.ts';
import type { Exec } from './exec.ts';
import { parseSecurityOptions } from './host-config.ts';
import { userOf } from './prepare-start.ts';
import { specRlimits } from './spec-resources.ts';
import { isActive } from './state.ts';

/** The process of an exec: the container's environment and limits, with what the request says in place (dockerd: daemon/exec_linux.go). */
export function execPlan(ctx: EngineContext, { container, body }: Exec, [rows, cols]: readonly [number, number] = [0, 0]): Plan {
  const { record } = container;
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

