/** A program without the types of a browser; types.test.mjs compiles it. */
import { type Pixels, StganError, TryOn } from 'stgan';

export async function composite(photo: Uint8Array, glasses: Pixels): Promise<Uint8ClampedArray> {
  using tryOn = await TryOn.create({ weights: new Uint8Array() });
  using fit = await tryOn.fit(photo, glasses, { updates: 2 });
  const { data, width, height, colorSpace } = fit.composite();
  if (data.length !== width * height * 4)
    throw new StganError('internal', `${colorSpace} image of ${data.length} bytes`);
  async function* frames(): AsyncGenerator<Pixels, void, void> {
    yield { data, width, height, colorSpace: 'display-p3' };
  }
  await tryOn.track(frames(), glasses, { people: 2 });
  return data;
}
