/** Helpers for the live view. */

/** Waits until the live view is in one of these phases. */
export const live = (page, ...phases) =>
  page.waitForSelector(phases.map((phase) => `main[data-live="${phase}"]`).join());

/** Opens the live tab and starts the camera. */
export async function startCamera(page) {
  await page.getByRole('tab', { name: 'Live' }).click();
  await page.getByRole('button', { name: 'Start the camera' }).click();
}
