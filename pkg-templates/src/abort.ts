import { StganError } from './errors.js';
import type { AbortSignal } from './platform.js';

/**
 * Settles as `work` does, but rejects with the signal's reason as soon as it is aborted.
 *
 * @internal
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Throws if the signal is aborted; `work` names what it cancels.
 *
 * @internal
 * @throws {@link StganError} `aborted`.
 */
export function throwIfAborted(signal: AbortSignal | undefined, work: string): void {
  if (signal?.aborted) throw new StganError('aborted', `${work} was aborted`, { cause: signal.reason });
}
