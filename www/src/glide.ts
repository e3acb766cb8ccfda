/** Moving the frame along the updates of a fit. */
import { type Box, between, type Homography } from './geometry.ts';

/** Milliseconds for all legs together, and the least and the most for one. */
const [TOTAL, SHORTEST, LONGEST] = [1500, 340, 620];

export function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Slow, fast, slow: each update is seen as a move of its own. */
function ease(t: number): number {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

/**
 * Draws the way through `stops`, beginning at the first. `reached` is told the index of every stop. Where the user wants no motion,
 * the last stop is drawn at once. Ends early, without a word, where `signal` is aborted.
 */
export function glide(
  stops: readonly Homography[],
  box: Box,
  draw: (h: Homography) => void,
  reached: (stop: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const last = stops.length - 1;
  if (last < 1 || prefersStillness()) {
    draw(stops[last]!);
    reached(last);
    return Promise.resolve();
  }
  const leg = Math.min(Math.max(TOTAL / last, SHORTEST), LONGEST);
  return new Promise((resolve) => {
    let start: number | null = null;
    let passed = 0;
    const frame = (now: number): void => {
      if (signal.aborted) {
        resolve();
        return;
      }
      start ??= now;
      const legs = Math.min((now - start) / leg, last);
      const at = Math.min(Math.floor(legs), last - 1);
      while (passed < Math.floor(legs)) reached(++passed);
      draw(between(stops[at]!, stops[at + 1]!, box, ease(legs - at)));
      if (legs >= last) resolve();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}
