/** The composited layer of a fit, at the size of the screen. */
import type { CompositeOptions, WorkerFit } from 'stgan';
import type { ImageClient } from '../image-client.ts';
import type { OverlayInfo } from '../types.ts';

/**
 * Draws the layer with at most `density` screen pixels for each photo pixel. Resolves to null if
 * the fit has been replaced.
 */
export async function overlayOf(
  fit: WorkerFit,
  options: CompositeOptions,
  density: number,
  images: ImageClient,
): Promise<OverlayInfo | null> {
  const start = performance.now();
  try {
    const overlay = await fit.overlay(options);
    const milliseconds = performance.now() - start;
    if (!overlay) return { box: null, image: null, milliseconds };
    const { x, y, image: pixels } = overlay;
    const { width, height } = pixels;
    const scale = Math.min(1, density);
    const size = [Math.ceil(width * scale), Math.ceil(height * scale)] as const;
    const image = await images.call('resized', [pixels, ...size], [pixels.data.buffer]);
    return { box: { x, y, width, height }, image, milliseconds };
  } catch {
    return null;
  }
}
