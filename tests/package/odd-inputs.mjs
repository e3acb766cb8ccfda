/**
 * Odd calls of the package, in Node and in pages: each must have one of its expected outcomes, and
 * the next call must work. An outcome is 'ok' or the code of a `StganError`.
 */
import { glasses, photo, placementOn } from './images.mjs';

const [back, front] = [photo(), glasses()];
const placement = placementOn(back);
const thrower = () => {
  throw new RangeError('from a callback');
};
const throwing = new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower });
const pixels = (width, height, value = 128) => ({
  data: new Uint8ClampedArray(width * height * 4).fill(value),
  width,
  height,
});
const detached = (view) => {
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
};
const isShared = typeof SharedArrayBuffer === 'function';
const shared = (bytes) => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
};
async function* frames(...images) {
  yield* images;
}

/** Values that are of no useful type anywhere. */
const strangers = {
  undefined: undefined,
  null: null,
  'a number': 5,
  'a string': 'left',
  'a bigint': 3n,
  'a symbol': Symbol('odd'),
  'a function': () => 1,
  'an object': {},
  'an object without a prototype': Object.create(null),
  'an array': [1, 2],
  'a promise': Promise.resolve(1),
  'a Map': new Map(),
  'a DataView': new DataView(new ArrayBuffer(8)),
  'a throwing Proxy': throwing,
  'a Proxy of pixels that throws late': new Proxy(back, {
    get: (target, key) => (key === 'data' ? thrower() : target[key]),
  }),
  'an object that lies about its type': { [Symbol.toStringTag]: 'Uint8Array' },
  'an object that lies about being a bitmap': { [Symbol.toStringTag]: 'ImageBitmap' },
};

/** Entries of a manifest with one odd field. */
function* oddEntries() {
  const report = { kind: 'cut-out', lenses: 'clear', confidence: 0.9, warnings: [] };
  const centres = [
    { x: 80, y: 80 },
    { x: 320, y: 80 },
  ];
  const entry = { image: front, report, lensCentres: centres, width: front.width, height: front.height, widthMm: 140 };
  const call = (changed) => (tryOn) => tryOn.glasses({ ...entry, ...changed });
  yield ['an entry', call({}), 'ok'];
  for (const [name, value] of Object.entries(strangers)) {
    const isMissing = value === undefined;
    yield [`entry.image ${name}`, call({ image: value }), 'unsupported-image', 'image-size', 'decode', 'fetch'];
    for (const field of ['width', 'height'])
      yield [`entry.${field} ${name}`, call({ [field]: value }), (value ?? null) === null ? 'ok' : 'image-size'];
    for (const field of ['report', 'lensCentres', 'widthMm', 'error'])
      yield [`entry.${field} ${name}`, call({ [field]: value }), isMissing ? 'ok' : 'argument'];
    for (const field of ['bounds', 'sha256', 'source', 'toSource', 'labels'])
      yield [`entry.${field} ${name}`, call({ [field]: value }), 'ok'];
    for (const field of ['kind', 'lenses', 'confidence', 'warnings']) {
      const isValid = { kind: 'a string', lenses: 'a string', confidence: 'a number' }[field] === name;
      yield [
        `entry.report.${field} ${name}`,
        call({ report: { ...report, [field]: value } }),
        isValid ? 'ok' : 'argument',
      ];
    }
    yield [`entry.report.warnings of ${name}`, call({ report: { ...report, warnings: [value] } }), ...warning(name)];
    yield [`entry.lensCentres of ${name}`, call({ lensCentres: [centres[0], value] }), 'argument'];
    yield [`entry.lensCentres.x ${name}`, call({ lensCentres: [centres[0], { x: value, y: 1 }] }), ...number(name)];
    yield [`entry.error.code ${name}`, call({ error: { code: value } }), name === 'a string' ? 'left' : 'argument'];
  }
  for (const key of ['image', 'report', 'lensCentres', 'width', 'widthMm', 'error'])
    yield [
      `entry.${key} throws`,
      (tryOn) => tryOn.glasses(Object.defineProperty({ ...entry }, key, { get: thrower, enumerable: true })),
      'argument',
    ];
  for (const widthMm of [0, -1, 89, 201, NaN, Infinity])
    yield [`entry of ${widthMm} mm`, call({ widthMm }), 'argument'];
}
const warning = (name) => [name === 'a string' ? 'ok' : 'argument'];
const number = (name) => [name === 'a number' ? 'ok' : 'argument'];

