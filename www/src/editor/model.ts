/** The model in the package’s worker. It is loaded again after a failure. */
import { type Task, WorkerTryOn } from 'stgan';
import { codeOf } from '../messages.ts';
import type { ModelInfo } from '../types.ts';

export interface ModelListener {
  /** The downloaded share of the weights, 0 to 1; null if their size is unknown. */
  progress(share: number | null): void;
  loaded(model: ModelInfo): void;
  failed(error: unknown): void;
}

/** Codes of errors after which the worker is unusable. */
const FATAL = ['internal', 'worker'];

export class Model {
  readonly #task: Task;
  #listener: ModelListener | undefined;
  #loading: Promise<WorkerTryOn>;
  #milliseconds = 0;

  /** Starts to load the model. */
  constructor(task: Task) {
    this.#task = task;
    this.#loading = this.#load();
  }

  /** Passes the events to `listener`, also if the model has been loaded or has failed already. */
  observe(listener: ModelListener): void {
    this.#listener = listener;
    this.#report();
  }

  /** The loaded model; rejects if it cannot be loaded. */
  get tryOn(): Promise<WorkerTryOn> {
    return this.#loading;
  }

  /** Ends the worker, and loads the model in another one. */
  reload(): void {
    this.#loading.then((tryOn) => tryOn.dispose()).catch(() => {});
    this.#loading = this.#load();
    this.#report();
  }

  /** Works with the model. If the worker fails, the model is loaded again for the next work. */
  async use<T>(work: (tryOn: WorkerTryOn) => Promise<T>): Promise<T> {
    const loading = this.#loading;
    const tryOn = await loading;
    try {
      return await work(tryOn);
    } catch (error) {
      if (FATAL.includes(codeOf(error)) && loading === this.#loading) this.reload();
      throw error;
    }
  }

  #load(): Promise<WorkerTryOn> {
    const start = performance.now();
    const loading = WorkerTryOn.create({
      task: this.#task,
      cache: true,
      onProgress: ({ phase, loaded, total }) => {
        if (phase === 'weights') this.#listener?.progress(total ? loaded / total : null);
      },
    });
    loading.then(() => (this.#milliseconds = performance.now() - start)).catch(() => {});
    return loading;
  }

  #report(): void {
    this.#loading.then(
      ({ model: { stages, size } }) => this.#listener?.loaded({ stages, size, milliseconds: this.#milliseconds }),
      (error: unknown) => this.#listener?.failed(error),
    );
  }
}
