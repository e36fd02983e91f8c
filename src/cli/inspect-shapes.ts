import { GoStruct, isMap } from '#base/go-template/value.ts';

/**
 * Which objects of an inspected container are structs in Docker's client: templates print those as values in the order of
 * their fields (`{running true …}`), maps as `map[…]`. Only what people print whole is listed; the rest stays a map.
 */
interface Shape {
  /** Field → value when the daemon left it out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Go names of fields that are spelled differently in JSON. */
  readonly wire?: Readonly<Record<string, string>>;
}

const state: Shape = {
  fields: {
    Status: '', Running: false, Paused: false, Restarting: false, OOMKilled: false, Dead: false, Pid: 0, ExitCode: 0, Error: '', StartedAt: '', FinishedAt: '', Health: null,
  },
};
const mount: Shape = { fields: { Type: '', Name: '', Source: '', Destination: '', Driver: '', Mode: '', RW: false, Propagation: '' } };
const binding: Shape = { fields: { HostIP: '', HostPort: '' }, wire: { HostIP: 'HostIp' } };
const restartPolicy: Shape = { fields: { Name: '', MaximumRetryCount: 0 } };
const logConfig: Shape = { fields: { Type: '', Config: {} } };

function struct(value: unknown, shape: Shape): unknown {
  if (!isMap(value)) return value;
  const names = Object.keys(shape.fields);
  const plain = (name: string): unknown => value[shape.wire?.[name] ?? name] ?? shape.fields[name];
  return new GoStruct('container.Struct', names, plain, () => JSON.stringify(value));
}

const eachOf = (list: unknown, shape: Shape): unknown => (Array.isArray(list) ? list.map((item) => struct(item, shape)) : list);

const bindings = (ports: unknown): unknown => (isMap(ports) ? Object.fromEntries(Object.entries(ports).map(([port, list]) => [port, list === null ? [] : eachOf(list, binding)])) : ports);

/** The answer of GET /containers/ID/json with structs where Go has them. Other answers are given back as they are. */
export function withStructs(data: unknown): unknown {
  if (!isMap(data) || !isMap(data['State']) || !isMap(data['HostConfig'])) return data;
  const { State: stateValue, HostConfig: host, Mounts: mounts, NetworkSettings: network } = data;
  return {
    ...data,
    State: struct(stateValue, state),
    HostConfig: { ...host, RestartPolicy: struct(host['RestartPolicy'], restartPolicy), LogConfig: struct(host['LogConfig'], logConfig), PortBindings: bindings(host['PortBindings']) },
    Mounts: eachOf(mounts, mount),
    NetworkSettings: isMap(network) ? { ...network, Ports: bindings(network['Ports']) } : network,
  };
}
