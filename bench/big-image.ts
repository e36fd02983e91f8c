import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from '../tests/support/command.ts';

const FILE_BYTES = 10_000;
const LAYERS = 3;

/** Writes a docker-save archive of the image `big`: `files` files of 10 kB that do not compress, in three layers. */
export async function makeBigImage(archive: string, files: number): Promise<void> {
  const work = mkdtempSync(join(dirname(archive), 'big-'));
  try {
    const layers: string[] = [];
    const diffIds: string[] = [];
    for (let layer = 0; layer < LAYERS; layer++) {
      const root = join(work, `root${layer}`);
      writeFiles(root, layer, Math.floor(files / LAYERS));
      mkdirSync(join(work, 'image', String(layer)), { recursive: true });
      const tar = join(work, 'image', String(layer), 'layer.tar');
      await must('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '-C', root, '-cf', tar, '.']);
      rmSync(root, { recursive: true });
      layers.push(`${layer}/layer.tar`);
      diffIds.push(`sha256:${await sha256(tar)}`);
    }
    const config = { architecture: process.arch === 'x64' ? 'amd64' : 'arm64', os: 'linux', config: { Cmd: ['true'] }, rootfs: { type: 'layers', diff_ids: diffIds } };
    writeFileSync(join(work, 'image', 'config.json'), JSON.stringify(config));
    writeFileSync(join(work, 'image', 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: ['big:latest'], Layers: layers }]));
    await must('tar', ['-C', join(work, 'image'), '-cf', archive, '.']);
    if (statSync(archive).size < files * FILE_BYTES * 0.9) throw new Error(`${archive} is smaller than its files`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function writeFiles(root: string, layer: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const directory = join(root, `layer${layer}`, `d${Math.floor(i / 100)}`);
    if (i % 100 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${i}`), randomBytes(FILE_BYTES));
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