/** Yields `[name, call, ...expected outcomes]`; a call gets a `TryOn`. */
export function* oddCalls({ TryOn, weights, file }) {
  const create = async (options) => (await TryOn.create(options)).dispose();
  const fit = (options) => (tryOn) => tryOn.fit(back, front, options);

  yield* oddEntries();
  for (const field of ['x', 'y', 'width', 'rotation']) {
    for (const value of [NaN, Infinity, 1e308, -1e308, 1e30, '7', true, [], {}, 10n, Symbol('odd')])
      yield [`placement.${field} ${String(value)}`, fit({ placement: { ...placement, [field]: value } }), 'placement'];
    yield [
      `placement.${field} throws`,
      fit({ placement: Object.defineProperty({ ...placement }, field, { get: thrower }) }),
      'placement',
    ];
  }
  for (const width of [0, -5, 1e-308, 0.5, 1e5 + 1])
    yield [`width ${width}`, fit({ placement: { ...placement, width } }), 'placement'];
  for (const width of [1, 5, 1e5])
    yield [`width ${width}`, fit({ placement: { ...placement, width } }), 'ok', 'degenerate'];
  for (const [name, value] of Object.entries(strangers)) {
    if (value === undefined || value === null) yield [`placement ${name}`, fit({ placement: value }), 'ok'];
    else if (!name.includes('pixels')) yield [`placement ${name}`, fit({ placement: value }), 'placement'];
    const isOptions =
      value === undefined ||
      value === null ||
      ((typeof value === 'object' || typeof value === 'function') && value !== throwing);
    if (!name.includes('pixels')) {
      yield [`fit options ${name}`, fit(value), isOptions ? 'ok' : 'argument'];
      yield [`create options ${name}`, () => create(value), isOptions ? 'ok' : 'argument'];
      yield [`glasses options ${name}`, (tryOn) => tryOn.glasses(front, value), isOptions ? 'ok' : 'argument'];
      yield [
        `track options ${name}`,
        async (tryOn) => (await tryOn.track(frames(back), front, value)).ended,
        isOptions ? 'ok' : 'argument',
      ];
    }
    yield [
      `updates ${name}`,
      fit({ placement, updates: value }),
      value === 5 || (value ?? null) === null ? 'ok' : 'argument',
    ];
    yield [`photo ${name}`, (tryOn) => tryOn.locate(value), 'unsupported-image', 'image-size', 'decode'];
    yield [`photo of fit ${name}`, (tryOn) => tryOn.fit(value, front), 'unsupported-image', 'image-size', 'decode'];
    yield [
      `glasses ${name}`,
      (tryOn) => tryOn.fit(back, value, { placement }),
      'unsupported-image',
      'image-size',
      'decode',
    ];
    yield [`product photo ${name}`, (tryOn) => tryOn.glasses(value), 'unsupported-image', 'image-size', 'decode'];
    yield [
      `data ${name}`,
      (tryOn) => tryOn.locate({ data: value, width: 2, height: 2 }),
      'unsupported-image',
      'image-size',
    ];
    yield [`source ${name}`, (tryOn) => tryOn.track(value, front), 'argument'];
    if (value !== undefined && value !== null) {
      yield [`colorSpace ${name}`, (tryOn) => tryOn.locate({ ...back, colorSpace: value }), 'unsupported-image'];
      yield [`signal ${name}`, () => create({ signal: value }), 'argument'];
      yield [`signal of track ${name}`, (tryOn) => tryOn.track(frames(back), front, { signal: value }), 'argument'];
      yield [`signal of glasses ${name}`, (tryOn) => tryOn.glasses(front, { signal: value }), 'argument'];
      yield [`canvas ${name}`, (tryOn) => tryOn.track(frames(back), front, { canvas: value }), 'argument'];
      yield [`cutOut ${name}`, (tryOn) => tryOn.glasses(front, { cutOut: value }), 'argument'];
      yield [`pupils ${name}`, fit({ placement, pupils: value }), 'argument'];
      yield [`pupil of ${name}`, fit({ placement, pupils: [value, { x: 1, y: 2 }] }), 'argument'];
      yield [`pupilDistanceMm ${name}`, fit({ placement, pupilDistanceMm: value }), 'argument'];
      yield [
        `pupilDistanceMm of track ${name}`,
        (tryOn) => tryOn.track(frames(back), front, { pupilDistanceMm: value }),
        'argument',
      ];
      yield [`widthMm ${name}`, (tryOn) => tryOn.glasses(front, { widthMm: value }), 'argument'];
      if (typeof value !== 'function') {
        yield [`onProgress ${name}`, () => create({ onProgress: value }), 'argument'];
        yield [`onFrame ${name}`, (tryOn) => tryOn.track(frames(back), front, { onFrame: value }), 'argument'];
        yield [`onState ${name}`, (tryOn) => tryOn.track(frames(back), front, { onState: value }), 'argument'];
      }
      if (typeof value !== 'number') {
        yield [`people ${name}`, (tryOn) => tryOn.track(frames(back), front, { people: value }), 'argument'];
        yield [`budget ${name}`, (tryOn) => tryOn.track(frames(back), front, { budget: value }), 'argument'];
      }
      const load = ['argument', 'fetch', 'weights'];
      yield [`weights ${name}`, () => create({ weights: value }), ...load];
      yield [`locator ${name}`, async () => (await TryOn.create({ locator: value })).locate(back), ...load];
    }
    if (value)
      yield [
        `video frame ${name}`,
        async (tryOn) => (await tryOn.track(frames(value), front)).ended,
        'image-size',
        'video',
        'unsupported-image',
      ];
  }

  for (const updates of [-1, 1.5, NaN, Infinity, 65, 1e10])
    yield [`updates ${updates}`, fit({ placement, updates }), 'argument'];
  for (const updates of [0, 1, 64]) yield [`updates ${updates}`, fit({ placement, updates }), 'ok'];
  const drawn = (draw) => async (tryOn) => {
    const result = await tryOn.fit(back, front, { placement, updates: 1 });
    try {
      return draw(result);
    } finally {
      result.dispose();
    }
  };
  for (const method of ['composite', 'overlay']) {
    yield [`${method}(null)`, drawn((result) => result[method](null)), 'ok'];
    for (const value of [5, 'last', Symbol('odd'), throwing])
      yield [`${method} of ${typeof value}`, drawn((result) => result[method](value)), 'argument'];
    for (const update of [-1, 2, 0.5, NaN, '1', {}, Symbol('odd'), 1n, throwing])
      yield [`${method} of update ${typeof update}`, drawn((result) => result[method]({ update })), 'update'];
  }
  yield [
    'changed homographies',
    drawn((result) => {
      result.homography.fill(NaN);
      return result.composite();
    }),
    'ok',
  ];
  for (const Class of ['TryOn', 'Fit', 'Glasses', 'Track']) {
    yield [
      `new ${Class}`,
      async (tryOn) => {
        const result = await tryOn.fit(back, front, { placement });
        const track = await tryOn.track(frames(), front);
        const object = { TryOn: tryOn, Fit: result, Glasses: result.glasses, Track: track }[Class];
        return new object.constructor();
      },
      'argument',
    ];
  }

  const sizes = [
    [0, 0],
    [0, 10],
    [-1, -1],
    [1.5, 2],
    [NaN, 2],
    ['2', '2'],
    [2n, 2n],
    [Infinity, 1],
    [2, undefined],
  ];
  for (const [width, height] of sizes)
    yield [
      `size ${width}×${height}`,
      (tryOn) => tryOn.locate({ data: new Uint8Array(16), width, height }),
      'image-size',
    ];
  yield [
    'too many pixels',
    (tryOn) => tryOn.locate({ data: new Uint8Array(4), width: 1e9, height: 1e9 }),
    'image-too-large',
  ];
  yield ['a short buffer', (tryOn) => tryOn.locate({ data: new Uint8Array(15), width: 2, height: 2 }), 'image-size'];
  for (const [width, height] of [
    [1, 1],
    [20_000, 20],
    [20, 20_000],
    [1, 60_000],
    [1_000_000, 1],
  ]) {
    yield [`locate in ${width}×${height}`, (tryOn) => tryOn.locate(pixels(width, height)), 'ok'];
    const around = { x: width / 2, y: height / 2, width: 40 };
    yield [
      `fit in ${width}×${height}`,
      async (tryOn) => (await tryOn.fit(pixels(width, height), front, { placement: around })).composite(),
      'ok',
      'degenerate',
    ];
    yield [
      `glasses of ${width}×${height}`,
      (tryOn) => tryOn.fit(back, pixels(width, height), { placement }),
      'ok',
      'no-glasses-found',
      'too-small',
      'busy-ground',
      'not-a-front-view',
    ];
  }
  yield ['transparent glasses', (tryOn) => tryOn.fit(back, pixels(50, 20, 0), { placement }), 'empty-glasses'];
  yield ['no face', (tryOn) => tryOn.fit(pixels(300, 300), front), 'no-face'];

  // Buffers that are detached, shared or resizable.
  yield [
    'detached pixels',
    (tryOn) => tryOn.locate({ ...pixels(8, 8), data: detached(pixels(8, 8).data) }),
    'image-size',
  ];
  yield [
    'pixels detached before composite',
    async (tryOn) => {
      const image = pixels(200, 200);
      const result = await tryOn.fit(image, front, { placement: { x: 100, y: 100, width: 60 } });
      detached(image.data);
      return result.composite();
    },
    'disposed',
  ];
  yield [
    'pixels shrunk before composite',
    async (tryOn) => {
      const buffer = new ArrayBuffer(200 * 200 * 4, { maxByteLength: 200 * 200 * 4 });
      const image = { data: new Uint8ClampedArray(buffer), width: 200, height: 200 };
      const result = await tryOn.fit(image, front, { placement: { x: 100, y: 100, width: 60 } });
      buffer.resize(100);
      return result.composite();
    },
    'disposed',
  ];
  yield ['detached bytes', (tryOn) => tryOn.locate(detached(file.slice())), 'decode'];
  yield ['a detached buffer', (tryOn) => tryOn.locate(detached(file.slice()).buffer), 'decode'];
  yield ['detached weights', () => create({ weights: detached(weights.slice()) }), 'weights'];
  yield ['a detached buffer of weights', () => create({ weights: detached(weights.slice()).buffer }), 'weights'];
  if (isShared) {
    const image = { ...back, data: new Uint8ClampedArray(shared(back.data).buffer) };
    yield ['shared pixels', async (tryOn) => (await tryOn.fit(image, front, { placement })).composite(), 'ok'];
    yield ['shared bytes', (tryOn) => tryOn.locate(shared(file)), 'ok'];
    yield ['a shared buffer', (tryOn) => tryOn.locate(shared(file).buffer), 'ok'];
    yield ['shared weights', () => create({ weights: shared(weights) }), 'ok'];
    yield ['a shared buffer of weights', () => create({ weights: shared(weights).buffer }), 'ok'];
    yield ['shared wasm', () => create({ wasm: shared(weights) }), 'ok'];
  }

  // Damaged files.
  const text = (value) => new TextEncoder().encode(value);
  for (const [name, bytes] of [
    ['empty', new Uint8Array(0)],
    ['noise', text('noise'.repeat(99))],
    ['half', file.slice(0, 40)],
    ['HTML', text('<!doctype html>')],
  ]) {
    yield [`file: ${name}`, (tryOn) => tryOn.locate(bytes), 'decode'];
    yield [`blob: ${name}`, (tryOn) => tryOn.locate(new Blob([bytes])), 'decode'];
    yield [`weights: ${name}`, () => create({ weights: bytes }), 'weights'];
    yield [`locator: ${name}`, async () => (await TryOn.create({ locator: bytes })).locate(back), 'weights'];
    yield [
      `cut-out network: ${name}`,
      async () => (await TryOn.create({ cutOut: bytes })).glasses(front, { cutOut: 'always' }),
      'weights',
    ];
    yield [`decoder: ${name}`, async () => (await TryOn.create({ decoder: bytes })).locate(file), 'ok', 'wasm'];
  }
  yield ['truncated weights', () => create({ weights: weights.slice(0, -100) }), 'weights'];
  yield ['weights that are too long', () => create({ weights: new Uint8Array([...weights, 1, 2, 3]) }), 'weights'];
  yield ['weights of a huge header', () => create({ weights: weights.slice().fill(255, 0, 8) }), 'weights'];
  for (const [name, source, ...codes] of [
    ['an invalid URL', 'http://[bad', 'fetch'],
    ['another protocol', 'ftp://127.0.0.1/x', 'fetch'],
    ['a rejected promise', Promise.reject(new Error('from a callback')), 'fetch'],
    ['a promise of 5', Promise.resolve(5), 'argument'],
    ['an error response', Response.error(), 'fetch'],
    ['a locked response', lock(new Response(weights)), 'fetch'],
    ['a failing body', new Response(new ReadableStream({ pull: (stream) => stream.error(new Error('cut')) })), 'fetch'],
    ['a body of strings', new Response(new ReadableStream({ pull: (stream) => stream.enqueue('text') })), 'fetch'],
  ])
    yield [`weights from ${name}`, () => create({ weights: source }), ...codes];

  // Callbacks that throw, abort or dispose.
  yield ['onProgress throws', () => create({ onProgress: thrower }), 'callback'];
  yield [
    'onFrame throws',
    async (tryOn) => (await tryOn.track(frames(back), front, { onFrame: thrower })).ended,
    'callback',
  ];
  yield [
    'onState throws',
    async (tryOn) => (await tryOn.track(frames(back, back), front, { onState: thrower })).ended,
    'callback',
  ];
  yield [
    'onProgress throws nothing',
    () => create({ onProgress: () => Promise.reject.call(Promise, null).catch(() => {}) }),
    'ok',
  ];
  yield ['aborted before', () => create({ signal: AbortSignal.abort(null) }), 'aborted'];
  yield [
    'aborted in onProgress',
    () => {
      const controller = new AbortController();
      return create({ signal: controller.signal, onProgress: () => controller.abort() });
    },
    'aborted',
  ];
  for (const delay of [0, 1, 3, 10]) {
    yield [
      `aborted after ${delay} ms`,
      () => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), delay);
        return create({ signal: controller.signal });
      },
      'ok',
      'aborted',
    ];
    yield [
      `disposed after ${delay} ms`,
      async () => {
        const own = await TryOn.create();
        setTimeout(() => own.dispose(), delay);
        return own.fit(file, front);
      },
      'ok',
      'disposed',
      'no-face',
    ];
  }
  yield [
    'aborted while a response hangs',
    () => create({ signal: AbortSignal.timeout(20), weights: new Response(new ReadableStream({})) }),
    'aborted',
  ];
  yield [
    'aborted while a promise hangs',
    () => create({ signal: AbortSignal.timeout(20), weights: new Promise(() => {}) }),
    'aborted',
  ];
  yield [
    'used after dispose',
    async () => {
      const own = await TryOn.create();
      own.dispose();
      own.dispose();
      return own.fit(back, front);
    },
    'disposed',
  ];

  // Sources of video frames.
  yield ['a locked stream', (tryOn) => tryOn.track(lock({ body: new ReadableStream({}) }).body, front), 'argument'];
  yield [
    'a failing stream',
    async (tryOn) =>
      (await tryOn.track(new ReadableStream({ pull: (stream) => stream.error(new Error('cut')) }), front)).ended,
    'video',
  ];
  yield [
    'a source that throws at once',
    (tryOn) => tryOn.track({ [Symbol.asyncIterator]: thrower }, front),
    'argument',
  ];
  yield [
    'a source without next',
    async (tryOn) => (await tryOn.track({ [Symbol.asyncIterator]: () => ({}) }, front)).ended,
    'video',
  ];
  yield [
    'a source that cannot return',
    async (tryOn) =>
      (
        await tryOn.track(
          { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }), return: thrower }) },
          front,
        )
      ).ended,
    'ok',
  ];
  yield [
    'stopped while the source hangs',
    async (tryOn) => {
      const track = await tryOn.track({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }, front);
      setTimeout(() => track.stop(), 1);
      return track.ended;
    },
    'ok',
  ];
  yield [
    'setGlasses of a number',
    async (tryOn) => (await tryOn.track(frames(back, back, back), front)).setGlasses(5),
    'unsupported-image',
    'disposed',
  ];
  yield [
    'snapshot without a video frame',
    async (tryOn) => (await tryOn.track(frames(), front)).snapshot(),
    'disposed',
  ];
  for (const [name, entry, ...codes] of [
    ['an error', { error: { code: 'no-glasses-found', message: 'none' } }, 'no-glasses-found'],
    ['a throwing error', { error: throwing }, 'argument'],
    ['a bad report', { image: front, report: 5 }, 'argument'],
    ['a throwing report', { image: front, report: throwing }, 'argument'],
    [
      'bad lens centres',
      {
        image: front,
        lensCentres: [
          { x: 1n, y: 2 },
          { x: 1, y: 2 },
        ],
      },
      'argument',
    ],
    ['another size', { image: front, width: 1 }, 'image-size'],
    ['a missing image', { image: undefined }, 'unsupported-image'],
  ])
    yield [`an entry with ${name}`, (tryOn) => tryOn.glasses(entry), ...codes];
}

