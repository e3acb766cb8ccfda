/** What crosses between JavaScript and wasm: plain records, and exceptions that come back as they were thrown. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { failure, glasses, photo, placementOn } from '../pictures.mjs';
import { test } from './fixtures.mjs';

// One of the tests watches the module's memory.
test.use({ process: 'boundary' });

let consumer, glue, stgan;
test.beforeAll(({ consumer: installed, glue: made, stgan: imported }) => {
  [consumer, glue, stgan] = [installed, made, imported];
});

const file = (path) => readFileSync(consumer.path(path));
const bytes = ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** What a function throws, whatever that is. */
function thrown(work) {
  try {
    work();
  } catch (error) {
    return { error };
  }
  return 'nothing';
}

/** A function of type `Read` that reads a picture by taking the nearest pixels. */
const nearest = (picture) => (x, y, width, height, toWidth, toHeight) => {
  const pixels = new Uint8Array(toWidth * toHeight * 4);
  for (let v = 0; v < toHeight; v++) {
    for (let u = 0; u < toWidth; u++) {
      const [column, row] = [x + Math.floor((u * width) / toWidth), y + Math.floor((v * height) / toHeight)];
      const from = (row * picture.width + column) * 4;
      pixels.set(picture.data.subarray(from, from + 4), (v * toWidth + u) * 4);
    }
  }
  return pixels;
};

/** The names of an object's own properties, and of theirs. */
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
const placed = { ...point, width: 'number', rotation: 'number' };

