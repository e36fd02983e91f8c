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
    Config: 'ImageConfig|null',
  },
  // The container defaults of an image, in the order of the alphabet as dockerd prints them. Before 1.50 a few more fields, always empty.
  ImageConfig: {
    ArgsEscaped: 'bool?',
    AttachStderr: 'bool?',
    AttachStdin: 'bool?',
    AttachStdout: 'bool?',
    Cmd: 'string[]|null?',
    Domainname: 'string?',
    Entrypoint: 'string[]|null?',
    Env: 'string[]|null?',
    ExposedPorts: 'map<Empty>?',
    Healthcheck: 'HealthConfig?',
    Hostname: 'string?',
    Image: 'string?',
    Labels: 'map<string>|null?',
    OnBuild: 'string[]|null?',
    OpenStdin: 'bool?',
    Shell: 'string[]?',
    StdinOnce: 'bool?',
    StopSignal: 'string?',
    Tty: 'bool?',
    User: 'string?',
    Volumes: 'map<Empty>|null?',
    WorkingDir: 'string?',
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
