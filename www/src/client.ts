/** The page's end of the worker. */
import type { Failure, FromWorker, RequestName, Requests, ToWorker, WorkerEvent } from './protocol.ts';

/** A failure in the worker; `code` is the package's or one of the worker's own. */
export class WorkError extends Error {
  readonly code: string;
  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  resolve(answer: never): void;
  reject(error: WorkError): void;
}

export class Client {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;

  constructor(onEvent: (event: WorkerEvent) => void) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'stgan' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ('event' in data) return onEvent(data);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('failure' in data) waiting?.reject(new WorkError(data.failure));
      else waiting?.resolve(data.answer as never);
    };
    // A script that does not load, or an error outside of any request.
    this.#worker.onerror = (event) => {
      const failure = { code: 'worker', message: event.message || 'the worker did not start' };
      for (const waiting of this.#waiting.values()) waiting.reject(new WorkError(failure));
      this.#waiting.clear();
      onEvent({ event: 'model-failed', failure });
    };
  }

  ask<K extends RequestName>(
    name: K,
    ask: Requests[K]['ask'],
    transfer: Transferable[] = [],
  ): Promise<Requests[K]['answer']> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, ask } as ToWorker, transfer);
    });
  }
}
