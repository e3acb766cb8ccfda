/**
 * The boundary between JavaScript and wasm: plain objects, and exceptions that pass through
 * unchanged.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { failure, glasses, photo, placementOn } from '../images.mjs';
import { test } from './fixtures.mjs';

// One of the tests measures the memory of wasm.
test.use({ process: 'boundary' });

let consumer, bindings, stgan;
test.beforeAll(({ consumer: installed, bindings: generated, stgan: imported }) => {
  [consumer, bindings, stgan] = [installed, generated, imported];
});

const file = (path) => readFileSync(consumer.path(path));
const bytes = ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Returns `{ error }` with what a function throws, or 'nothing'. */
function thrown(work) {
  try {
    work();
  } catch (error) {
    return { error };
  }
  return 'nothing';
}

/** A callback of type `Read` that scales an image by nearest-neighbour sampling. */
const nearest = (image) => (x, y, width, height, toWidth, toHeight) => {
  const pixels = new Uint8Array(toWidth * toHeight * 4);
  for (let v = 0; v < toHeight; v++) {
    for (let u = 0; u < toWidth; u++) {
      const [column, row] = [x + Math.floor((u * width) / toWidth), y + Math.floor((v * height) / toHeight)];
      const from = (row * image.width + column) * 4;
      pixels.set(image.data.subarray(from, from + 4), (v * toWidth + u) * 4);
    }
  }
  return pixels;
};

/** The names and types of an object's properties, recursively. */
const shape = (value) =>
  Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
    : Array.isArray(value)
      ? value.map(shape)
      : value instanceof Float64Array
        ? `Float64Array of ${value.length}`
        : typeof value;

const point = { x: 'number', y: 'number' };
const rect = { ...point, width: 'number', height: 'number' };
const placement = { ...point, width: 'number', rotation: 'number' };

