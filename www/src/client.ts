/** The page's client of the worker. */
import type { Failure, FromWorker, RequestName, Requests, ToWorker, WorkerEvent } from './protocol.ts';

/** A failure in the worker. `code` is an error code of the package or of the worker. */
export class WorkerError extends Error {
  readonly code: string;
  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}

interface Pending {
  resolve(response: never): void;
  reject(error: WorkerError): void;
}

export class Client {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #requests = 0;

  constructor(onEvent: (event: WorkerEvent) => void) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'stgan' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ('event' in data) return onEvent(data);
      const pending = this.#pending.get(data.id);
      this.#pending.delete(data.id);
      if ('failure' in data) pending?.reject(new WorkerError(data.failure));
      else pending?.resolve(data.response as never);
    };
    // The script did not load, or an error occurred outside any request.
    this.#worker.onerror = (event) => {
      const failure = { code: 'worker', message: event.message || 'the worker did not start' };
      for (const pending of this.#pending.values()) pending.reject(new WorkerError(failure));
      this.#pending.clear();
      onEvent({ event: 'model-failed', failure });
    };
  }

  request<K extends RequestName>(
    name: K,
    request: Requests[K]['request'],
    transfer: Transferable[] = [],
  ): Promise<Requests[K]['response']> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, request } as ToWorker, transfer);
    });
  }
}