test.describe('the wasm module', () => {
  const [back, front] = [photo(), glasses()];
  let networks, locator;
  test.beforeAll(async () => {
    await glue.default({ module_or_path: file('wasm/stgan.wasm') });
    networks = new glue.TryOn(file('weights/glasses.safetensors'));
    locator = new glue.Locator(file('weights/locator.safetensors'));
  });
  test.afterAll(() => {
    networks.free();
    locator.free();
  });

  const look = ({ x, y, width, rotation }) => networks.view(back.width, back.height, x, y, width, rotation);
  const track = () => new glue.Tracker(networks, locator, bytes(front), front.width, front.height, 1);

  function fitted() {
    const begun = look(placementOn(back));
    const { x, y, width, height } = begun.rect();
    begun.push(nearest(back)(x, y, width, height, width, height));
    return networks.fit(begun, bytes(front), front.width, front.height, undefined);
  }

  test('gives plain records', () => {
    const { metadata, ...sizes } = networks.model();
    assert.deepEqual(shape(sizes), { stages: 'number', updates: 'number', size: 'number' });
    assert.ok(Object.values(metadata).every((value) => typeof value === 'string'));
    assert.equal(Object.getPrototypeOf(metadata), Object.prototype);

    const begun = look(placementOn(back));
    assert.deepEqual(shape(begun.rect()), rect);
    begun.free();
    const fit = fitted();
    assert.deepEqual(shape(fit.initial()), 'Float64Array of 9');
    const updates = fit.updates();
    assert.equal(updates.length, sizes.updates);
    for (const update of updates) {
      assert.deepEqual(shape(update), {
        delta: 'Float64Array of 8',
        params: 'Float64Array of 8',
        homography: 'Float64Array of 9',
      });
    }
    assert.deepEqual(shape(fit.footprint(0)), rect);
    assert.ok(fit.part(0, 0, 0, 2, 3) instanceof Uint8ClampedArray);
    fit.free();

    const faces = locator.locate(back.width, back.height, nearest(back));
    assert.deepEqual(shape(faces), [{ placement: placed, pupils: [point, point], score: 'number' }]);

    const tracker = track();
    const followed = tracker.advance(back.width, back.height, 0, 2, nearest(back));
    assert.deepEqual(shape(followed), [
      {
        id: 'number',
        placement: placed,
        homography: 'Float64Array of 9',
        lensCentres: [point, point],
        score: 'number',
      },
    ]);
    assert.deepEqual(shape(tracker.footprint(0)), rect);
    assert.ok(tracker.part(0, 0, 0, 2, 3) instanceof Uint8ClampedArray);
    tracker.free();
  });

  test('says undefined for what is not there', () => {
    const begun = look({ x: -150, y: 200, width: 192, rotation: 0 });
    const { x, y, width, height } = begun.rect();
    begun.push(nearest(back)(x, y, width, height, width, height));
    const fit = networks.fit(begun, bytes(front), front.width, front.height, 0);
    assert.equal(fit.footprint(0), undefined);
    assert.equal(fit.confidence(), undefined);
    assert.deepEqual(fit.updates(), []);
    fit.free();
    const nobody = () => new Uint8Array(0);
    assert.equal(thrown(() => locator.locate(back.width, back.height, nobody)).error.code, 'internal');
    assert.deepEqual(
      locator.locate(back.width, back.height, (_x, _y, _w, _h, width, height) =>
        new Uint8Array(4 * width * height).fill(200),
      ),
      [],
    );
  });

  const exceptions = [
    new Error('mine'),
    Object.assign(new Error('mine'), { code: 'internal' }),
    Object.freeze({ code: 5 }),
    'a string',
    Symbol('a symbol'),
    undefined,
    null,
    NaN,
  ];

  test('hands on what a function throws that reads for the locator, and stays usable', () => {
    // A face so small that it is read twice: the whole picture reduced, and the part around the face.
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

  test('hands on what a function throws that reads for the tracker, and goes on following', () => {
    const tracker = track();
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

  test('keeps hold of nothing that it has given or been given', async () => {
    const { memory, __wbindgen_externrefs: held } = await glue.default();
    const [fit, tracker] = [fitted(), track()];
    let time = 0;
    const round = () => {
      time += 0.03;
      const broken = () => {
        throw new Error('mine');
      };
      thrown(() => tracker.advance(back.width, back.height, time, 1, broken));
      thrown(() => fit.footprint(1000));
      time += 0.03;
      tracker.advance(back.width, back.height, time, 1, nearest(back));
      for (let i = 0; i < 20; i++) [fit.updates(), fit.initial(), fit.footprint(0), tracker.footprint(0)];
    };
    for (let i = 0; i < 3; i++) round();
    const before = [memory.buffer.byteLength, held.length];
    for (let i = 0; i < 30; i++) round();
    assert.deepEqual([memory.buffer.byteLength, held.length], before);
    fit.free();
    tracker.free();
  });

  test('says by a code what is wrong with what it is given', () => {
    const code = (work) => thrown(work).error?.code;
    const locate = (read) => code(() => locator.locate(back.width, back.height, read));
    for (const answer of [undefined, null, 5, 'pixels', [1, 2], new Float32Array(4), new Uint8Array(7)]) {
      assert.equal(
        locate(() => answer),
        'internal',
        String(answer),
      );
    }
    const placement = placementOn(back);
    for (const wrong of [{ x: NaN }, { y: Infinity }, { width: 0 }, { width: -1 }, { rotation: NaN }, { x: 1e9 }]) {
      assert.equal(
        code(() => look({ ...placement, ...wrong })),
        'placement',
      );
    }
    const fit = fitted();
    assert.equal(
      code(() => fit.footprint(1000)),
      'update',
    );
    assert.equal(
      code(() => fit.part(1000, 0, 0, 1, 1)),
      'update',
    );
    assert.equal(
      code(() => fit.part(0, 0, 0, 0, 1)),
      'image-size',
    );
    assert.equal(
      code(() => fit.part(0, 0, 0, 1 << 16, 1 << 16)),
      'image-too-large',
    );
    assert.equal(
      code(() => fit.blend(0, new Uint8Array(13), 0, 0, 2)),
      'image-size',
    );
    fit.free();
    const tracker = track();
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

  /** Pixels that cannot be read. */
  class Broken extends Uint8Array {
    static exception = new Error('broken');
    subarray() {
      throw Broken.exception;
    }
  }

  test('survives pixels that cannot be read', async () => {
    const [face] = await tryOn.locate(back);
    const broken = { ...back, data: new Broken(back.data) };
    const error = await tryOn.locate(broken).catch((error) => error);
    assert.equal(`${error.name} ${error.code}`, 'StganError internal');
    assert.equal(error.cause, Broken.exception);
    const track = await tryOn.track(
      (async function* () {
        yield broken;
      })(),
      front,
    );
    const ended = await track.ended.catch((error) => error);
    assert.equal(`${ended.name} ${ended.code}`, 'StganError internal');
    assert.equal(ended.cause, Broken.exception);
    // The same instance goes on.
    assert.deepEqual(await tryOn.locate(back), [face]);
  });

  test('reads each number of a placement once, and never in wasm', async () => {
    const { rotation, ...numbers } = placementOn(back);
    const reads = [];
    const traced = new Proxy(
      { ...numbers, rotation },
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
    const mine = new Error('mine');
    const throwing = {
      ...numbers,
      get x() {
        throw mine;
      },
    };
    assert.equal(await tryOn.fit(back, front, { placement: throwing }).catch((error) => error), mine);
    assert.equal((await tryOn.fit(back, front, { placement: numbers, updates: 0 })).updates.length, 0);
  });

  test('says which option is wrong, and how', async () => {
    const placement = placementOn(back);
    const say = (options) => tryOn.fit(back, front, options).then(String, ({ code, message }) => `${code}: ${message}`);
    assert.deepEqual(
      [
        await say({ placement: { ...placement, x: '320' } }),
        await say({ placement: { ...placement, y: null } }),
        await say({ placement: { ...placement, width: undefined } }),
        await say({ placement: { ...placement, rotation: [] } }),
        await say({ placement: 'left' }),
        await say({ placement, updates: 1.5 }),
        await say({ placement, updates: 65 }),
        await say({ placement, updates: Symbol('all') }),
      ],
      [
        `placement: the placement's x is "320": a number is expected`,
        "placement: the placement's y is null: a number is expected",
        "placement: the placement's width is undefined: a number is expected",
        "placement: the placement's rotation is [object Array]: a number is expected",
        "placement: the placement's x is undefined: a number is expected",
        'argument: updates is 1.5: a whole number from 0 to 64 is expected',
        'argument: updates is 65: a whole number from 0 to 64 is expected',
        'argument: updates is Symbol(all): a whole number from 0 to 64 is expected',
      ],
    );
    assert.equal(await failure(tryOn.fit(back, front, { placement, updates: 0n })), 'StganError argument');
    assert.equal((await tryOn.fit(back, front, { placement, updates: null })).updates.length, tryOn.model.updates);
  });
});
