/** Animation of the foreground along the updates of a fit. */
import { type Box, type Homography, interpolate } from '../geometry.ts';

/** Target duration of the whole animation, in milliseconds. */
const TOTAL_DURATION = 900;
/** Bounds on the duration of one update, in milliseconds. */
const [MIN_DURATION, MAX_DURATION] = [240, 450];

export function prefersReducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Cubic ease-in-out, so that each update is visible as a separate movement. */
function ease(t: number): number {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

/**
 * Draws the foreground on its way through `keyframes`, starting at the first. Calls `reached` with
 * the index of every keyframe. If the user prefers reduced motion, it draws the last keyframe at
 * once. If `signal` is aborted, it resolves early.
 */
export function animate(
  keyframes: readonly Homography[],
  box: Box,
  draw: (h: Homography) => void,
  reached: (keyframe: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const last = keyframes.length - 1;
  if (last < 1 || prefersReducedMotion()) {
    draw(keyframes[last]!);
    reached(last);
    return Promise.resolve();
  }
  const duration = Math.min(Math.max(TOTAL_DURATION / last, MIN_DURATION), MAX_DURATION);
  return new Promise((resolve) => {
    let start: number | null = null;
    let passed = 0;
    const tick = (now: number): void => {
      if (signal.aborted) {
        resolve();
        return;
      }
      start ??= now;
      const position = Math.min((now - start) / duration, last);
      const index = Math.min(Math.floor(position), last - 1);
      while (passed < Math.floor(position)) reached(++passed);
      draw(interpolate(keyframes[index]!, keyframes[index + 1]!, box, ease(position - index)));
      if (position >= last) resolve();
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
}
