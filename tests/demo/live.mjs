/** What the tests of the demo's live view share. */

/** Waits until the live view is in one of these phases. */
export const live = (page, ...phases) =>
  page.waitForSelector(phases.map((phase) => `main[data-live="${phase}"]`).join());

/** Changes to the live view and asks for the camera. */
export async function startCamera(page) {
  await page.getByRole('tab', { name: 'Live' }).click();
  await page.getByRole('button', { name: 'Start the camera' }).click();
}
