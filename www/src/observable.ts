/** An immutable state and its listeners. */
export class Observable<S extends object> {
  #state: S;
  readonly #listeners = new Set<(state: S, before: S) => void>();

  constructor(state: S) {
    this.#state = state;
  }

  get state(): S {
    return this.#state;
  }

  set(change: Partial<S>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    for (const listener of this.#listeners) listener(this.#state, before);
  }

  /** Calls `listener` now and after every change. Returns a function that unsubscribes it. */
  subscribe(listener: (state: S, before: S) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state, this.#state);
    return () => this.#listeners.delete(listener);
  }
}
