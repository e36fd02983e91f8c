import { closeSync, openSync } from 'node:fs';
import { serveWorker } from '#base/worker-pool.ts';
import { syncFileSystem } from '#kernel/fs-at.ts';
import { unpackLayer } from './unpack.ts';
import type { WorkerContext } from '#base/worker-pool.ts';
import type { UnpackRequest } from './unpack.ts';

// Entry module of the image service's worker threads.
serveWorker({
  unpack: (request: UnpackRequest, context: WorkerContext) => unpackLayer(request, context.signal),
  /** Brings everything written to the file system of a directory to the disk. */
  sync: (path: string) => {
    const fd = openSync(path, 'r');
    try {
      syncFileSystem(fd);
    } finally {
      closeSync(fd);
    }
  },
});
