/** Where the data and the peers are that are not part of the project. */
import { resolve } from 'node:path';
import { root } from '../scripts/project.mjs';

/** A folder beside the project's, or STGAN_SHARED; it need not be there. */
export const shared = resolve(process.env.STGAN_SHARED ?? `${root}../shared`);
