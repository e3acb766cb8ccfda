/**
 * The element `<stgan-try-on>`. Importing this module registers it; on a server the import has no
 * effect.
 *
 * @packageDocumentation
 */
import { TryOnElement } from './tag.js';

export { StganError, type StganErrorCode } from '../errors.js';
export type { FitDetail, TryOnElementEventMap, TryOnElementState } from './events.js';
export { TryOnElement } from './tag.js';
export type { TryOnTexts } from './texts.js';
export type { GlassesValue, ImageValue, LabelledGlasses } from './values.js';

if (typeof customElements !== 'undefined' && !customElements.get('stgan-try-on'))
  customElements.define('stgan-try-on', TryOnElement);
