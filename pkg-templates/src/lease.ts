import { StganError } from './errors.js';
import type { TryOn } from './tryon.js';
import type { WorkerTryOn } from './worker/client.js';

/** Where the shared `TryOn` finds its files, and where it computes. */
export interface SharedOptions {
  /** The URL of the folder with stgan.wasm; the package's own by default. */
  wasm?: string | undefined;
  /** The URL of the folder with the weights files; the package's own by default. */
  weights?: string | undefined;
  /**
   * The URL of a worker script of the page's origin that imports `dist/worker.js`, or false for no
   * worker. By default the package's own worker is used if it has the page's origin. If a worker
   * cannot be started, the page computes.
   */
  worker?: string | false | undefined;
  /** Whether to keep the files in the Cache API. */
  cache?: boolean | undefined;
}

/** A share of a `TryOn`. */
export interface Lease {
  readonly tryOn: Promise<TryOn | WorkerTryOn>;
  /** Ends this share. Further calls have no effect. */
  release(): void;
  /** Ends this share of a `TryOn` that failed, so that the next share is a new one. */
  discard(): void;
}

interface Entry {
  readonly loading: Promise<TryOn | WorkerTryOn>;
  shares: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * How long an unused `TryOn` stays, in milliseconds: long enough for an element that is moved in
 * the page, or for a component that is mounted twice.
 */
const GRACE = 5000;

const entries = new Map<string, Entry>();

/**
 * Shares a `TryOn` among all elements and components of the page with the same options. It is
 * loaded with the first share, and disposed after the last one.
 *
 * @internal
 */
export function acquire(options: SharedOptions): Lease {
  const key = JSON.stringify([options.wasm, options.weights, options.worker, options.cache ?? false]);
  const entry = entries.get(key) ?? { loading: load(options), shares: 0, timer: undefined };
  entries.set(key, entry);
  entry.shares++;
  clearTimeout(entry.timer);
  // After a failure the next share loads again.
  entry.loading.catch(() => entries.get(key) === entry && entries.delete(key));
  const end = once(() => {
    if (--entry.shares > 0) return;
    const isCurrent = entries.get(key) === entry;
    entry.timer = setTimeout(
      () => {
        if (entries.get(key) === entry) entries.delete(key);
        entry.loading.then((tryOn) => tryOn.dispose()).catch(() => {});
      },
      isCurrent ? GRACE : 0,
    );
  });
  return {
    tryOn: entry.loading,
    release: end,
    discard() {
      if (entries.get(key) === entry) entries.delete(key);
      end();
    },
  };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

async function load({ wasm, weights, worker, cache }: SharedOptions): Promise<TryOn | WorkerTryOn> {
  const file = (base: string | undefined, name: string): string | undefined =>
    base === undefined ? undefined : new URL(name, `${new URL(base, document.baseURI)}`.replace(/\/?$/, '/')).href;
  const options = {
    wasm: file(wasm, 'stgan.wasm'),
    weights: file(weights, 'glasses.safetensors'),
    locator: file(weights, 'locator.safetensors'),
    cutOut: file(weights, 'cutout.safetensors'),
    cache,
  };
  if (worker !== false && (worker !== undefined || isSameOrigin())) {
    try {
      const { createInWorker } = await import('./worker/client.js');
      return await createInWorker({ ...options, worker: worker ?? true });
    } catch (error) {
      if (!(error instanceof StganError && error.code === 'worker')) throw error;
      if (worker) console.warn(`stgan: ${error.message}; the page computes instead`);
    }
  }
  const { TryOn } = await import('./tryon.js');
  return TryOn.create(options);
}

/**
 * Whether a worker script beside this module can be started. Bundles in other formats than that of
 * modules have no `import.meta.url`.
 */
function isSameOrigin(): boolean {
  const { url } = import.meta as { url?: string };
  return url !== undefined && new URL(url).origin === location.origin;
}
