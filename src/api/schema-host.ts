/** HostConfig with all that belongs to it: resources, devices, mounts, logging, restart policy. Notation: see `schema.ts`. */
export const hostTables = {
  HostConfig: {
    Binds: 'string[]|null?',
    ContainerIDFile: 'string?',
    LogConfig: 'LogConfig?',
    NetworkMode: 'string?',
    PortBindings: 'map<PortBinding[]>|null?',
    RestartPolicy: 'RestartPolicy?',
    AutoRemove: 'bool?',
    VolumeDriver: 'string?',
    VolumesFrom: 'string[]|null?',
    ConsoleSize: 'uint[]?', // [rows, columns]
    Annotations: 'map<string>?', // since 1.43
    CapAdd: 'StrSlice|null?',
    CapDrop: 'StrSlice|null?',
    CgroupnsMode: 'string?', // private | host | ''
    Dns: 'string[]|null?',
    DnsOptions: 'string[]|null?',
    DnsSearch: 'string[]|null?',
    ExtraHosts: 'string[]|null?',
    GroupAdd: 'string[]|null?',
    IpcMode: 'string?',
    Cgroup: 'string?',
    Links: 'string[]|null?',
    OomScoreAdj: 'int?',
    PidMode: 'string?',
    Privileged: 'bool?',
    PublishAllPorts: 'bool?',
    ReadonlyRootfs: 'bool?',
    SecurityOpt: 'string[]|null?',
    StorageOpt: 'map<string>?',
    Tmpfs: 'map<string>?',
    UTSMode: 'string?',
    UsernsMode: 'string?',
    ShmSize: 'int64?', // bytes
    Sysctls: 'map<string>?',
    Runtime: 'string?',
    Isolation: 'string?',
    '...': 'Resources',
    Mounts: 'Mount[]|null?',
    MaskedPaths: 'string[]|null?',
    ReadonlyPaths: 'string[]|null?',
    Init: 'bool|null?',
  },
  Resources: {
    CpuShares: 'int64?',
    Memory: 'int64?', // bytes
    NanoCpus: 'int64?', // 10⁻⁹ CPUs
    CgroupParent: 'string?',
    BlkioWeight: 'uint16?',
    BlkioWeightDevice: 'WeightDevice[]|null?',
    BlkioDeviceReadBps: 'ThrottleDevice[]|null?',
    BlkioDeviceWriteBps: 'ThrottleDevice[]|null?',
    BlkioDeviceReadIOps: 'ThrottleDevice[]|null?',
    BlkioDeviceWriteIOps: 'ThrottleDevice[]|null?',
    CpuPeriod: 'int64?', // µs
    CpuQuota: 'int64?', // µs
    CpuRealtimePeriod: 'int64?',
    CpuRealtimeRuntime: 'int64?',
    CpusetCpus: 'string?',
    CpusetMems: 'string?',
    Devices: 'DeviceMapping[]|null?',
    DeviceCgroupRules: 'string[]|null?',
    DeviceRequests: 'DeviceRequest[]|null?',
    KernelMemory: 'int64?', // before 1.42
    KernelMemoryTCP: 'int64?',
    MemoryReservation: 'int64?',
    MemorySwap: 'int64?', // memory + swap; -1: unlimited
    MemorySwappiness: 'int64|null?',
    OomKillDisable: 'bool|null?',
    PidsLimit: 'int64|null?',
    Ulimits: 'Ulimit[]|null?',
    CpuCount: 'int64?',
    CpuPercent: 'int64?',
    IOMaximumIOps: 'uint64?',
    IOMaximumBandwidth: 'uint64?',
  },
  WeightDevice: {
    Path: 'string?',
    Weight: 'uint16?',
  },
  ThrottleDevice: {
    Path: 'string?',
    Rate: 'uint64?',
  },
  DeviceMapping: {
    PathOnHost: 'string?',
    PathInContainer: 'string?',
    CgroupPermissions: 'string?',
  },
  DeviceRequest: {
    Driver: 'string?',
    Count: 'int?',
    DeviceIDs: 'string[]|null?',
    Capabilities: 'string[][]|null?',
    Options: 'map<string>|null?',
  },
  Ulimit: {
    Name: 'string?',
    Hard: 'int64?',
    Soft: 'int64?',
  },
  LogConfig: {
    Type: 'string?',
    Config: 'map<string>|null?',
  },
  RestartPolicy: {
    Name: 'string?', // '' | no | always | unless-stopped | on-failure
    MaximumRetryCount: 'int?',
  },
  PortBinding: {
    HostIp: 'string?',
    HostPort: 'string?',
  },
  Mount: {
    Type: 'string?', // bind | volume | tmpfs | npipe | cluster | image
    Source: 'string?',
    Target: 'string?',
    ReadOnly: 'bool?',
    Consistency: 'string?',
    BindOptions: 'BindOptions?',
    VolumeOptions: 'VolumeOptions?',
    ImageOptions: 'ImageOptions?', // since 1.48
    TmpfsOptions: 'TmpfsOptions?',
    ClusterOptions: 'Empty?',
  },
  BindOptions: {
    Propagation: 'string?',
    NonRecursive: 'bool?',
    CreateMountpoint: 'bool?',
    ReadOnlyNonRecursive: 'bool?', // since 1.44
    ReadOnlyForceRecursive: 'bool?', // since 1.44
  },
  VolumeOptions: {
    NoCopy: 'bool?',
    Labels: 'map<string>?',
    Subpath: 'string?', // since 1.45
    DriverConfig: 'VolumeDriverConfig?',
  },
  VolumeDriverConfig: {
    Name: 'string?',
    Options: 'map<string>?',
  },
  ImageOptions: {
    Subpath: 'string?',
  },
  TmpfsOptions: {
    SizeBytes: 'int64?',
    Mode: 'uint32?',
    Options: 'string[][]|null?', // since 1.46
  },
} as const;
