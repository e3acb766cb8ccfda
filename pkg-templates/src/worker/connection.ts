import { throwIfAborted } from '../abort.js';
import { StganError, wrap } from '../errors.js';
import type { Progress } from '../load.js';
import type { Failure, FromWorker, Handle, RequestName, Requests, ToWorker } from './protocol.js';

/** How to cancel a request and to follow it. */
interface Observer {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Names the work in the message of the error `aborted`. */
  work?: string;
}

interface Pending {
  resolve(response: never): void;
  reject(error: StganError): void;
  onProgress: Observer['onProgress'];
}

/**
 * A worker and the requests that it has not answered yet.
 *
 * @internal
 */
export class Connection {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #onEnd = new Set<(reason: StganError) => void>();
  #requests = 0;
  /** Why the worker takes no more requests. */
  #ended: StganError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#receive(data));
    worker.addEventListener('error', (event) => {
      const reason = event.message || 'its script cannot be loaded';
      this.end(new StganError('worker', `the worker failed: ${reason}`, { cause: event.error ?? undefined }));
    });
    worker.addEventListener('messageerror', () =>
      this.end(new StganError('worker', 'the worker sent a message that cannot be read')),
    );
  }

  /**
   * Sends a request and resolves to the response.
   *
   * @throws {@link StganError} the error of the worker; `aborted` as soon as the signal is aborted,
   * `argument` if the request cannot be sent, `worker` or `disposed` if the worker has ended.
   */
  async request<K extends RequestName>(
    name: K,
    request: Requests[K]['request'],
    transfer: Transferable[] = [],
    { signal, onProgress, work = name }: Observer = {},
  ): Promise<Requests[K]['response']> {
    if (this.#ended) throw this.#ended;
    throwIfAborted(signal, work);
    const id = ++this.#requests;
    const response = new Promise<Requests[K]['response']>((resolve, reject) =>
      this.#pending.set(id, { resolve, reject, onProgress }),
    );
    const abort = (): void => {
      this.#post({ abort: id });
      this.#pending.get(id)?.reject(new StganError('aborted', `${work} was aborted`, { cause: signal?.reason }));
      // An object that the worker still creates is not needed.
      this.#pending.set(id, { resolve: (late) => this.#releaseAll(late), reject: () => {}, onProgress: undefined });
    };
    signal?.addEventListener('abort', abort);
    try {
      this.#post({ id, name, request } as ToWorker, transfer);
      return await response;
    } catch (error) {
      if (error instanceof StganError) throw error;
      this.#pending.delete(id);
      throw new StganError('argument', `an argument of ${work} cannot be sent to a worker`, { cause: error });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Disposes of an object of the worker. */
  release(handle: Handle): void {
    this.request('release', { handle }).catch(() => {});
  }

  /** Calls `listener` when the worker ends. Returns a function that removes the listener. */
  onEnd(listener: (reason: StganError) => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  /** Ends the worker. Requests fail with `reason` from then on. */
  end(reason: StganError): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#worker.terminate();
    for (const listener of [...this.#onEnd]) listener(reason);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if ('progress' in message) {
      this.#report(message.id, pending, message.progress);
      return;
    }
    this.#pending.delete(message.id);
    if ('failure' in message) pending.reject(toError(message.failure));
    else pending.resolve(message.response as never);
  }

  /** Passes progress on. An exception in the callback fails the request, as on the main thread. */
  #report(id: number, pending: Pending, progress: Progress): void {
    try {
      pending.onProgress?.(progress);
    } catch (error) {
      this.#pending.delete(id);
      pending.reject(wrap(error, 'internal', 'a callback failed'));
    }
  }

  /** Disposes of the objects that a response contains. */
  #releaseAll(response: unknown): void {
    if (typeof response !== 'object' || response === null) return;
    if ('glasses' in response) this.#releaseAll(response.glasses);
    if ('handle' in response && typeof response.handle === 'number') this.release(response.handle);
  }
}

function toError({ code, message, cause }: Failure): StganError {
  return new StganError(code, message, cause === undefined ? undefined : { cause });
}