/**
 * Yields calls that need a page; `foreign` is the URL of an image of another origin, without CORS.
 */
export async function* oddCallsInPage({ file, foreign: url }) {
  const canvas = (width, height) => Object.assign(document.createElement('canvas'), { width, height });
  const bitmap = () => createImageBitmap(new Blob([file]));
  const closed = await bitmap();
  closed.close();
  yield ['closed bitmap', (tryOn) => tryOn.locate(closed), 'image-size'];
  yield ['closed bitmap of glasses', (tryOn) => tryOn.fit(back, closed, { placement }), 'image-size'];
  yield [
    'bitmap closed before composite',
    async (tryOn) => {
      const own = await bitmap();
      const result = await tryOn.fit(own, front, { placement: { x: 12, y: 8, width: 14 } });
      own.close();
      return result.composite();
    },
    'disposed',
  ];
  yield [
    'bitmap closed during locate',
    async (tryOn) => {
      const own = await bitmap();
      const located = tryOn.locate(own);
      own.close();
      return located;
    },
    'disposed',
    'ok',
  ];
  const foreign = new Image();
  foreign.src = url;
  await foreign.decode();
  const tainted = canvas(20, 20);
  tainted.getContext('2d').drawImage(foreign, 0, 0);
  yield ['an image of another origin', (tryOn) => tryOn.locate(foreign), 'unsupported-image'];
  yield ['a tainted canvas', (tryOn) => tryOn.locate(tainted), 'unsupported-image'];
  const taintedBitmap = await createImageBitmap(tainted).catch(() => tainted);
  yield ['a tainted bitmap', (tryOn) => tryOn.locate(taintedBitmap), 'unsupported-image'];
  yield ['an empty canvas', (tryOn) => tryOn.locate(canvas(0, 5)), 'image-size'];
  yield ['an image without src', (tryOn) => tryOn.locate(new Image()), 'decode'];
  yield ['a broken image', (tryOn) => tryOn.locate(Object.assign(new Image(), { src: 'data:,' })), 'decode'];
  yield ['a video as a photo', (tryOn) => tryOn.locate(document.createElement('video')), 'unsupported-image'];
  const moved = canvas(8, 8);
  moved.transferControlToOffscreen();
  yield ['a canvas of a worker', (tryOn) => tryOn.track(frames(back), front, { canvas: moved }), 'argument'];
  yield ['a canvas of WebGL', (tryOn) => track3d(tryOn), 'argument', 'ok'];

  const frame = document.body.appendChild(document.createElement('iframe'));
  const other = frame.contentWindow;
  const bytes = new other.Uint8Array(file);
  yield ['ImageData of an iframe', (tryOn) => tryOn.locate(new other.ImageData(64, 64)), 'ok'];
  const data = new other.Uint8ClampedArray(64 * 64 * 4);
  yield ['pixels of an iframe', (tryOn) => tryOn.locate({ data, width: 64, height: 64 }), 'ok'];
  yield ['bytes of an iframe', (tryOn) => tryOn.locate(bytes), 'ok'];
  yield ['a buffer of an iframe', (tryOn) => tryOn.locate(bytes.buffer), 'ok'];
  yield ['a Blob of an iframe', (tryOn) => tryOn.locate(new other.Blob([bytes])), 'ok'];
  yield ['options of an iframe', (tryOn) => tryOn.fit(back, front, new other.Object()), 'ok'];
  yield ['a signal of an iframe', (tryOn) => tryOn.glasses(front, { signal: other.AbortSignal.abort() }), 'aborted'];
  yield ['an exception of an iframe', fitThrowing(new other.RangeError('from an iframe')), 'placement'];
  frame.remove();
}

