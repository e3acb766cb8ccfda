/** A minimal page: it loads the package, fits the glasses and shows the composite. */
import { TryOn } from '../../pkg/dist/index.js';
import { glasses, photo, placementOn } from '../../tests/package/images.mjs';

const image = photo(1600, 1200);
const tryOn = await TryOn.create();
const fit = await tryOn.fit(image, glasses(), { placement: placementOn(image) });
const composite = fit.composite();
const canvas = document.querySelector('canvas');
[canvas.width, canvas.height] = [composite.width, composite.height];
canvas.getContext('2d').putImageData(composite, 0, 0);
performance.mark('first-composite');
