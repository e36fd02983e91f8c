import { cut } from './flag-types.ts';

export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount: number;
}

/** `--restart`: a policy's name, with a count of tries after a colon. Throws with Docker's texts. */
export function restartPolicy(text: string): RestartPolicy {
  const [name, count] = cut(text, ':');
  if (count !== undefined && name === '') throw new Error('invalid restart policy format: no policy provided before colon');
  if (count !== undefined && count !== '' && !/^[+-]?\d+$/.test(count)) throw new Error('invalid restart policy format: maximum retry count must be an integer');
  return { Name: name, MaximumRetryCount: count === undefined ? 0 : Number(count) };
}
