/** One value as the engine knows it. Names follow Prometheus' rules (`berth_containers`). */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly { readonly value: number; readonly labels?: Readonly<Record<string, string>> }[];
}

/** Makes the `metrics` of {@link ServerOptions}: what `collect` gives and the process's own, read at each request. */
export function createMetrics(collect: () => Promise<readonly Metric[]>): () => Promise<{ contentType: string; text: string }> {
  let own: Promise<() => Promise<{ contentType: string; text: string }>> | undefined;
  return async () => {
    // The library takes some 40 ms to load; a daemon that nobody scrapes never pays for it.
    own ??= processMetrics();
    const [{ contentType, text }, metrics] = await Promise.all([own.then((read) => read()), collect()]);
    return { contentType, text: text + metrics.map(formatMetric).join('') };
  };
}

async function processMetrics(): Promise<() => Promise<{ contentType: string; text: string }>> {
  const { Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => ({ contentType: registry.contentType, text: await registry.metrics() });
}

function formatMetric({ name, help, type, samples }: Metric): string {
  const lines = samples.map(({ value, labels }) => `${name}${formatLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function formatLabels(labels: Readonly<Record<string, string>> = {}): string {
  const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
