/** Makes transcripts of two engines comparable: what must differ between two runs of one engine becomes a placeholder. */

export interface Places {
  /** Directories of the run, longest first, with the words to put in their place. */
  readonly paths: readonly (readonly [string, string])[];
  /** Ids that must be the same in every engine (of the base image and its layers): shown as they are. */
  readonly keep: readonly string[];
}

/** Applies all rules. Ids keep their identity: the n-th different id of a transcript is <id n> in both. */
export function normalize(transcript: string, places: Places): string {
  let text = transcript.replaceAll('\r\n', '<CR>\n');
  for (const [path, word] of places.paths) text = text.replaceAll(path, word);
  return normalizeIds(normalizeTimes(text), new Set(places.keep.map((id) => id.slice(0, 12))))
    .replace(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '<mac>')
    // The chain of programs that dockerd hands a start through is no part of what went wrong.
    .replace(/(?:failed to create task for container: )?(?:failed to create shim task: )?OCI runtime (?:create|exec) failed: (?:runc create failed: |exec failed: )?(?:unable to start container process: )?/g, '')
    // Why an image could not be pulled: there are no registries here.
    .replace(/Error response from daemon: (?:Get "https:\/\/registry-1\.docker\.io\/v2\/": dial |pulling )[^\n]*/g, 'Error response from daemon: <pull failed>')
    // Columns of a table are as wide as words that depend on the time.
    .replace(/(<ago>|Up <while>|\b(?:STATUS|CREATED)\b) {2,}/g, '$1   ')
    .replace(/\bberth0\b/g, 'docker0')
    .replace(/\/overlay2\/[\w/]+/g, '/<layers>')
    .replace(/[ \t]+$/gm, '');
}

function normalizeTimes(text: string): string {
  return text
    .replace(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})/g, '<time>')
    .replace(/\b\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)? [+-]\d{4} \w+/g, '<time>')
    .replace(/(?:Less than a second|About (?:a|an) (?:minute|hour)|\d+ (?:second|minute|hour|day|week|month|year)s?) ago/g, '<ago>')
    .replace(/\bUp (?:Less than a second|About (?:a|an) (?:minute|hour)|\d+ (?:second|minute)s?)/g, 'Up <while>')
    .replace(/\b1[789]\d{8}(?:\.\d{9})?\b/g, '<epoch>')
    .replace(/\b1[789]\d{17}\b/g, '<epoch>');
}

function normalizeIds(text: string, keep: ReadonlySet<string>): string {
  const numbers = new Map<string, number>();
  const numberOf = (id: string): number => {
    const key = id.slice(0, 12);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size + 1);
    return numbers.size;
  };
  return text.replace(/\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g, (id) => (/^\d+$/.test(id) || keep.has(id.slice(0, 12)) ? id : `<${id.length === 64 ? 'id' : 'short id'} ${numberOf(id)}>`));
}

/** A unified-looking difference of two texts, with two lines of context; "" when they are equal. */
export function difference(expected: string, actual: string): string {
  if (expected === actual) return '';
  const [a, b] = [expected.split('\n'), actual.split('\n')];
  const common = longestCommon(a, b);
  const lines: { mark: string; text: string }[] = [];
  let [i, j] = [0, 0];
  for (const [x, y] of [...common, [a.length, b.length] as const]) {
    while (i < x) lines.push({ mark: '-', text: a[i++] ?? '' });
    while (j < y) lines.push({ mark: '+', text: b[j++] ?? '' });
    if (i < a.length) lines.push({ mark: ' ', text: a[i] ?? '' });
    i++;
    j++;
  }
  const near = (at: number): boolean => lines.slice(Math.max(0, at - 2), at + 3).some((line) => line.mark !== ' ');
  return lines.filter((_, at) => near(at)).map((line) => line.mark + line.text).join('\n');
}

/** Pairs of indices of a longest common subsequence. Transcripts have at most a few hundred lines. */
function longestCommon(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = table[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
