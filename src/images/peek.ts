import { open } from 'node:fs/promises';

/** The first bytes of a file, enough to tell its compression. */
export async function head(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  return buffer.subarray(0, bytesRead);
}
