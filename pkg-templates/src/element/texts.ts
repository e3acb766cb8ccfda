import type { StganErrorCode } from '../errors.js';

/** The texts of a `<stgan-try-on>`. Assign others to the property `texts` to translate it. */
export interface TryOnTexts {
  /** The button that opens a photo. */
  choose: string;
  /** The button that opens the camera. */
  start: string;
  /** The button that closes the camera. */
  stop: string;
  /** The name of the list of glasses. */
  glasses: string;
  /** The name of glasses without a label; `{index}` and `{count}` are replaced. */
  option: string;
  /** The description of the photo. */
  photo: string;
  /** The description of the camera's image. */
  camera: string;
  /** The states that are shown and announced. */
  loading: string;
  fitting: string;
  fitted: string;
  /** Shown instead of `fitted` if the glasses are probably not on a face. */
  unsure: string;
  starting: string;
  searching: string;
  found: string;
  paused: string;
  stopped: string;
  /** The message for an error. */
  error: (code: StganErrorCode) => string;
}

const IMAGE = 'This file is not an image that can be opened. Choose another one.';
const PRODUCT = 'These glasses cannot be shown.';

const ERRORS: Partial<Record<StganErrorCode, string>> = {
  'camera-denied': 'The camera is not allowed. Allow it in the settings of the browser, then try again.',
  'camera-unavailable': 'No camera is available.',
  'no-face': 'No face was found in the photo. Choose another one.',
  'image-too-large': 'The image is too large. Choose a smaller one.',
  fetch: 'A file could not be loaded. Check the connection, then try again.',
  decode: IMAGE,
  'image-size': IMAGE,
  'unsupported-image': IMAGE,
  'busy-ground': PRODUCT,
  'empty-glasses': PRODUCT,
  'no-glasses-found': PRODUCT,
  'not-a-front-view': PRODUCT,
  'too-small': PRODUCT,
};

/** The English texts. */
export const ENGLISH: Readonly<TryOnTexts> = {
  choose: 'Choose a photo',
  start: 'Start the camera',
  stop: 'Stop the camera',
  glasses: 'Glasses',
  option: 'Glasses {index} of {count}',
  photo: 'The photo with the glasses',
  camera: 'The camera with the glasses',
  loading: 'Loading…',
  fitting: 'Fitting the glasses…',
  fitted: 'The glasses are on the photo.',
  unsure: 'The glasses may not be in the right place. Try another photo.',
  starting: 'Starting the camera…',
  searching: 'Looking for a face…',
  found: 'The glasses follow your face.',
  paused: 'Paused.',
  stopped: 'The camera is off.',
  error: (code) => ERRORS[code] ?? 'The try-on failed. Try again.',
};
