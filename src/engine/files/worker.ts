import { posix } from 'node:path';
import { fail } from '#base/errors.ts';
import { openContainerTree } from '#kernel/container-tree.ts';
import { serveHelper } from '#kernel/helper-process.ts';
import { openRootView } from '#kernel/root-view.ts';
import { layerOf } from '#images/diff.ts';
import { fromText } from '#images/tar/format.ts';
import type { HelperIo } from '#kernel/helper-process.ts';
import { changesOf } from './changes.ts';
import { extractArchive } from '#images/tree/extract.ts';
import { followIn, isDirectory, lstatIn } from '#images/tree/paths.ts';
import { pathStat } from './stat.ts';
import { TreeArchive } from '#images/tree/tar-tree.ts';
import type { Change, ChangesRequest, ExtractRequest, PathRequest, PathStat, TreeRequest } from './types.ts';

// Entry module of the helper processes that look into containers' files.
void serveHelper({
  stat: ({ root, mounts, path }: PathRequest): PathStat => {
    using tree = openContainerTree(root, mounts);
    return pathStat(tree.fd, path);
  },
  archive: (request: PathRequest, io: HelperIo): void => archive(request, io),
  extract: (request: ExtractRequest, io: HelperIo) => extract(request, io),
  export: ({ root, mounts }: TreeRequest, io: HelperIo): void => {
    using tree = openContainerTree(root, mounts);
    io.head(null);
    for (const piece of new TreeArchive().tree(tree.fd, '/', '')) io.send(piece);
  },
  changes: ({ upper, lower }: ChangesRequest): Change[] => {
    using view = openRootView(lower, true);
    return changesOf(upper, view.fd);
  },
  layer: async ({ upper }: { upper: string }, io: HelperIo): Promise<void> => {
    io.head(null);
    for await (const piece of layerOf(upper)) io.send(piece);
  },
});

function archive({ root, mounts, path }: PathRequest, io: HelperIo): void {
  using tree = openContainerTree(root, mounts);
  const absolute = preserveEnd(posix.join('/', path).replace(/(.)\/$/, '$1'), path);
  const stat = pathStat(tree.fd, absolute);
  io.head(stat);
  const out = new TreeArchive();
  const name = fromText(stat.name);
  for (const piece of stat.mode >= 2 ** 31 ? out.tree(tree.fd, absolute, name) : out.single(tree.fd, posix.dirname(absolute), stat.name, name)) io.send(piece);
}

/** A final `/.` or slash of what was asked for means something to lstat and to the archive's names. */
function preserveEnd(clean: string, original: string): string {
  let path = clean;
  const isDot = (text: string): boolean => /(^|\/)\.\/*$/.test(text);
  if (!isDot(path) && isDot(original)) path += path.endsWith('/') ? '.' : '/.';
  return !path.endsWith('/') && original.endsWith('/') ? `${path}/` : path;
}

async function extract(request: ExtractRequest, io: HelperIo): Promise<void> {
  using tree = openContainerTree(request.root, request.mounts);
  const destination = followIn(tree.fd, posix.join('/', request.path), false);
  if (!isDirectory(lstatIn(tree.fd, destination))) fail('invalidArgument', 'extraction point is not a directory');
  checkWritable(request, destination);
  await extractArchive(tree.fd, destination, io.input(), request);
}

/** As dockerd decides it: by the container's mount points, not by what is mounted how. */
function checkWritable({ volumes, readonlyRoot }: ExtractRequest, path: string): void {
  let inVolume = false;
  for (const { destination, writable } of volumes) {
    const relative = posix.relative(destination, path);
    if (relative === '..' || relative.startsWith('../')) continue;
    if (!writable) fail('invalidArgument', 'mounted volume is marked read-only');
    inVolume = true;
    break;
  }
  if (!inVolume && readonlyRoot) fail('invalidArgument', 'container rootfs is marked read-only');
}
