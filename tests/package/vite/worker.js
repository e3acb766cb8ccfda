import { TryOn } from 'stgan';

onmessage = async ({ data: { photo, frame, placement } }) => {
  try {
    const tryOn = await TryOn.create();
    const fit = await tryOn.fit(photo, frame, { placement });
    postMessage({ homography: fit.homography, composite: fit.composite() });
  } catch (error) {
    postMessage({ error: `${error.code}: ${error.message}` });
  }
};
