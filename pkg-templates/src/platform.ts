/**
 * The classes of the platform that the public declarations name, so that they compile without the
 * type library `dom`. A class that no type library declares is `never`, which drops out of unions.
 */

/** The instances of a global class. */
type Instance<Name extends string> = typeof globalThis extends { [K in Name]: { prototype: infer T } } ? T : never;

export type AbortSignal = Instance<'AbortSignal'>;
export type Blob = Instance<'Blob'>;
export type HTMLCanvasElement = Instance<'HTMLCanvasElement'>;
export type HTMLImageElement = Instance<'HTMLImageElement'>;
export type HTMLVideoElement = Instance<'HTMLVideoElement'>;
export type ImageBitmap = Instance<'ImageBitmap'>;
export type MediaStream = Instance<'MediaStream'>;
export type OffscreenCanvas = Instance<'OffscreenCanvas'>;
export type Request = Instance<'Request'>;
export type Response = Instance<'Response'>;
export type URL = Instance<'URL'>;
export type VideoFrame = Instance<'VideoFrame'>;
export type Worker = Instance<'Worker'>;

/** `ImageData`, or a plain object of the same shape on platforms without it, such as Node. */
export type ImageData = typeof globalThis extends { ImageData: { prototype: infer T } }
  ? T
  : {
      /** `width × height × 4` bytes: RGBA with straight alpha. */
      readonly data: Uint8ClampedArray;
      /** Width in pixels. */
      readonly width: number;
      /** Height in pixels. */
      readonly height: number;
      /** The colour space of the pixels. */
      readonly colorSpace: PredefinedColorSpace;
    };

/** A compiled WebAssembly module. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

/** The colour spaces of `ImageData`. */
export type PredefinedColorSpace = 'srgb' | 'display-p3';

/** A `ReadableStream`, as far as it is used. */
export interface ReadableStream<T> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: T | undefined }>;
    cancel(): Promise<void>;
  };
}