test.describe('the wasm module', () => {
  const [back, front] = [photo(), glasses()];
  let networks, locator, prepared;
  test.beforeAll(async () => {
    await bindings.default({ module_or_path: file('wasm/stgan.wasm') });
    networks = new bindings.TryOn(file('weights/glasses.safetensors'), 'glasses');
    locator = new bindings.Locator(file('weights/locator.safetensors'));
    prepared = new bindings.Glasses(bytes(front), front.width, front.height);
  });
  test.afterAll(() => {
    networks.free();
    locator.free();
    prepared.free();
  });

  const openView = ({ x, y, width, rotation }) =>
    networks.view(prepared, back.width, back.height, x, y, width, rotation);
  const createTracker = () => new bindings.Tracker(networks, locator, prepared, 1);

  function fit(placement = placementOn(back), updates = undefined) {
    const view = openView(placement);
    const { x, y, width, height } = view.rect();
    view.push(nearest(back)(x, y, width, height, width, height));
    return networks.fit(view, updates);
  }

  test('returns plain objects', () => {
    const { metadata, ...sizes } = networks.model();
    assert.deepEqual(shape(sizes), {
      task: 'string',
      stages: 'number',
      updates: 'number',
      size: 'number',
      height: 'number',
    });
    assert.ok(Object.values(metadata).every((value) => typeof value === 'string'));
    assert.equal(Object.getPrototypeOf(metadata), Object.prototype);

    assert.deepEqual(shape(prepared.report()), {
      kind: 'string',
      lenses: 'string',
      confidence: 'number',
      warnings: [],
      bounds: rect,
      lensCentres: [point, point],
    });
    assert.deepEqual([...prepared.toSource()], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    assert.deepEqual(new Uint8Array(prepared.pixels().buffer), bytes(front));

    const view = openView(placementOn(back));
    assert.deepEqual(shape(view.rect()), rect);
    view.free();
    const { initial, updates, confidence } = fit();
    assert.deepEqual([shape(initial), typeof confidence], ['Float64Array of 9', 'number']);
    assert.equal(updates.length, sizes.updates);
    for (const update of updates) {
      assert.deepEqual(shape(update), {
        delta: 'Float64Array of 8',
        params: 'Float64Array of 8',
        homography: 'Float64Array of 9',
      });
    }
    assert.deepEqual(shape(prepared.footprint(initial, back.width, back.height)), rect);
    assert.ok(prepared.part(initial, 0, 0, 2, 3) instanceof Uint8ClampedArray);

    const faces = locator.locate(back.width, back.height, nearest(back));
    const attributes = { glasses: 'number', covered: 'number', yaw: 'number', pitch: 'number' };
    assert.deepEqual(shape(faces), [{ placement, pupils: [point, point], score: 'number', attributes }]);

    const tracker = createTracker();
    const tracked = tracker.advance(back.width, back.height, 0, 2, nearest(back));
    assert.deepEqual(shape(tracked), [
      {
        id: 'number',
        placement,
        homography: 'Float64Array of 9',
        lensCentres: [point, point],
        score: 'number',
      },
    ]);
    assert.deepEqual(shape(tracker.footprint(0)), rect);
    assert.ok(tracker.part(0, 0, 0, 2, 3) instanceof Uint8ClampedArray);
    tracker.free();
  });

  test('returns undefined for missing values', () => {
    const { initial, updates, confidence } = fit({ x: -150, y: 200, width: 192, rotation: 0 }, 0);
    assert.equal(prepared.footprint(initial, back.width, back.height), undefined);
    assert.deepEqual([confidence, updates], [undefined, []]);
    const readNothing = () => new Uint8Array(0);
    assert.equal(thrown(() => locator.locate(back.width, back.height, readNothing)).error.code, 'internal');
    assert.deepEqual(
      locator.locate(back.width, back.height, (_x, _y, _w, _h, width, height) =>
        new Uint8Array(4 * width * height).fill(200),
      ),
      [],
    );
  });

  const exceptions = [
    new Error('from a callback'),
    Object.assign(new Error('from a callback'), { code: 'internal' }),
    Object.freeze({ code: 5 }),
    'a string',
    Symbol('a symbol'),
    undefined,
    null,
    NaN,
  ];

  test('passes exceptions of the read callback through locate, and stays usable', () => {
    // A small face is read twice: the whole image downscaled, then the crop around the face.
    const large = { data: new Uint8Array(1600 * 1200 * 4).fill(200), width: 1600, height: 1200 };
    for (let y = 0; y < back.height; y++) {
      large.data.set(back.data.subarray(y * back.width * 4, (y + 1) * back.width * 4), y * large.width * 4);
    }
    const locate = (read) => locator.locate(large.width, large.height, read);
    const expected = locate(nearest(large));
    assert.equal(expected.length, 1);
    for (const exception of exceptions) {
      for (const at of [1, 2]) {
        let count = 0;
        const read = (...part) => {
          if (++count === at) throw exception;
          return nearest(large)(...part);
        };
        const caught = thrown(() => locate(read));
        assert.ok(Object.is(caught.error, exception) && 'error' in caught, String(exception));
        assert.equal(count, at);
      }
      assert.deepEqual(locate(nearest(large)), expected);
    }
  });

  test('passes exceptions of the read callback through advance, and keeps tracking', () => {
    const tracker = createTracker();
    let time = 0;
    const advance = (read) => {
      time += 0.03;
      return tracker.advance(back.width, back.height, time, 1, read);
    };
    const [{ id }] = advance(nearest(back));
    for (const exception of exceptions) {
      const caught = thrown(() =>
        advance(() => {
          throw exception;
        }),
      );
      assert.ok(Object.is(caught.error, exception) && 'error' in caught, String(exception));
      assert.deepEqual(
        advance(nearest(back)).map((face) => face.id),
        [id],
      );
    }
    tracker.free();
  });

  test('does not leak memory or references', async () => {
    const { memory, __wbindgen_externrefs: references } = await bindings.default();
    const [{ initial }, tracker] = [fit(), createTracker()];
    let time = 0;
    const round = () => {
      time += 0.03;
      const throwing = () => {
        throw new Error('from a callback');
      };
      thrown(() => tracker.advance(back.width, back.height, time, 1, throwing));
      thrown(() => prepared.footprint(new Float64Array(9), back.width, back.height));
      fit(placementOn(back), 1);
      time += 0.03;
      tracker.advance(back.width, back.height, time, 1, nearest(back));
      for (let i = 0; i < 20; i++) [prepared.footprint(initial, back.width, back.height), tracker.footprint(0)];
    };
    for (let i = 0; i < 3; i++) round();
    const before = [memory.buffer.byteLength, references.length];
    for (let i = 0; i < 30; i++) round();
    assert.deepEqual([memory.buffer.byteLength, references.length], before);
    tracker.free();
  });

  test('invalid arguments are errors with a code', () => {
    const code = (work) => thrown(work).error?.code;
    const locate = (read) => code(() => locator.locate(back.width, back.height, read));
    for (const result of [undefined, null, 5, 'pixels', [1, 2], new Float32Array(4), new Uint8Array(7)]) {
      assert.equal(
        locate(() => result),
        'internal',
        String(result),
      );
    }
    const placement = placementOn(back);
    for (const wrong of [{ x: NaN }, { y: Infinity }, { width: 0 }, { width: -1 }, { rotation: NaN }, { x: 1e9 }]) {
      assert.equal(
        code(() => openView({ ...placement, ...wrong })),
        'placement',
      );
    }
    assert.equal(
      code(() => fit(placement, 65)),
      'argument',
    );
    const { initial } = fit();
    assert.equal(
      code(() => prepared.footprint(initial.subarray(1), 640, 480)),
      'argument',
    );
    assert.equal(
      code(() =>
        prepared.part(
          initial.map(() => NaN),
          0,
          0,
          1,
          1,
        ),
      ),
      'degenerate',
    );
    assert.equal(
      code(() => prepared.part(initial, 0, 0, 0, 1)),
      'image-size',
    );
    assert.equal(
      code(() => prepared.part(initial, 0, 0, 1 << 16, 1 << 16)),
      'image-too-large',
    );
    assert.equal(
      code(() => prepared.blend(initial, new Uint8Array(13), 0, 0, 2)),
      'image-size',
    );
    assert.equal(
      code(() => new bindings.Glasses(new Uint8Array(12), 2, 2)),
      'image-size',
    );
    assert.equal(
      code(() => new bindings.CutOut(file('weights/locator.safetensors'))),
      'weights',
    );
    const tracker = createTracker();
    assert.equal(
      code(() => tracker.footprint(0)),
      'argument',
    );
    assert.equal(
      code(() => tracker.advance(back.width, back.height, NaN, 1, nearest(back))),
      'argument',
    );
    tracker.free();
  });
});

test.describe('the package', () => {
  const [back, front] = [photo(), glasses()];
  let tryOn;
  test.beforeAll(async () => (tryOn = await stgan.TryOn.create()));
  test.afterAll(() => tryOn.dispose());

  test('stays usable after a failure to read pixels', async () => {
    const [face] = await tryOn.locate(back);
    const copy = { ...back, data: back.data.slice() };
    const located = tryOn.locate(copy);
    structuredClone(copy.data.buffer, { transfer: [copy.data.buffer] });
    assert.equal(await failure(located), 'StganError disposed');
    const track = await tryOn.track(
      (async function* () {
        yield copy;
      })(),
      front,
    );
    assert.equal(await failure(track.ended), 'StganError image-size');
    // The same wasm instance is still used.
    assert.deepEqual(await tryOn.locate(back), [face]);
  });

  test('reads pixels without running code of the caller', async () => {
    class Traced extends Uint8ClampedArray {
      subarray() {
        throw new Error('from a callback');
      }
    }
    const traced = { ...back, data: new Traced(back.data) };
    assert.deepEqual(await tryOn.locate(traced), await tryOn.locate(back));
  });

  test('reads each field of a placement once and outside wasm', async () => {
    const { rotation, ...required } = placementOn(back);
    const reads = [];
    const traced = new Proxy(
      { ...required, rotation },
      {
        get(target, key) {
          reads.push(key);
          return target[key];
        },
      },
    );
    const fit = await tryOn.fit(back, front, { placement: traced });
    assert.deepEqual(reads.sort(), ['rotation', 'width', 'x', 'y']);
    assert.deepEqual(fit.initial, (await tryOn.fit(back, front, { placement: placementOn(back), updates: 0 })).initial);
    const exception = new Error('from a callback');
    const throwing = {
      ...required,
      get x() {
        throw exception;
      },
    };
    const error = await tryOn.fit(back, front, { placement: throwing }).catch((error) => error);
    assert.deepEqual([error.name, error.code, error.cause], ['StganError', 'placement', exception]);
    assert.equal((await tryOn.fit(back, front, { placement: required, updates: 0 })).updates.length, 0);
  });

  test('error messages name the option and its value', async () => {
    const placement = placementOn(back);
    const message = (options) =>
      tryOn.fit(back, front, options).then(String, ({ code, message }) => `${code}: ${message}`);
    assert.deepEqual(
      [
        await message({ placement: { ...placement, x: '320' } }),
        await message({ placement: { ...placement, y: null } }),
        await message({ placement: { ...placement, width: undefined } }),
        await message({ placement: { ...placement, rotation: [] } }),
        await message({ placement: 'left' }),
        await message({ placement, updates: 1.5 }),
        await message({ placement, updates: 65 }),
        await message({ placement, updates: Symbol('all') }),
        await message({ placement: { ...placement, x: 1e308 } }),
      ],
      [
        'placement: placement.x is "320"; expected a number',
        'placement: placement.y is null; expected a number',
        'placement: placement.width is undefined; expected a number',
        'placement: placement.rotation is [object Array]; expected a number',
        'placement: placement.x is undefined; expected a number',
        'argument: updates is 1.5; expected an integer from 0 to 64',
        'argument: updates is 65; expected an integer from 0 to 64',
        'argument: updates is Symbol(all); expected an integer from 0 to 64',
        "placement: the placement's x is 1e308: expected −1000000 to 1000000",
      ],
    );
    assert.equal(await failure(tryOn.fit(back, front, { placement, updates: 0n })), 'StganError argument');
    assert.equal((await tryOn.fit(back, front, { placement, updates: null })).updates.length, tryOn.model.updates);
  });
});
