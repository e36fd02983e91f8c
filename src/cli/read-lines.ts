import type { ApiResponse } from '#client/types.ts';

/** Calls `onLine` for each line of a stream that is not blank, as they come. */
export async function readLines(response: ApiResponse, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  await response.read((chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  });
  if (rest.trim() !== '') onLine(rest);
}
