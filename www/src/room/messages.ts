/** Notices of the room tab: what happened and what to do about it. */
import type { Notice } from '../announce.ts';
import { codeOf } from '../messages.ts';

export function opaqueNotice(name: string): Notice {
  return {
    title: `“${name}” has no transparent background.`,
    advice: 'Choose a PNG or WebP image in which the furniture is cut out.',
  };
}

export function pieceNotice(error: unknown, name: string): Notice {
  switch (codeOf(error)) {
    case 'empty-glasses':
    case 'empty-furniture':
      return {
        title: `“${name}” is completely transparent.`,
        advice: 'Choose a PNG or WebP image that shows the furniture.',
      };
    case 'opaque-furniture':
      return opaqueNotice(name);
    case 'not-an-image':
      return { title: `“${name}” is not an image that your browser can open.`, advice: 'Choose a PNG or WebP file.' };
    case 'image-too-large':
      return { title: `“${name}” is too large.`, advice: 'Choose a smaller copy; 1,000 pixels wide is enough.' };
    case 'fetch':
      return {
        title: `“${name}” could not be loaded.`,
        advice: 'Check your connection and choose the furniture again.',
      };
    default:
      return { title: `“${name}” could not be opened.`, advice: 'Try another image.' };
  }
}

export function roomFitNotice(): Notice {
  return { title: 'The fit failed.', advice: 'Move the furniture a little and press Fit again.' };
}

export function roomsNotice(reload: () => void): Notice {
  return {
    title: 'The sample rooms and furniture could not be loaded.',
    advice: 'Check your connection and reload the page, or add your own room and furniture.',
    action: { label: 'Reload', run: reload },
  };
}
