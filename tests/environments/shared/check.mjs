/** Uses the package as a shop would; every environment runs this. */
import { files, glasses, onWhite, photo } from './images.mjs';

/**
 * Fits glasses, removes the background of a product photo and decodes an image file. Resolves to
 * plain values, which are the same everywhere.
 */
export async function check(TryOn, options = {}) {
  const tryOn = await TryOn.create(options);
  const fit = await tryOn.fit(photo(), glasses());
  const product = await tryOn.glasses(onWhite(glasses(), 600, 400));
  const decoded = await tryOn.fit(new Blob([files.jpeg]), glasses(), { placement: { x: 8, y: 12, width: 10 } });
  const { width, height } = decoded.composite();
  const result = { homography: [...fit.homography], kind: product.report.kind, size: [width, height] };
  for (const object of [decoded, product, fit, tryOn]) object.dispose();
  return result;
}

/** The result of `check`, or its error as text. */
export const report = (TryOn, options) =>
  check(TryOn, options).catch(({ name, code, message }) => ({ error: `${name} ${code}: ${message}` }));
