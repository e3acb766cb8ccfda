/** Each view of the demo, checked with axe. */
import { axeViolations } from '../axe.mjs';
import { expect, test } from './fixtures.mjs';

for (const colorScheme of ['light', 'dark']) {
  test.describe(`on a ${colorScheme} system`, () => {
    test.use({ colorScheme });

    test('axe finds no violations on the photo tab, in its dialog and on the live tab', async ({ demo }) => {
      await demo.click('.technical summary');
      expect(await axeViolations(demo)).toEqual([]);
      await demo.click('#all-glasses');
      await demo.waitForSelector('#all-dialog[data-done="true"]');
      expect(await axeViolations(demo)).toEqual([]);
      await demo.keyboard.press('Escape');
      await demo.getByRole('tab', { name: 'Live' }).click();
      expect(await axeViolations(demo)).toEqual([]);
    });
  });
}
