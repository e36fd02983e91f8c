import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { ImageConfigFile, ImageRunConfig } from '#spec/image.ts';
import { parseSignal } from './signals.ts';

/** The fields of a create request's body that are the container's own config, with dockerd's defaults, before merging. */
export function ownConfig(body: wire.ContainerCreateBody): wire.ContainerConfig {
  const { HostConfig: _host, NetworkingConfig: _networking, ...config } = body;
  return config;
}

/**
 * Merges the image's config under the request's (dockerd: daemon/commit.go `merge`): the request wins; Env, ExposedPorts,
 * Volumes and Labels are united; Cmd of the image counts only while neither Cmd nor Entrypoint is asked for.
 */
export function mergeConfig(own: wire.ContainerConfig, image: ImageConfigFile | undefined): wire.ContainerConfig {
  const base: ImageRunConfig = image?.config ?? {};
  const ownEntrypoint = own.Entrypoint ?? [];
  const ownCmd = own.Cmd ?? [];
  // [""] resets the entrypoint of the image.
  const entrypointReset = ownEntrypoint.length === 1 && ownEntrypoint[0] === '';
  const useImageEntrypoint = ownEntrypoint.length === 0;
  const entrypoint = entrypointReset ? [] : useImageEntrypoint ? (base.Entrypoint ?? null) : ownEntrypoint;
  const cmd = useImageEntrypoint && ownCmd.length === 0 ? (base.Cmd ?? null) : own.Cmd ?? null;
  const healthcheck = mergeHealthcheck(own.Healthcheck, base.Healthcheck);
  return {
    ...own,
    User: own.User || base.User || '',
    ...(own.ExposedPorts === undefined && base.ExposedPorts === undefined ? {} : { ExposedPorts: { ...base.ExposedPorts, ...own.ExposedPorts } }),
    Env: mergeEnv(own.Env ?? [], base.Env ?? []),
    Cmd: cmd,
    Entrypoint: entrypoint,
    ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
    Volumes: mergeVolumes(own.Volumes, base.Volumes),
    WorkingDir: cleanPath(own.WorkingDir || base.WorkingDir || ''),
    OnBuild: own.OnBuild ?? null,
    Labels: { ...base.Labels, ...own.Labels },
    ...stopSignal(own.StopSignal || base.StopSignal || ''),
    ...(own.Shell === undefined && base.Shell === undefined ? {} : { Shell: own.Shell ?? base.Shell }),
  };
}

// Go's filepath.Clean, which dockerd runs over it; what is relative is refused later as it was written.
function cleanPath(path: string): string {
  return path.startsWith('/') ? posix.normalize(path).replace(/(.)\/$/, '$1') : path;
}

function stopSignal(signal: string): { StopSignal?: string } {
  return signal === '' ? {} : { StopSignal: signal };
}

function mergeEnv(own: readonly string[], image: readonly string[]): string[] {
  const names = new Set(own.map((entry) => entry.split('=', 1)[0]));
  return [...own, ...image.filter((entry) => !names.has(entry.split('=', 1)[0]))];
}

function mergeVolumes(own: wire.ContainerConfig['Volumes'], image: ImageRunConfig['Volumes']): Record<string, Record<string, never>> | null {
  const merged = { ...image, ...own };
  return Object.keys(merged).length === 0 ? null : merged;
}

function mergeHealthcheck(own: wire.HealthConfig | undefined, image: wire.HealthConfig | undefined): wire.HealthConfig | undefined {
  if (own === undefined || image === undefined) return own ?? image;
  return {
    ...image,
    ...own,
    Test: (own.Test ?? []).length > 0 ? own.Test : image.Test,
    Interval: own.Interval || image.Interval,
    Timeout: own.Timeout || image.Timeout,
    StartPeriod: own.StartPeriod || image.StartPeriod,
    StartInterval: own.StartInterval || image.StartInterval,
    Retries: own.Retries || image.Retries,
  };
}

/** Fills what dockerd fills: hostname from the id, empty strings and false for what is not said. Key order is dockerd's. */
export function completeConfig(config: wire.ContainerConfig, id: string, hostConfig: wire.HostConfig, hostHostname: string): wire.ContainerConfig {
  const utsHost = hostConfig.UTSMode === 'host' || hostConfig.NetworkMode === 'host';
  return {
    ...config,
    Hostname: config.Hostname || (utsHost ? hostHostname : hostConfig.NetworkMode?.startsWith('container:') === true ? '' : id.slice(0, 12)),
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: config.AttachStdin ?? false,
    AttachStdout: config.AttachStdout ?? false,
    AttachStderr: config.AttachStderr ?? false,
    Tty: config.Tty ?? false,
    OpenStdin: config.OpenStdin ?? false,
    StdinOnce: config.StdinOnce ?? false,
    Image: config.Image ?? '',
  };
}

/** Throws invalidArgument with dockerd's texts (daemon/container.go `verifyContainerConfig`). */
export function validateConfig(config: wire.ContainerConfig): void {
  if (config.WorkingDir !== undefined && config.WorkingDir !== '' && !config.WorkingDir.startsWith('/')) {
    fail('invalidArgument', `the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal !== undefined && config.StopSignal !== '') parseSignal(config.StopSignal);
  for (const entry of config.Env ?? []) {
    if (entry === '' || entry.startsWith('=')) fail('invalidArgument', `invalid environment variable: ${entry}`);
  }
  validateHealthcheck(config.Healthcheck);
}

function validateHealthcheck(health: wire.HealthConfig | undefined): void {
  if (health === undefined) return;
  const millisecond = 1_000_000;
  for (const [name, value] of [['Interval', health.Interval], ['Timeout', health.Timeout], ['StartPeriod', health.StartPeriod], ['StartInterval', health.StartInterval]] as const) {
    if (value !== undefined && value !== 0 && value < millisecond) fail('invalidArgument', `${name} in Healthcheck cannot be less than 1ms`);
  }
  if (health.Retries !== undefined && health.Retries < 0) fail('invalidArgument', 'Retries in Healthcheck cannot be negative');
}

/** What is run: entrypoint and cmd as Path and Args. Throws invalidArgument when there is nothing to run. */
export function commandOf(config: wire.ContainerConfig): { path: string; args: string[] } {
  const argv = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const [path, ...args] = argv;
  if (path === undefined) fail('invalidArgument', 'no command specified');
  return { path, args };
}

/**
 * Environment of a process: defaults (PATH, HOSTNAME, TERM) under the config's. An entry without `=` takes a variable away;
 * a later value replaces an earlier one in its place (dockerd: container/env.go).
 */
export function environment(config: wire.ContainerConfig, extra: readonly string[] = [], terminal: boolean = config.Tty ?? false): string[] {
  const defaults = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `HOSTNAME=${config.Hostname ?? ''}`];
  if (terminal) defaults.push('TERM=xterm');
  return overlayEnv(overlayEnv(defaults, config.Env ?? []), extra);
}

function overlayEnv(base: readonly string[], overrides: readonly string[]): string[] {
  const values = new Map(base.map((entry) => [entry.split('=', 1)[0] ?? '', entry]));
  for (const entry of overrides) {
    const name = entry.split('=', 1)[0] ?? '';
    if (entry.includes('=')) values.set(name, entry);
    else values.delete(name);
  }
  return [...values.values()];
}
