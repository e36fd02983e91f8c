/**
 * Containers and execs as the Docker Engine API (1.51) writes them. One table per document, fields in the order in which dockerd
 * prints them; the notation is described in `schema.ts`.
 */
export const containerTables = {
  ContainerConfig: {
    Hostname: 'string?',
    Domainname: 'string?',
    User: 'string?',
    AttachStdin: 'bool?',
    AttachStdout: 'bool?',
    AttachStderr: 'bool?',
    ExposedPorts: 'map<Empty>?',
    Tty: 'bool?',
    OpenStdin: 'bool?',
    StdinOnce: 'bool?',
    Env: 'string[]|null?',
    Cmd: 'StrSlice|null?',
    Healthcheck: 'HealthConfig?',
    ArgsEscaped: 'bool?',
    Image: 'string?',
    Volumes: 'map<Empty>|null?',
    WorkingDir: 'string?',
    Entrypoint: 'StrSlice|null?',
    NetworkDisabled: 'bool?',
    MacAddress: 'string?', // before 1.44; since then in the endpoint's settings
    OnBuild: 'string[]|null?',
    Labels: 'map<string>|null?',
    StopSignal: 'string?',
    StopTimeout: 'int?', // seconds
    Shell: 'StrSlice?',
  },
  HealthConfig: {
    Test: 'string[]?', // [] inherit, ["NONE"], ["CMD", …], ["CMD-SHELL", command]
    Interval: 'int64?', // these four in nanoseconds
    Timeout: 'int64?',
    StartPeriod: 'int64?',
    StartInterval: 'int64?', // since 1.44
    Retries: 'int?',
  },
  ContainerCreateBody: {
    '...': 'ContainerConfig',
    HostConfig: 'HostConfig?',
    NetworkingConfig: 'NetworkingConfig?',
  },
  NetworkingConfig: {
    EndpointsConfig: 'map<EndpointSettings>?',
  },
  ContainerCreateResponse: {
    Id: 'string',
    Warnings: 'string[]',
  },
  ContainerWaitResponse: {
    Error: 'WaitError?',
    StatusCode: 'int64',
  },
  WaitError: {
    Message: 'string',
  },
  FilesystemChange: {
    Path: 'string',
    Kind: 'int', // 0 changed, 1 added, 2 deleted
  },
  // As for a container; only what an image keeps is taken. Nothing at all: the container's own.
  CommitBody: {
    '...': 'ContainerConfig',
  },
  CommitResponse: {
    Id: 'string',
  },
  ContainerTop: {
    Processes: 'string[][]',
    Titles: 'string[]',
  },
  ContainerState: {
    Status: 'string', // created | running | paused | restarting | removing | exited | dead
    Running: 'bool',
    Paused: 'bool',
    Restarting: 'bool',
    OOMKilled: 'bool',
    Dead: 'bool',
    Pid: 'int',
    ExitCode: 'int',
    Error: 'string',
    StartedAt: 'string',
    FinishedAt: 'string',
    Health: 'Health?',
  },
  Health: {
    Status: 'string', // none | starting | healthy | unhealthy
    FailingStreak: 'int',
    Log: 'HealthcheckResult[]|null',
  },
  HealthcheckResult: {
    Start: 'string',
    End: 'string',
    ExitCode: 'int',
    Output: 'string',
  },
  ContainerInspect: {
    Id: 'string',
    Created: 'string',
    Path: 'string',
    Args: 'string[]',
    State: 'ContainerState',
    Image: 'string',
    ResolvConfPath: 'string',
    HostnamePath: 'string',
    HostsPath: 'string',
    LogPath: 'string',
    Name: 'string', // with its leading slash
    RestartCount: 'int',
    Driver: 'string',
    Platform: 'string',
    MountLabel: 'string',
    ProcessLabel: 'string',
    AppArmorProfile: 'string',
    ExecIDs: 'string[]|null',
    HostConfig: 'HostConfig',
    GraphDriver: 'DriverData',
    SizeRw: 'int64?',
    SizeRootFs: 'int64?',
    Mounts: 'MountPoint[]',
    Config: 'ContainerConfig',
    NetworkSettings: 'NetworkSettings',
    ImageManifestDescriptor: 'Descriptor?', // since 1.48
  },
  DriverData: {
    Data: 'map<string>|null',
    Name: 'string',
  },
  ContainerSummary: {
    Id: 'string',
    Names: 'string[]',
    Image: 'string',
    ImageID: 'string',
    ImageManifestDescriptor: 'Descriptor?', // since 1.48
    Command: 'string',
    Created: 'int64', // seconds since the epoch
    Ports: 'Port[]',
    SizeRw: 'int64?',
    SizeRootFs: 'int64?',
    Labels: 'map<string>',
    State: 'string',
    Status: 'string',
    HostConfig: 'SummaryHostConfig',
    NetworkSettings: 'SummaryNetworkSettings',
    Mounts: 'MountPoint[]',
  },
  SummaryHostConfig: {
    NetworkMode: 'string?',
    Annotations: 'map<string>?', // since 1.46
  },
  SummaryNetworkSettings: {
    Networks: 'map<EndpointSettings>',
  },
  Port: {
    IP: 'string?',
    PrivatePort: 'uint16',
    PublicPort: 'uint16?',
    Type: 'string',
  },
  MountPoint: {
    Type: 'string?', // bind | volume | tmpfs | npipe | cluster | image
    Name: 'string?',
    Source: 'string',
    Destination: 'string',
    Driver: 'string?',
    Mode: 'string',
    RW: 'bool',
    Propagation: 'string',
  },
  // What `explain` answers: Berth's own. `plan` is the list of kernel steps, `lines` the same for people.
  Explanation: {
    warnings: 'string[]',
    lines: 'string[]',
    plan: 'any',
  },
  // What `why` answers: Berth's own. Verdicts are newest first; times are RFC 3339 ("" where there was none).
  Why: {
    id: 'string',
    name: 'string',
    status: 'string',
    running: 'bool',
    verdicts: 'Verdict[]',
  },
  Verdict: {
    cause: 'string',
    summary: 'string',
    evidence: 'string[]',
    hints: 'string[]',
    exitCode: 'int',
    signal: 'int',
    startedAt: 'string',
    finishedAt: 'string',
    logTail: 'string[]',
  },
  ExecCreateBody: {
    User: 'string?',
    Privileged: 'bool?',
    Tty: 'bool?',
    ConsoleSize: 'uint[]|null?', // [rows, columns]
    AttachStdin: 'bool?',
    AttachStderr: 'bool?',
    AttachStdout: 'bool?',
    Detach: 'bool?',
    DetachKeys: 'string?',
    Env: 'string[]|null?',
    WorkingDir: 'string?',
    Cmd: 'string[]|null?',
    KillOnDisconnect: 'bool?', // Berth's own: the exec ends when its attached client goes away
  },
  ExecStartBody: {
    Detach: 'bool?',
    Tty: 'bool?',
    ConsoleSize: 'uint[]|null?',
  },
  ExecCreateResponse: {
    Id: 'string',
  },
  ExecInspect: {
    ID: 'string',
    Running: 'bool',
    ExitCode: 'int|null',
    ProcessConfig: 'ExecProcessConfig',
    OpenStdin: 'bool',
    OpenStderr: 'bool',
    OpenStdout: 'bool',
    CanRemove: 'bool',
    ContainerID: 'string',
    DetachKeys: 'string', // base64 of the key bytes, as dockerd prints a Go []byte
    Pid: 'int',
  },
  // One line of `exec ls`: Berth's own.
  ExecSession: {
    Id: 'string',
    ContainerID: 'string',
    ContainerName: 'string',
    Command: 'string[]',
    Tty: 'bool',
    User: 'string',
    Status: 'string', // created | starting | running | exited
    Pid: 'int',
    Processes: 'int', // of its session, itself included
    ExitCode: 'int|null',
    StartedAt: 'string',
  },
  ExecProcessConfig: {
    tty: 'bool',
    entrypoint: 'string',
    arguments: 'string[]',
    privileged: 'bool?',
    user: 'string?',
  },
} as const;
