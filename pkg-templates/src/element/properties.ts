import type { SharedOptions } from '../lease.js';
import type { Placement } from '../tryon-types.js';
import { ENGLISH, type TryOnTexts } from './texts.js';
import { type GlassesValue, glassesList, type ImageValue, type LabelledGlasses, parsePlacement } from './values.js';

/** On a server there is no `HTMLElement`; the class is then only a name. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as never);

/** The attributes that are observed. */
const ATTRIBUTES = [
  'photo',
  'glasses',
  'selected',
  'mode',
  'placement',
  'mirror',
  'camera',
  'wasm',
  'weights',
  'worker',
  'cache',
];

/** The properties whose values may be objects. */
interface ObjectValues {
  photo: ImageValue;
  glasses: GlassesValue;
  placement: Placement;
}

/** The attributes and properties of `<stgan-try-on>`. */
export abstract class ElementProperties extends Base {
  /** @internal */
  protected static readonly names: readonly string[] = ATTRIBUTES;

  /** Values that no attribute can hold. */
  readonly #objects: Partial<ObjectValues> = {};
  #texts: Readonly<TryOnTexts> = ENGLISH;
  /** The list of glasses, and the value that it was read from. */
  #list: { value: GlassesValue | null; items: LabelledGlasses[] } = { value: null, items: [] };

  /**
   * Is called when an attribute or a property has changed.
   *
   * @internal
   */
  protected abstract changed(name?: string): void;

  /** Called by the browser. */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'photo' || name === 'glasses' || name === 'placement') delete this.#objects[name];
    this.changed(name);
  }

  /** The photo: a URL, which refers to the page, or an image. */
  get photo(): ImageValue | null {
    return this.#objects.photo ?? this.getAttribute('photo');
  }
  set photo(value: ImageValue | null | undefined) {
    this.#setObject('photo', value);
  }

  /** The glasses: one or several URLs or images. */
  get glasses(): GlassesValue | null {
    return this.#objects.glasses ?? this.getAttribute('glasses');
  }
  set glasses(value: GlassesValue | null | undefined) {
    this.#setObject('glasses', value);
  }

  /** The index of the glasses that are shown; 0 by default. */
  get selected(): number {
    const index = Number(this.getAttribute('selected') ?? 0);
    return Number.isInteger(index) && index >= 0 ? index : 0;
  }
  set selected(index: number) {
    this.setAttribute('selected', String(index));
  }

  /** Whether a photo or the camera is shown; `photo` by default. */
  get mode(): 'photo' | 'live' {
    return this.getAttribute('mode') === 'live' ? 'live' : 'photo';
  }
  set mode(mode: 'photo' | 'live') {
    this.setAttribute('mode', mode);
  }

  /**
   * The initial position of the glasses on the photo; by default the first face is found. The
   * attribute has the numbers `x y width rotation`.
   */
  get placement(): Placement | null {
    try {
      return this.readPlacement();
    } catch {
      return null;
    }
  }
  set placement(value: Placement | string | null | undefined) {
    this.#setObject('placement', value);
  }

  /** Whether the image is shown as in a mirror; false by default. */
  get mirror(): boolean {
    return this.hasAttribute('mirror');
  }
  set mirror(isMirrored: boolean) {
    this.toggleAttribute('mirror', Boolean(isMirrored));
  }

  /** The camera in the mode `live`: the one that faces the user, or the environment. */
  get camera(): 'user' | 'environment' {
    return this.getAttribute('camera') === 'environment' ? 'environment' : 'user';
  }
  set camera(camera: 'user' | 'environment') {
    this.setAttribute('camera', camera);
  }

  /** The colour scheme of the controls; that of the user by default. */
  get appearance(): 'auto' | 'light' | 'dark' {
    const appearance = this.getAttribute('appearance');
    return appearance === 'light' || appearance === 'dark' ? appearance : 'auto';
  }
  set appearance(appearance: 'auto' | 'light' | 'dark') {
    this.setAttribute('appearance', appearance);
  }

  /** The URL of the folder with stgan.wasm; the package's own by default. */
  get wasm(): string | null {
    return this.getAttribute('wasm');
  }
  set wasm(base: string | null | undefined) {
    this.#setAttribute('wasm', base);
  }

  /** The URL of the folder with the weights files; the package's own by default. */
  get weights(): string | null {
    return this.getAttribute('weights');
  }
  set weights(base: string | null | undefined) {
    this.#setAttribute('weights', base);
  }

  /**
   * The URL of a worker script of the page's origin that imports `dist/worker.js`, or `off`. By
   * default the package's own worker is used if it has the page's origin.
   */
  get worker(): string | null {
    return this.getAttribute('worker');
  }
  set worker(url: string | null | undefined) {
    this.#setAttribute('worker', url);
  }

  /** Whether to keep the package's files in the Cache API; false by default. */
  get cache(): boolean {
    return this.hasAttribute('cache');
  }
  set cache(isCached: boolean) {
    this.toggleAttribute('cache', Boolean(isCached));
  }

  /** The texts. Assigned texts replace the English ones with the same names. */
  get texts(): Readonly<TryOnTexts> {
    return this.#texts;
  }
  set texts(texts: Partial<TryOnTexts>) {
    this.#texts = { ...ENGLISH, ...texts };
    this.changed('texts');
  }

  /** @internal */
  protected get glassesItems(): readonly LabelledGlasses[] {
    const value = this.glasses;
    if (value !== this.#list.value) this.#list = { value, items: glassesList(value) };
    return this.#list.items;
  }

  /** @internal */
  protected readPlacement(): Placement | null {
    return this.#objects.placement ?? parsePlacement(this.getAttribute('placement'));
  }

  /** @internal */
  protected get placementKey(): string {
    return JSON.stringify(this.#objects.placement ?? this.getAttribute('placement'));
  }

  /** @internal */
  protected leaseOptions(): SharedOptions {
    const worker = this.worker === 'off' ? false : (this.worker ?? undefined);
    return { wasm: this.wasm ?? undefined, weights: this.weights ?? undefined, worker, cache: this.cache };
  }

  /** @internal */
  protected get leaseKey(): string {
    return JSON.stringify(this.leaseOptions());
  }

  /**
   * Passes on properties that were set before the element was defined, which hide the accessors.
   *
   * @internal
   */
  protected adoptEarlyProperties(): void {
    for (const name of [...ATTRIBUTES, 'appearance', 'texts']) {
      if (!Object.hasOwn(this, name)) continue;
      const value = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  #setObject<K extends keyof ObjectValues>(name: K, value: ObjectValues[K] | string | null | undefined): void {
    if (value === null || value === undefined || typeof value === 'string') {
      const had = this.#objects[name] !== undefined;
      delete this.#objects[name];
      this.#setAttribute(name, value);
      if (had) this.changed(name);
      return;
    }
    // An attribute would say something else.
    this.removeAttribute(name);
    this.#objects[name] = value;
    this.changed(name);
  }

  #setAttribute(name: string, value: string | null | undefined): void {
    if (value === null || value === undefined) this.removeAttribute(name);
    else this.setAttribute(name, value);
  }
}
