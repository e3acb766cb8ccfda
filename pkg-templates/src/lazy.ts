/**
 * A value that is loaded once, when it is first needed. After a failure the next use tries again.
 *
 * @internal
 */
export class Lazy<T> {
  readonly #load: () => Promise<T>;
  #loading: Promise<T> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Resolves to the value; rejects with what loading it threw. */
  get(): Promise<T> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Drops the value, and passes it to `free` if it was loaded or is being loaded. */
  drop(free: (value: T) => void): void {
    this.#loading?.then(free).catch(() => {});
    this.#loading = undefined;
  }
}
