/** Statistics of containers and changes of their limits, as the Engine API writes them. Notation: see `schema.ts`. */
export const statsTables = {
  StatsResponse: {
    name: 'string?', // with its leading slash
    id: 'string?',
    read: 'string',
    preread: 'string',
    pids_stats: 'PidsStats',
    blkio_stats: 'BlkioStats',
    num_procs: 'uint32', // this and the next are Windows'
    storage_stats: 'Empty',
    cpu_stats: 'CpuStats',
    precpu_stats: 'CpuStats',
    memory_stats: 'MemoryStats',
    networks: 'map<NetworkStats>?',
  },
  PidsStats: {
    current: 'uint64?',
    limit: 'uint64?',
  },
  BlkioStats: {
    io_service_bytes_recursive: 'BlkioEntry[]|null',
    io_serviced_recursive: 'BlkioEntry[]|null',
    io_queue_recursive: 'BlkioEntry[]|null',
    io_service_time_recursive: 'BlkioEntry[]|null',
    io_wait_time_recursive: 'BlkioEntry[]|null',
    io_merged_recursive: 'BlkioEntry[]|null',
    io_time_recursive: 'BlkioEntry[]|null',
    sectors_recursive: 'BlkioEntry[]|null',
  },
  BlkioEntry: {
    major: 'uint64',
    minor: 'uint64',
    op: 'string',
    value: 'uint64',
  },
  CpuStats: {
    cpu_usage: 'CpuUsage',
    system_cpu_usage: 'uint64?', // of the whole host, nanoseconds
    online_cpus: 'uint32?',
    throttling_data: 'ThrottlingData',
  },
  CpuUsage: {
    total_usage: 'uint64', // nanoseconds
    percpu_usage: 'uint64[]?', // cgroup v1
    usage_in_kernelmode: 'uint64',
    usage_in_usermode: 'uint64',
  },
  ThrottlingData: {
    periods: 'uint64',
    throttled_periods: 'uint64',
    throttled_time: 'uint64', // nanoseconds
  },
  MemoryStats: {
    usage: 'uint64?',
    max_usage: 'uint64?', // cgroup v1
    stats: 'map<uint64>?', // memory.stat; the names differ between cgroup v1 and v2
    failcnt: 'uint64?',
    limit: 'uint64?',
  },
  NetworkStats: {
    rx_bytes: 'uint64',
    rx_packets: 'uint64',
    rx_errors: 'uint64',
    rx_dropped: 'uint64',
    tx_bytes: 'uint64',
    tx_packets: 'uint64',
    tx_errors: 'uint64',
    tx_dropped: 'uint64',
  },
  ContainerUpdateBody: {
    '...': 'Resources',
    RestartPolicy: 'RestartPolicy?',
  },
  ContainerUpdateResponse: {
    Warnings: 'string[]|null',
  },
  ContainersPruneResponse: {
    ContainersDeleted: 'string[]|null',
    SpaceReclaimed: 'uint64',
  },
} as const;
