'use client';

import {
  type CSSProperties,
  createElement,
  type ReactElement,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useRef,
} from 'react';
import '../element/index.js';
import type { FitDetail, TryOnElementState } from '../element/events.js';
import type { TryOnElement } from '../element/tag.js';
import type { TryOnTexts } from '../element/texts.js';
import type { GlassesValue, ImageValue } from '../element/values.js';
import type { StganError } from '../errors.js';
import type { Model, Placement } from '../tryon-types.js';
import { typeName } from '../type-name.js';

/** The properties of `<TryOn>`: those of the element, and its events. */
export interface TryOnProps {
  photo?: ImageValue | null | undefined;
  glasses?: GlassesValue | null | undefined;
  selected?: number | undefined;
  mode?: 'photo' | 'live' | undefined;
  placement?: Placement | null | undefined;
  mirror?: boolean | undefined;
  camera?: 'user' | 'environment' | undefined;
  appearance?: 'auto' | 'light' | 'dark' | undefined;
  wasm?: string | null | undefined;
  weights?: string | null | undefined;
  worker?: string | null | undefined;
  cache?: boolean | undefined;
  texts?: Partial<TryOnTexts> | undefined;
  className?: string | undefined;
  style?: CSSProperties | undefined;
  id?: string | undefined;
  /** The placeholder, and elements for the slots. */
  children?: ReactNode;
  /** The element, with its methods. */
  ref?: Ref<TryOnElement> | undefined;
  /** The package has been loaded. */
  onReady?: ((detail: { readonly model: Model }) => void) | undefined;
  /** The glasses have been fitted and are shown. */
  onFit?: ((detail: FitDetail) => void) | undefined;
  /** The state has changed. */
  onState?: ((state: TryOnElementState) => void) | undefined;
  /** Something failed. */
  onError?: ((error: StganError) => void) | undefined;
}

/** The properties that are passed to the element, with the values that remove them. */
const DEFAULTS = {
  photo: null,
  glasses: null,
  selected: 0,
  mode: 'photo',
  placement: null,
  mirror: false,
  camera: 'user',
  appearance: 'auto',
  wasm: null,
  weights: null,
  worker: null,
  cache: false,
  texts: {},
} as const;

type PropertyName = keyof typeof DEFAULTS;

/**
 * The element `<stgan-try-on>` as a React component. A server renders the element with its
 * children; effects set its properties in the browser.
 *
 * @example
 * ```tsx
 * <TryOn photo={file} glasses={['/round.png', '/square.png']} onFit={({ confidence }) => log(confidence)} />
 * ```
 */
export function TryOn(props: TryOnProps): ReactElement {
  const { ref, children, className, style, id } = props;
  const element = useRef<TryOnElement>(null);
  const latest = useRef(props);
  const applied = useRef<Pick<TryOnProps, PropertyName>>({});

  useImperativeHandle(ref, () => element.current as TryOnElement, []);

  useEffect(() => {
    latest.current = props;
    if (element.current) apply(element.current, applied.current, props);
  });

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const controller = new AbortController();
    const { signal } = controller;
    target.addEventListener('stgan-ready', ({ detail }) => latest.current.onReady?.(detail), { signal });
    target.addEventListener('stgan-fit', ({ detail }) => latest.current.onFit?.(detail), { signal });
    target.addEventListener('stgan-state', ({ detail }) => latest.current.onState?.(detail.state), { signal });
    target.addEventListener('stgan-error', ({ detail }) => latest.current.onError?.(detail), { signal });
    return () => controller.abort();
  }, []);

  return createElement('stgan-try-on', { ref: element, class: className, style, id }, children);
}

/**
 * Sets the properties that differ from those of the last rendering. What the user changed in the
 * element stays until the property changes.
 */
function apply(element: TryOnElement, applied: Pick<TryOnProps, PropertyName>, props: TryOnProps): void {
  for (const name of Object.keys(DEFAULTS) as PropertyName[]) {
    if (isSame(applied[name], props[name])) continue;
    Object.assign(applied, { [name]: props[name] });
    Object.assign(element, { [name]: props[name] ?? DEFAULTS[name] });
  }
}

/** Whether two values are equal. Lists and plain objects are compared by their entries. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const isPlain = (value: unknown): value is object => Array.isArray(value) || typeName(value) === 'Object';
  if (!isPlain(a) || !isPlain(b)) return false;
  const [entries, others] = [Object.entries(a), new Map(Object.entries(b))];
  return entries.length === others.size && entries.every(([key, value]) => isSame(value, others.get(key)));
}
