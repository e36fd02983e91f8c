/** Images as the Docker Engine API writes them. Notation: see `schema.ts`. */
export const imageTables = {
  Descriptor: {
    mediaType: 'string',
    digest: 'string',
    size: 'int64',
    urls: 'string[]?',
    annotations: 'map<string>?',
    data: 'string?',
    platform: 'Platform?',
    artifactType: 'string?',
  },
  Platform: {
    architecture: 'string',
    os: 'string',
    'os.version': 'string?',
    'os.features': 'string[]?',
    variant: 'string?',
  },
  ImageSummary: {
    Containers: 'int64', // -1: not computed
    Created: 'int64',
    Id: 'string',
    Labels: 'map<string>|null',
    ParentId: 'string',
    Descriptor: 'Descriptor?', // since 1.48
    Manifests: 'ImageManifestSummary[]?', // since 1.47, when asked for
    RepoDigests: 'string[]',
    RepoTags: 'string[]',
    SharedSize: 'int64', // -1: not computed
    Size: 'int64',
    VirtualSize: 'int64?', // before 1.44
  },
  ImageManifestSummary: {
    ID: 'string',
    Descriptor: 'Descriptor',
    Available: 'bool',
    Size: 'ImageManifestSize',
    Kind: 'string', // image | attestation | unknown
    ImageData: 'ImageManifestImage?',
    AttestationData: 'ImageManifestAttestation?',
  },
  ImageManifestSize: {
    Content: 'int64',
    Total: 'int64',
  },
  ImageManifestImage: {
    Platform: 'Platform',
    Containers: 'string[]',
    Size: 'ImageUnpackedSize',
  },
  ImageUnpackedSize: {
    Unpacked: 'int64',
  },
  ImageManifestAttestation: {
    For: 'string',
  },
  ImageInspect: {
    Id: 'string',
    RepoTags: 'string[]',
    RepoDigests: 'string[]',
    Parent: 'string',
    Comment: 'string',
    Created: 'string?',
    Container: 'string?', // before 1.45
    ContainerConfig: 'ContainerConfig?', // before 1.45
    DockerVersion: 'string',
    Author: 'string',
    Config: 'ImageConfig|null',
    Architecture: 'string',
    Variant: 'string?',
    Os: 'string',
    OsVersion: 'string?',
    Size: 'int64',
    VirtualSize: 'int64?', // before 1.44
    GraphDriver: 'DriverData',
    RootFS: 'RootFS',
    Metadata: 'ImageMetadata',
    Descriptor: 'Descriptor?', // since 1.48
    Manifests: 'ImageManifestSummary[]?', // since 1.48, when asked for
  },
  // The container defaults of an image, in dockerd's order; the empty fields are left away since 1.50.
  ImageConfig: {
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
    Cmd: 'string[]|null?',
    Healthcheck: 'HealthConfig?',
    ArgsEscaped: 'bool?',
    Image: 'string?',
    Volumes: 'map<Empty>|null?',
    WorkingDir: 'string?',
    Entrypoint: 'string[]|null?',
    OnBuild: 'string[]|null?',
    Labels: 'map<string>|null?',
    StopSignal: 'string?',
    Shell: 'string[]?',
  },
  RootFS: {
    Type: 'string',
    Layers: 'string[]?',
  },
  ImageMetadata: {
    LastTagTime: 'string?',
  },
  ImageHistoryItem: {
    Comment: 'string',
    Created: 'int64',
    CreatedBy: 'string',
    Id: 'string', // '<missing>' for layers without an image of their own
    Size: 'int64',
    Tags: 'string[]|null',
  },
  ImageDeleteItem: {
    Deleted: 'string?',
    Untagged: 'string?',
  },
  // One line of the progress streams of load, import, pull, push and build.
  ProgressMessage: {
    stream: 'string?',
    status: 'string?',
    progressDetail: 'ProgressDetail?',
    progress: 'string?',
    id: 'string?',
    errorDetail: 'ErrorDetail?',
    error: 'string?',
    aux: 'any?',
  },
  ProgressDetail: {
    current: 'int64?',
    total: 'int64?',
    start: 'int64?',
    hidecounts: 'bool?',
    units: 'string?',
  },
  ErrorDetail: {
    code: 'int?',
    message: 'string?',
  },
} as const;
