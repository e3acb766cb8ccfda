/**
 * React components and hooks. React is an optional peer dependency of the package.
 *
 * @packageDocumentation
 */
'use client';

export type { FitDetail, TryOnElementState } from '../element/events.js';
export type { TryOnElement } from '../element/tag.js';
export type { TryOnTexts } from '../element/texts.js';
export type { GlassesValue, ImageValue, LabelledGlasses } from '../element/values.js';
export { StganError, type StganErrorCode } from '../errors.js';
export { TryOn, type TryOnProps } from './try-on.js';
export { type UseTryOn, type UseTryOnOptions, useTryOn } from './use-try-on.js';
