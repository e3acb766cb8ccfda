/** A page that does one thing: load everything, fit, show the composite. */
import { TryOn } from '../../pkg/dist/index.js';
import { glasses, photo, placementOn } from '../../tests/package/pictures.mjs';

const picture = photo(1600, 1200);
const tryOn = await TryOn.create();
const fit = await tryOn.fit(picture, glasses(), { placement: placementOn(picture) });
const composite = fit.composite();
const canvas = document.querySelector('canvas');
[canvas.width, canvas.height] = [composite.width, composite.height];
canvas.getContext('2d').putImageData(composite, 0, 0);
performance.mark('first-composite');
