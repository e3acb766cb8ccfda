'use client';

import { useEffect, useState } from 'react';
import { type StganError, wrap } from '../errors.js';
import { acquire, type SharedOptions } from '../lease.js';
import type { TryOn } from '../tryon.js';
import type { WorkerTryOn } from '../worker/client.js';

/** Options of `useTryOn`. */
export interface UseTryOnOptions extends SharedOptions {
  /**
   * Whether to load the package.
   *
   * @defaultValue `true`
   */
  enabled?: boolean | undefined;
}

/** What `useTryOn` returns. */
export interface UseTryOn {
  /** The `TryOn`, which computes in a worker if possible; null until it is loaded. */
  readonly tryOn: TryOn | WorkerTryOn | null;
  /** Why it could not be loaded. */
  readonly error: StganError | null;
}

const NOTHING: UseTryOn = { tryOn: null, error: null };

/**
 * Loads the package for a component. All components and elements of the page with the same options
 * share one `TryOn`, which is disposed some seconds after the last of them has been removed. Do not
 * dispose of it yourself.
 *
 * @example
 * ```tsx
 * const { tryOn, error } = useTryOn();
 * ```
 */
export function useTryOn(options: UseTryOnOptions = {}): UseTryOn {
  const { wasm, weights, worker, cache, enabled = true } = options;
  const [result, setResult] = useState(NOTHING);
  useEffect(() => {
    if (!enabled) return;
    let isCurrent = true;
    const lease = acquire({ wasm, weights, worker, cache });
    lease.tryOn.then(
      (tryOn) => isCurrent && setResult({ tryOn, error: null }),
      (error: unknown) => isCurrent && setResult({ tryOn: null, error: wrap(error, 'internal', 'loading failed') }),
    );
    return () => {
      isCurrent = false;
      lease.release();
      setResult(NOTHING);
    };
  }, [wasm, weights, worker, cache, enabled]);
  return result;
}
