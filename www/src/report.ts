/** Says in plain words what the package did to an image of glasses. */
import type { GlassesReport } from 'stgan';

export interface Finding {
  readonly text: string;
  /** Whether the user should look at the cut-out because of it. */
  readonly attention: boolean;
}

const LENSES: Record<GlassesReport['lenses'], string> = {
  clear: 'Lenses: clear',
  tinted: 'Lenses: tinted',
  mirrored: 'Lenses: mirrored',
  opaque: 'Lenses: opaque',
};

const DONE: Readonly<Record<string, string>> = {
  'arms-removed': 'Temple arms removed',
  straightened: 'Straightened',
  'specks-removed': 'Stray pixels removed',
  'veil-removed': 'Veil around the glasses removed',
  'lenses-opened': 'White lenses made see-through',
};

const ATTENTION: Readonly<Record<string, string>> = {
  'opaque-background': 'The background is still there',
  'low-resolution': 'Small photo: the glasses may look soft',
  uncertain: 'Check the edges and the lenses',
};

/** What was done, then what to check. Unknown codes are skipped. */
export function findings({ kind, lenses, warnings }: GlassesReport): Finding[] {
  const list: Finding[] = [];
  if (kind === 'cut-out') list.push({ text: 'Background removed', attention: false });
  for (const code of warnings) if (DONE[code]) list.push({ text: DONE[code], attention: false });
  list.push({ text: LENSES[lenses], attention: false });
  for (const code of warnings) if (ATTENTION[code]) list.push({ text: ATTENTION[code], attention: true });
  return list;
}

/** Why an image cannot be cut out, and what to do, or null if the code is not about that. */
export function refusal(code: string): { title: string; advice: string } | null {
  switch (code) {
    case 'no-glasses-found':
      return {
        title: 'No glasses were found in this photo.',
        advice: 'Use a photo of one pair of glasses, taken from the front, that fills most of the image.',
      };
    case 'busy-ground':
      return {
        title: 'The background is too busy to remove.',
        advice: 'Use a photo on white or on another plain background, or an image without a background.',
      };
    case 'not-a-front-view':
      return {
        title: 'These glasses are not shown from the front.',
        advice: 'Use a photo taken straight from the front, with both lenses equally wide and level.',
      };
    case 'too-small':
      return {
        title: 'The glasses are too small in this photo.',
        advice: 'Use a larger photo, or a closer one. The glasses should be at least 300 pixels wide.',
      };
    default:
      return null;
  }
}
