/** Notices for everything that can go wrong: what happened and what to do about it. */
import type { Notice } from './announce.ts';

const UPDATE_BROWSER = 'Update your browser, or use a current version of Chrome, Edge, Firefox or Safari.';

/** A notice if this browser lacks a feature that the page needs, or null. */
export function missingFeature(): Notice | null {
  if (typeof WebAssembly === 'undefined' || typeof OffscreenCanvas === 'undefined' || typeof Worker === 'undefined') {
    return { title: 'Your browser is too old to try on glasses here.', advice: UPDATE_BROWSER };
  }
  return null;
}

/** The code of an error of the package or of the page; `internal` for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}

export function photoNotice(error: unknown, name: string): Notice {
  switch (codeOf(error)) {
    case 'not-an-image':
      return /\.(heic|heif)$/i.test(name)
        ? {
            title: `“${name}” is a HEIC photo, which your browser can’t open.`,
            advice: 'Save it as JPEG and choose it again.',
          }
        : {
            title: `“${name}” is not an image that your browser can open.`,
            advice: 'Choose a JPEG, PNG or WebP file.',
          };
    case 'image-too-large':
      return {
        title: `“${name}” is too large (${detail(error)}).`,
        advice: 'Choose a copy with at most 64 megapixels.',
      };
    case 'fetch':
      return {
        title: `“${name}” could not be loaded.`,
        advice: 'Check your connection and choose it again, or add your own photo.',
      };
    default:
      return { title: `“${name}” could not be opened.`, advice: `Try another photo. (${detail(error)})` };
  }
}

/** A foreground could not be opened; `noun` says what it is. */
export function foregroundNotice(error: unknown, name: string, noun: 'glasses' | 'furniture'): Notice {
  switch (codeOf(error)) {
    case 'empty-glasses':
    case 'empty-furniture':
      return {
        title: `“${name}” is completely transparent.`,
        advice: `Choose a PNG or WebP image that shows the ${noun}.`,
      };
    case 'busy-ground':
      return {
        title: `The background of “${name}” cannot be removed.`,
        advice:
          'Choose a photo on white or on another even ground, or a PNG or WebP image in which the furniture is cut out.',
      };
    case 'no-furniture-found':
      return {
        title: `No furniture was found in “${name}”.`,
        advice: 'Choose a photo of one piece that is darker or lighter than its background.',
      };
    case 'not-an-image':
      return {
        title: `“${name}” is not an image that your browser can open.`,
        advice: 'Choose a JPEG, PNG or WebP file.',
      };
    case 'image-too-large':
      return {
        title: `“${name}” is too large (${detail(error)}).`,
        advice: 'Choose a smaller copy; 1,000 pixels wide is enough.',
      };
    case 'fetch':
      return {
        title: `“${name}” could not be loaded.`,
        advice: `Check your connection and choose the ${noun} again.`,
      };
    default:
      return { title: `“${name}” could not be opened.`, advice: `Try other ${noun}. (${detail(error)})` };
  }
}

/** The samples could not be loaded; `samples` and `own` say what they show and what to add. */
export function galleryNotice(samples: string, own: string, reload: () => void): Notice {
  return {
    title: `The sample ${samples} could not be loaded.`,
    advice: `Check your connection and reload the page, or add your own ${own}.`,
    action: { label: 'Reload', run: reload },
  };
}

export function modelNotice(error: unknown, retry: () => void, reload: () => void): Notice {
  const common = { action: { label: 'Try again', run: retry }, persistent: true };
  switch (codeOf(error)) {
    case 'wasm':
      return { title: 'The try-on could not start.', advice: `${UPDATE_BROWSER} (${detail(error)})`, ...common };
    case 'weights':
      return {
        title: 'The model download was corrupted.',
        advice: 'Try again. If that does not help, reload the page.',
        ...common,
      };
    case 'worker':
      return {
        title: 'The try-on could not start.',
        advice: `Reload the page. (${detail(error)})`,
        persistent: true,
        action: { label: 'Reload', run: reload },
      };
    default:
      return {
        title: 'The model could not be loaded.',
        advice: 'Check your connection and try again.',
        ...common,
      };
  }
}

export function noFaceNotice(): Notice {
  return { title: 'No face was found in this photo.', advice: 'Drag the glasses onto the eyes and press Fit.' };
}

/** The fit has a low confidence: its updates did not converge as they do on a face. */
export function lowConfidenceNotice(): Notice {
  return {
    title: 'The glasses may not be in the right place.',
    advice: 'Drag them onto the eyes, make them about as wide as the face, and press Fit again.',
  };
}

/** The person in the photo wears glasses already, which stay visible behind the new ones. */
export function ownGlassesNotice(): Notice {
  return {
    title: 'The person in this photo seems to wear glasses.',
    advice: 'Take yours off for a better look.',
  };
}

/** The camera could not be opened for a photo. */
export function cameraPhotoNotice(error: unknown): Notice {
  return isNotAllowed(error)
    ? {
        title: 'Camera access is blocked.',
        advice: 'Allow it in your browser’s settings, or choose a photo instead.',
      }
    : {
        title: 'The camera could not be opened.',
        advice: 'Check that it is connected and not used by another app, or choose a photo instead.',
      };
}

/** The camera could not be opened for the live view, or was disconnected. */
export function cameraNotice(error: unknown): Notice {
  if (isNotAllowed(error)) {
    return {
      title: 'Camera access is blocked.',
      advice: 'Allow it in your browser’s settings and try again, or use a photo. Your images never leave this device.',
    };
  }
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return { title: 'No camera was found.', advice: 'Connect a camera and start it again, or use a photo.' };
  }
  return {
    title: 'The camera could not be used.',
    advice: `Check that it is connected and not used by another app, then start it again. (${detail(error)})`,
  };
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
}

export function liveNotice(error: unknown, retry: () => void): Notice {
  return {
    title: 'The live view stopped.',
    advice:
      codeOf(error) === 'fetch' ? 'Check your connection and start it again.' : `Start it again. (${detail(error)})`,
    action: { label: 'Start again', run: retry },
  };
}

export function fitNotice(error: unknown): Notice {
  switch (codeOf(error)) {
    case 'placement':
      return {
        title: 'The glasses are too far from the photo.',
        advice: 'Drag them onto the eyes and press Fit.',
      };
    case 'degenerate':
      return {
        title: 'The fit failed.',
        advice: 'Drag the glasses closer to the eyes, make them about as wide as the face, and press Fit again.',
      };
    default:
      return { title: 'The fit failed.', advice: `Move the glasses a little and try again. (${detail(error)})` };
  }
}

export function roomFitNotice(): Notice {
  return { title: 'The fit failed.', advice: 'Move the furniture a little and press Fit again.' };
}

export function downloadNotice(error: unknown): Notice {
  return {
    title: 'The image could not be saved.',
    advice: `Try the other format, or use a smaller photo. (${detail(error)})`,
  };
}

function detail(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
