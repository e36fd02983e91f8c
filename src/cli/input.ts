/**
 * Reads standard input piece by piece until its end, until `onData` answers false, or until `stop`.
 * Reading continues only after `onData` settled. Afterwards input no longer keeps the process alive.
 */
export async function readInput(stop: AbortSignal, onData: (chunk: Buffer) => Promise<boolean>): Promise<void> {
  const { stdin } = process;
  const ended = new Promise<void>((resolve) => {
    const finish = (): void => {
      stdin.off('data', take);
      stdin.pause();
      stdin.unref?.();
      resolve();
    };
    const take = (chunk: Buffer): void => {
      stdin.pause();
      void onData(chunk).then((more) => {
        if (more && !stop.aborted) stdin.resume();
        else finish();
      }, finish);
    };
    stdin.on('data', take);
    stdin.once('end', finish);
    stdin.once('error', finish);
    stop.addEventListener('abort', finish, { once: true });
  });
  if (stop.aborted) return;
  await ended;
}
