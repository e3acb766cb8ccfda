/** Words for what can go wrong: what happened, and what to do next. */
import type { Notice } from './announce.ts';
import { WorkError } from './client.ts';

const OLD_BROWSER = 'Use a current version of Chrome, Edge, Firefox or Safari.';

/** What the page needs and this browser lacks; null where nothing is missing. */
export function missingFeature(): Notice | null {
  if (typeof WebAssembly === 'undefined' || typeof OffscreenCanvas === 'undefined' || typeof Worker === 'undefined') {
    return { title: 'This browser is too old for the fitting room.', advice: OLD_BROWSER };
  }
  return null;
}

export function codeOf(error: unknown): string {
  return error instanceof WorkError ? error.code : 'internal';
}

export function photoNotice(error: unknown, name: string): Notice {
  switch (codeOf(error)) {
    case 'not-an-image':
      return /\.(heic|heif)$/i.test(name)
        ? {
            title: `“${name}” is a HEIC photo, which this browser cannot open.`,
            advice: 'Export it as JPEG, then choose it again.',
          }
        : {
            title: `“${name}” is not a picture that this browser can open.`,
            advice: 'Choose a JPEG, PNG or WebP file.',
          };
    case 'image-too-large':
      return { title: `“${name}” has ${detail(error)}.`, advice: 'Up to 64 megapixels work: choose a smaller copy.' };
    case 'fetch':
      return {
        title: `“${name}” could not be loaded.`,
        advice: 'Check the connection and choose it again, or use a photo of your own.',
      };
    default:
      return { title: `“${name}” could not be opened.`, advice: `Try another photo. (${detail(error)})` };
  }
}

export function frameNotice(error: unknown, name: string): Notice {
  switch (codeOf(error)) {
    case 'empty-glasses':
      return {
        title: `“${name}” is fully transparent.`,
        advice: 'Choose a PNG or WebP picture in which the glasses can be seen.',
      };
    case 'not-an-image':
      return {
        title: `“${name}” is not a picture that this browser can open.`,
        advice: 'Choose a PNG or WebP file with a transparent background.',
      };
    case 'image-too-large':
      return {
        title: `“${name}” has ${detail(error)}.`,
        advice: 'Choose a smaller copy: 1,000 pixels across are plenty for a frame.',
      };
    case 'fetch':
      return { title: `The frame “${name}” could not be loaded.`, advice: 'Check the connection and choose it again.' };
    default:
      return { title: `“${name}” could not be opened.`, advice: `Try another frame. (${detail(error)})` };
  }
}

export function opaqueFrameNotice(name: string): Notice {
  return {
    title: `“${name}” has no transparent background.`,
    advice: 'It will cover the face as a whole rectangle. A PNG or WebP with the background removed works best.',
  };
}

export function modelNotice(error: unknown, retry: () => void): Notice {
  const common = { action: { label: 'Try again', run: retry }, lasting: true };
  switch (codeOf(error)) {
    case 'wasm':
      return { title: 'The fitting engine did not start.', advice: `${OLD_BROWSER} (${detail(error)})`, ...common };
    case 'weights':
      return {
        title: 'The fitting model arrived damaged.',
        advice: 'Try again; if that does not help, reload the page.',
        ...common,
      };
    case 'worker':
      return {
        title: 'The fitting room did not start.',
        advice: `Reload the page. (${detail(error)})`,
        lasting: true,
        action: { label: 'Reload', run: () => location.reload() },
      };
    default:
      return {
        title: 'The fitting model could not be loaded.',
        advice: 'Check the connection, then try again.',
        ...common,
      };
  }
}

export function noFaceNotice(): Notice {
  return { title: 'No face was found on this photo.', advice: 'Drag the frame onto the eyes, then press Fit.' };
}

/** The updates did not settle, as they do where there is a face. */
export function unsureNotice(): Notice {
  return {
    title: 'The frame may not sit where it should.',
    advice: 'Drag the frame onto the eyes, about as wide as the face, and press Fit again.',
  };
}

/** The camera could not be opened, or went away. */
export function cameraNotice(error: unknown): Notice {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return {
      title: 'The camera is not allowed here.',
      advice:
        'Allow it for this page in the browser’s settings and start it again, or use a photo. Its pictures never leave this device.',
    };
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return { title: 'No camera was found.', advice: 'Connect one and start it again, or use a photo.' };
  }
  return {
    title: 'The camera could not be used.',
    advice: `Check that it is connected and that no other program uses it, then start it again. (${detail(error)})`,
  };
}

export function liveNotice(error: unknown, retry: () => void): Notice {
  return {
    title: 'The live view stopped.',
    advice:
      codeOf(error) === 'fetch' ? 'Check the connection, then start it again.' : `Start it again. (${detail(error)})`,
    action: { label: 'Start again', run: retry },
  };
}

export function fitNotice(error: unknown): Notice {
  switch (codeOf(error)) {
    case 'placement':
      return {
        title: 'The frame is too far from the photo to be fitted.',
        advice: 'Drag it onto the eyes, then press Fit.',
      };
    case 'degenerate':
      return {
        title: 'The fit went astray.',
        advice: 'Drag the frame nearer to the eyes, about as wide as the face, and press Fit again.',
      };
    default:
      return { title: 'The frame could not be fitted.', advice: `Move it a little and try again. (${detail(error)})` };
  }
}

export function downloadNotice(error: unknown): Notice {
  return {
    title: 'The picture could not be written.',
    advice: `Try the other format, or a smaller photo. (${detail(error)})`,
  };
}

function detail(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
