import type { TrackOptions, TrackTimes } from './track-types.js';

/** The default time for one video frame, in milliseconds; it allows 30 frames per second. */
const DEFAULT_BUDGET = 28;

/** The number of video frames that are averaged before the number of updates changes. */
const FRAMES_BEFORE_CHANGE = 8;

/** The smallest weight of a new measurement in the running mean. */
const MIN_WEIGHT = 0.1;

/**
 * Chooses the number of updates per video frame so that a frame takes at most `budget`
 * milliseconds.
 *
 * @internal
 */
export class UpdatePacer {
  readonly #maxUpdates: number;
  readonly #isFixed: boolean;
  readonly #budget: number;
  /** Mean milliseconds per video frame since `updates` last changed. */
  #meanTotal = 0;
  /** The part of `#meanTotal` that the fits took. */
  #meanFit = 0;
  /** Video frames since `updates` last changed. */
  #count = 0;
  updates: number;

  /** `stages` is the number of generators, which is the largest useful number of updates. */
  constructor(stages: number, { updates, budget = DEFAULT_BUDGET }: TrackOptions) {
    this.#maxUpdates = stages;
    this.#isFixed = updates !== undefined;
    this.#budget = budget;
    this.updates = updates ?? stages;
  }

  /** Adds the times of a video frame that had at least one face. */
  record({ read, detect, fit, draw }: TrackTimes): void {
    if (this.#isFixed) return;
    // A plain mean at first, then an exponential moving average.
    const weight = Math.max(1 / ++this.#count, MIN_WEIGHT);
    this.#meanTotal += weight * (read + detect + fit + draw - this.#meanTotal);
    this.#meanFit += weight * (fit - this.#meanFit);
    if (this.#count < FRAMES_BEFORE_CHANGE) return;
    // fit / updates overestimates one update, because a fit also has fixed costs. An update that is
    // added on this estimate does not have to be removed again.
    if (this.#meanTotal > this.#budget && this.updates > 1) this.#change(-1);
    else if (this.#meanTotal + this.#meanFit / this.updates < this.#budget && this.updates < this.#maxUpdates)
      this.#change(1);
  }

  #change(by: number): void {
    this.updates += by;
    this.#meanTotal = this.#meanFit = this.#count = 0;
  }
}
