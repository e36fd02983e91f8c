import type { containerTables } from './schema-container.ts';
import type { hostTables } from './schema-host.ts';
import type { imageTables } from './schema-image.ts';
import type { networkTables } from './schema-network.ts';
import type { statsTables } from './schema-stats.ts';
import type { systemTables } from './schema-system.ts';

/**
 * Static types of the documents of the wire. The tables in `schema-*.ts` are the one source; from them come these types (which
 * cost nothing at run time, so the command line may import them), the decoder of request bodies (`decode.ts`), the order in which
 * responses are printed (`encode.ts`) and `/openapi.json` (`openapi.ts`).
 *
 * Notation of a field: `bool`, `string`, Go's number types (they appear in the texts of errors: `int`, `int64`, `uint16`, …),
 * `any`, or the name of another document; then `[]` for a list, `map<…>` around for an object with free keys, `|null` where dockerd
 * prints null for an empty value, and a final `?` for a field that may be absent. The key `...` embeds another document at its
 * place. `StrSlice` is a list of strings that a request may also give as one string.
 */
export type Tables = typeof containerTables & typeof hostTables & typeof imageTables & typeof networkTables & typeof statsTables & typeof systemTables;

/** A document by the name of its table. */
export type Document<N extends keyof Tables> = Fields<Tables[N]> & Embedded<Tables[N]>;
type Embedded<T> = T extends { '...': infer B extends keyof Tables } ? Document<B> : unknown;

type Optional<T> = { [K in keyof T]: T[K] extends `${string}?` ? K : never }[keyof T];
type Fields<T> = { [K in Exclude<keyof T, '...' | Optional<T>>]: Value<T[K]> } & {
  [K in Exclude<Optional<T>, '...'>]?: T[K] extends `${infer V}?` ? Value<V> : never;
};

type Scalars = {
  string: string;
  bool: boolean;
  int: number;
  int32: number;
  int64: number;
  nanos: number | bigint;
  uint: number;
  uint16: number;
  uint32: number;
  uint64: number | bigint;
  any: unknown;
  StrSlice: string[];
  Empty: Record<string, never>;
};
type Value<V> = V extends `map<${infer E}>`
  ? Record<string, Value<E>>
  : V extends `${infer E}|null`
    ? Value<E> | null
    : V extends `${infer E}[]`
      ? Value<E>[]
      : V extends keyof Scalars
        ? Scalars[V]
        : V extends keyof Tables
          ? Document<V>
          : never;

export interface ContainerConfig extends Document<'ContainerConfig'> {}
export interface HealthConfig extends Document<'HealthConfig'> {}
export interface ContainerCreateBody extends Document<'ContainerCreateBody'> {}
export interface NetworkingConfig extends Document<'NetworkingConfig'> {}
export interface ContainerCreateResponse extends Document<'ContainerCreateResponse'> {}
export interface ContainerWaitResponse extends Document<'ContainerWaitResponse'> {}
export interface FilesystemChange extends Document<'FilesystemChange'> {}
export interface CommitBody extends Document<'CommitBody'> {}
export interface CommitResponse extends Document<'CommitResponse'> {}
export interface ContainerTop extends Document<'ContainerTop'> {}
export interface ContainerState extends Document<'ContainerState'> {}
export interface Health extends Document<'Health'> {}
export interface HealthcheckResult extends Document<'HealthcheckResult'> {}
export interface ContainerInspect extends Document<'ContainerInspect'> {}
export interface DriverData extends Document<'DriverData'> {}
export interface ContainerSummary extends Document<'ContainerSummary'> {}
export interface Port extends Document<'Port'> {}
export interface MountPoint extends Document<'MountPoint'> {}
export interface Explanation extends Document<'Explanation'> {}
export interface Why extends Document<'Why'> {}
export interface Verdict extends Document<'Verdict'> {}
export interface ExecCreateBody extends Document<'ExecCreateBody'> {}
export interface ExecStartBody extends Document<'ExecStartBody'> {}
export interface ExecCreateResponse extends Document<'ExecCreateResponse'> {}
export interface ExecSession extends Document<'ExecSession'> {}
export interface ExecInspect extends Document<'ExecInspect'> {}

export interface StatsResponse extends Document<'StatsResponse'> {}
export interface CpuStats extends Document<'CpuStats'> {}
export interface MemoryStats extends Document<'MemoryStats'> {}
export interface NetworkStats extends Document<'NetworkStats'> {}
export interface BlkioEntry extends Document<'BlkioEntry'> {}
export interface ContainerUpdateBody extends Document<'ContainerUpdateBody'> {}
export interface ContainerUpdateResponse extends Document<'ContainerUpdateResponse'> {}
export interface ContainersPruneResponse extends Document<'ContainersPruneResponse'> {}

export interface HostConfig extends Document<'HostConfig'> {}
export interface Resources extends Document<'Resources'> {}
export interface WeightDevice extends Document<'WeightDevice'> {}
export interface ThrottleDevice extends Document<'ThrottleDevice'> {}
export interface DeviceMapping extends Document<'DeviceMapping'> {}
export interface DeviceRequest extends Document<'DeviceRequest'> {}
export interface Ulimit extends Document<'Ulimit'> {}
export interface LogConfig extends Document<'LogConfig'> {}
export interface RestartPolicy extends Document<'RestartPolicy'> {}
export interface PortBinding extends Document<'PortBinding'> {}
export interface Mount extends Document<'Mount'> {}

export interface Descriptor extends Document<'Descriptor'> {}
export interface ImageSummary extends Document<'ImageSummary'> {}
export interface ImageInspect extends Document<'ImageInspect'> {}
export interface ImageConfig extends Document<'ImageConfig'> {}
export interface ImageHistoryItem extends Document<'ImageHistoryItem'> {}
export interface ImageDeleteItem extends Document<'ImageDeleteItem'> {}
export interface ProgressMessage extends Document<'ProgressMessage'> {}

export interface NetworkSettings extends Document<'NetworkSettings'> {}
export interface EndpointSettings extends Document<'EndpointSettings'> {}
export interface EndpointIPAMConfig extends Document<'EndpointIPAMConfig'> {}
export interface NetworkInspect extends Document<'NetworkInspect'> {}
export interface IPAM extends Document<'IPAM'> {}
export interface IPAMConfig extends Document<'IPAMConfig'> {}
export interface EndpointResource extends Document<'EndpointResource'> {}
export interface Volume extends Document<'Volume'> {}

export interface ErrorResponse extends Document<'ErrorResponse'> {}
export interface EventMessage extends Document<'EventMessage'> {}
export interface SystemVersion extends Document<'SystemVersion'> {}
export interface ComponentVersion extends Document<'ComponentVersion'> {}
export interface SystemInfo extends Document<'SystemInfo'> {}
export interface RuntimeInfo extends Document<'RuntimeInfo'> {}
export interface DiskUsage extends Document<'DiskUsage'> {}
export interface BuildCacheRecord extends Document<'BuildCacheRecord'> {}
