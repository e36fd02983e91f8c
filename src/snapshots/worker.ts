import { serveWorker } from '#base/worker-pool.ts';
import { removeTree, treeSize } from './tree.ts';

// Entry module of the snapshotter's worker thread: what would block the daemon for the time of a large tree.
serveWorker({
  removeTree: (path: string) => removeTree(path),
  treeSize: (path: string) => treeSize(path),
});
