import { fail } from '#base/errors.ts';
import type * as wire from '#api/schema.ts';
import type { EngineContext } from './context.ts';
import { endingOf, isActive } from './state.ts';

type Exit = { code: number; error: string };

/** POST wait. `accepted` resolves once the waiter stands, so that a start that follows cannot be missed. */
export function waitContainer(ctx: EngineContext, reference: string, condition: string, signal: AbortSignal): { accepted: Promise<void>; result: Promise<wire.ContainerWaitResponse> } {
  const container = ctx.registry.get(reference);
  if (!['', 'not-running', 'next-exit', 'removed'].includes(condition)) fail('invalidArgument', `invalid condition: ${JSON.stringify(condition)}`);
  const { promise, resolve, reject } = Promise.withResolvers<wire.ContainerWaitResponse>();
  const tell = ({ code, error }: Exit): void => resolve({ StatusCode: code, ...(error === '' ? {} : { Error: { Message: error } }) });
  const { state } = container.runtime;
  const waiters = condition === 'removed' ? container.removeWaiters : container.exitWaiters;
  if ((condition === '' || condition === 'not-running') && !isActive(state) && state.status !== 'restarting') {
    tell({ code: endingOf(state).exitCode, error: '' });
  } else {
    waiters.add(tell);
    const abort = (): void => {
      waiters.delete(tell);
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    void promise.then(() => signal.removeEventListener('abort', abort), () => undefined);
  }
  return { accepted: Promise.resolve(), result: promise };
}