function track3d(tryOn) {
  const canvas = document.createElement('canvas');
  canvas.getContext('webgl');
  return tryOn.track(frames(back), front, { canvas });
}

const fitThrowing = (exception) => (tryOn) =>
  tryOn.fit(back, front, {
    placement: {
      get x() {
        throw exception;
      },
    },
  });

/** Locks the body of a response. */
function lock(response) {
  response.body.getReader();
  return response;
}

/**
 * Makes all calls. Returns how many there were, and a line for each that had an unexpected outcome
 * or after whose failure a fit did not work as before.
 */
export async function makeOddCalls(environment, calls = oddCalls(environment)) {
  const { TryOn, StganError } = environment;
  const tryOn = await TryOn.create();
  const reference = async () => {
    const result = await tryOn.fit(back, front, { placement, updates: 1 });
    const homography = String(result.homography);
    result.dispose();
    return homography;
  };
  const expected = await reference();
  const wrong = [];
  let count = 0;
  for await (const [name, call, ...outcomes] of calls) {
    count++;
    let outcome = 'ok';
    try {
      const result = await call(tryOn);
      result?.dispose?.();
      result?.stop?.();
    } catch (error) {
      const isOurs = error instanceof StganError && typeof error.message === 'string';
      outcome = isOurs ? error.code : `a bare ${error}`;
      if (outcome === 'internal') wrong.push(`${name}: ${error.message}`);
    }
    if (!outcomes.includes(outcome)) wrong.push(`${name}: ${outcome}, expected ${outcomes.join(' or ')}`);
    const after = outcome === 'ok' ? expected : await reference().catch(String);
    if (after !== expected) wrong.push(`${name}: the next fit gives ${after}`);
  }
  tryOn.dispose();
  return { count, wrong };
}
