/** A camera that plays the project's own clip: somebody comes, looks about, leaves and comes back, every ten seconds. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/project.mjs';

/** The clip, 480×360 at 30 pictures a second: what `make clip` writes. */
export function clip() {
  const file = join(root, 'target', 'clip.mjpeg');
  if (!existsSync(file)) throw new Error(`there is no ${file}: run \`make clip\` first`);
  return file;
}

/** Flags of a browser that has such a camera, which the user allows or `deny`s. */
export function camera(answer) {
  return [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${clip()}`,
    `--use-fake-ui-for-media-stream${answer === 'deny' ? '=deny' : ''}`,
  ];
}
