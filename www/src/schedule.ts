/** When work is done. */

/**
 * Runs `work` after the browser has laid out and painted the next frame. Positions and sizes are
 * known then; to ask for them earlier would lay out the page twice.
 */
export function afterFrame(work: () => void): void {
  requestAnimationFrame(() => setTimeout(work));
}

/** Lets the browser paint and handle input before the work goes on. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
