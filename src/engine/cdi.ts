import { readFileSync, readdirSync, statSync } from 'node:fs';
import { BerthError, errnoOf, fail, messageOf } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import { parseCdiSpec } from '#spec/cdi.ts';
import type { CdiSpec, ContainerEdits } from '#spec/cdi.ts';

/** Larger files are no specifications. */
const maxBytes = 4 << 20;

/** Reads all specifications of the directories; what can't be read or is wrong is told to `warn` and left out. */
export async function loadCdiSpecs(directories: readonly string[], warn: (text: string) => void): Promise<Map<string, { spec: CdiSpec; edits: ContainerEdits }>> {
  const devices = new Map<string, { spec: CdiSpec; edits: ContainerEdits }>();
  for (const directory of directories) {
    const here = new Map<string, { spec: CdiSpec; edits: ContainerEdits }>();
    const twice = new Set<string>();
    for (const name of specFiles(directory)) {
      const spec = await loadSpec(`${directory}/${name}`).catch((error: unknown) => warn(`CDI specification ${directory}/${name}: ${messageOf(error)}`));
      for (const [device, edits] of spec?.devices ?? []) {
        const qualified = `${spec?.kind}=${device}`;
        if (here.has(qualified)) twice.add(qualified);
        if (spec !== undefined) here.set(qualified, { spec, edits });
      }
    }
    // A later directory wins over an earlier one; within one directory nobody wins.
    for (const [name, device] of here) devices.set(name, device);
    for (const name of twice) {
      devices.delete(name);
      warn(`CDI device ${name} is defined more than once in ${directory}`);
    }
  }
  return devices;
}

function specFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /\.(json|ya?ml)$/.test(name) && !name.endsWith('.yml')).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function loadSpec(path: string): Promise<CdiSpec> {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > maxBytes) fail('invalidArgument', `not a file of at most ${maxBytes} bytes`);
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.json')) return parseCdiSpec(JSON.parse(text));
  const { parse } = await import('yaml');
  return parseCdiSpec(parse(text, { maxAliasCount: 100, prettyErrors: false }));
}

/**
 * What the device requests of a container add to its specification. Throws with dockerd's texts (daemon/devices.go, cdi.go)
 * for devices that nobody can give: there is no driver here but CDI.
 */
export async function deviceEdits(requests: readonly wire.DeviceRequest[], directories: readonly string[], warn: (text: string) => void): Promise<ContainerEdits[]> {
  const edits: ContainerEdits[] = [];
  for (const request of requests) {
    const { Driver = '', Count = 0, DeviceIDs, Capabilities, Options } = request;
    if (Driver !== 'cdi') fail('internal', `could not select device driver ${JSON.stringify(Driver)} with capabilities: ${goLists(Capabilities ?? [])}`);
    if (Count !== 0) fail('invalidArgument', 'unexpected count in CDI device request');
    if (Object.keys(Options ?? {}).length > 0) fail('invalidArgument', 'unexpected options in CDI device request');
    edits.push(...await injected(DeviceIDs ?? [], directories, warn));
  }
  return edits;
}

// The edits of a specification come once, before those of the first of its devices.
async function injected(names: readonly string[], directories: readonly string[], warn: (text: string) => void): Promise<ContainerEdits[]> {
  if (names.length === 0) return [];
  const devices = await loadCdiSpecs(directories, warn);
  const missing = names.filter((name) => !devices.has(name));
  if (missing.length > 0) throw new BerthError('internal', `CDI device injection failed: unresolvable CDI devices ${missing.join(', ')}`);
  const seen = new Set<CdiSpec>();
  return names.flatMap((name) => {
    const device = devices.get(name);
    if (device === undefined) return [];
    const first = !seen.has(device.spec);
    seen.add(device.spec);
    return first ? [device.spec.edits, device.edits] : [device.edits];
  });
}

// Go's %v of [][]string.
function goLists(lists: readonly (readonly string[])[]): string {
  return `[${lists.map((list) => `[${list.join(' ')}]`).join(' ')}]`;
}
