/** Synthetic images for the tests, in Node and in pages. */

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/**
 * Glasses: two round, lightly tinted lenses and a bridge. Their alpha bounding box is `border`
 * pixels inside the image.
 */
export function glasses(width = 400, height = 160, border = 10) {
  const data = new Uint8ClampedArray(width * height * 4);
  const radius = height / 2 - border;
  const centres = [border + radius, width - border - radius];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const distance = Math.min(...centres.map((centre) => Math.hypot(x + 0.5 - centre, y + 0.5 - height / 2)));
      const bridge = x > centres[0] && x < centres[1] && Math.abs(y - height * 0.4) < 6;
      const at = (y * width + x) * 4;
      if (distance < radius && distance > radius - 12) data.set([40, 20, 10, 255], at);
      else if (distance <= radius - 12) data.set([90, 110, 130, 51], at);
      else if (bridge) data.set([40, 20, 10, 255], at);
    }
  }
  return { data, width, height };
}

/** Furniture: a cabinet with two doors. Its alpha bounding box is (10, 20) to (90, 140). */
export function furniture() {
  const [width, height] = [100, 150];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 20; y < 140; y++) {
    for (let x = 10; x < 90; x++)
      data.set(x % 40 < 13 && x % 40 > 7 ? [90, 60, 30, 255] : [190, 140, 90, 255], (y * width + x) * 4);
  }
  return { data, width, height };
}

/**
 * A product photo: an image of glasses in the middle of a white image of `width × height` pixels.
 */
export function onWhite(glasses, width, height) {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  const [left, top] = [(width - glasses.width) >> 1, (height - glasses.height) >> 1];
  for (let y = 0; y < glasses.height; y++) {
    for (let x = 0; x < glasses.width; x++) {
      const [from, to] = [(y * glasses.width + x) * 4, ((y + top) * width + x + left) * 4];
      const alpha = glasses.data[from + 3] / 255;
      for (let channel = 0; channel < 3; channel++)
        data[to + channel] = alpha * glasses.data[from + channel] + (1 - alpha) * 255;
    }
  }
  return { data, width, height };
}

/** A placement of glasses near the face of `photo`, slightly off. */
export const placementOn = ({ width, height }) => ({
  x: width * 0.51,
  y: height * 0.42,
  width: width * 0.3,
  rotation: 8,
});

/** A photo: a drawn face on a background whose neighbouring pixels differ. */
export function photo(width = 640, height = 480) {
  const data = new Uint8ClampedArray(width * height * 4);
  const words = new Uint32Array(data.buffer);
  const shade = (r, g, b) => 0xff000000 | (b << 16) | (g << 8) | r;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) words[at] = shade(90 + ((x + 3 * y) & 15), 110 + ((x ^ y) & 7), 130);
  }
  // In the coordinates of the face the pupils are at (±1, 0).
  const unit = width * 0.068;
  const [cx, cy] = [width / 2, height * 0.4];
  const ellipse = (x, y, a, b, colour) => {
    for (let row = Math.ceil(cy + (y - b) * unit); row < cy + (y + b) * unit; row++) {
      for (let column = Math.ceil(cx + (x - a) * unit); column < cx + (x + a) * unit; column++) {
        const [u, v] = [((column - cx) / unit - x) / a, ((row - cy) / unit - y) / b];
        if (u * u + v * v < 1) words[row * width + column] = colour;
      }
    }
  };
  ellipse(0, -0.6, 2.5, 3.2, shade(60, 40, 30));
  ellipse(0, 0.5, 2.2, 3, shade(224, 180, 155));
  for (const side of [-1, 1]) {
    ellipse(side, -0.75, 0.7, 0.12, shade(70, 45, 35));
    ellipse(side, 0, 0.5, 0.25, shade(245, 240, 238));
    ellipse(side, 0, 0.22, 0.22, shade(50, 35, 30));
  }
  ellipse(0, 1.1, 0.35, 0.25, shade(205, 155, 130));
  ellipse(0, 2.1, 0.8, 0.22, shade(180, 90, 90));
  return { data, width, height };
}

/** The mean distance of located pupils from those that `photo` draws, in inter-pupil distances. */
export function pupilError({ pupils }, { width, height }) {
  const [left, right] = [-1, 1].map((side) => ({ x: width / 2 + side * width * 0.068, y: height * 0.4 }));
  const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
  return (distance(pupils[0], left) + distance(pupils[1], right)) / 2 / distance(left, right);
}

/**
 * Image files of 24×16 pixels, red on the left and blue on the right. The JPEG's EXIF orientation
 * is 90° clockwise.
 */
export const files = {
  jpeg: bytes(
    '/9j/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/4AAQSkZJRgABAgAAAQABAAD/wAARCAAQABgDAREAAhEBAxEB/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIF' +
      'BAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/9sAQwECAgICAgIFAwMFCgcGBwoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK' +
      'CgoKCgoKCgoK/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK' +
      'FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ' +
      '2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHB' +
      'CSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPE' +
      'xcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD4vr+Uz/fw8h/aq/5gP/b1/wC0a/1U/Zl/81X/ANyP/u4f5r/tDP8Ammf+53/3UPIa/wBVD/Nc' +
      '+vK/5Vz/AKUDyH9qr/mA/wDb1/7Rr/VT9mX/AM1X/wByP/u4f5r/ALQz/mmf+53/AN1DyGv9VD/Nc//Z',
  ),
  png: bytes(
    'iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAYAAAAMJL+VAAAAdklEQVR4Ae3AA6AkWZbG8f937o3IzKdyS2Oubdu2bdu2bdu2bWmMnpZKr54yMyLu+Xa3anqmhztr1a8azL+CMP8K' +
      'BP+5CP5zEfznIvjPRfCfi+A/F8F/Lir/ep/Di47gPxfBfy6C/1wE/7kI/nMR/Oci+M/FPwLZKAOkiVNPNgAAAABJRU5ErkJggg==',
  ),
  webp: bytes(
    'UklGRsYAAABXRUJQVlA4TLkAAAAvF8ADEM1VICICHogEAAAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMCAAXggEgAAAAAA598AAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAYA8kAAAAAADg/AMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPZAAAAAAAIDzDwAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAABIA6XgHhM2' +
      'AQA=',
  ),
};

/** Applies a homography to the point (x, y). */
export function apply(h, x, y) {
  const w = h[6] * x + h[7] * y + h[8];
  return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
}

/**
 * Counts the channels of `composite` that differ from the overlay blended over the photo by more
 * than rounding.
 */
export function countDifferences(composite, photo, overlay) {
  let count = 0;
  const { x, y, image } = overlay ?? { x: 0, y: 0, image: { width: 0, height: 0 } };
  for (let row = 0, at = 0; row < photo.height; row++) {
    for (let column = 0; column < photo.width; column++, at += 4) {
      const inside = column >= x && column < x + image.width && row >= y && row < y + image.height;
      const overlayAt = ((row - y) * image.width + column - x) * 4;
      const alpha = inside ? image.data[overlayAt + 3] / 255 : 0;
      for (let channel = 0; channel < 3; channel++) {
        const expected =
          alpha === 0
            ? photo.data[at + channel]
            : alpha * image.data[overlayAt + channel] + (1 - alpha) * photo.data[at + channel];
        // At low alpha the overlay's colour is quantised coarsely, but then it has little weight.
        if (Math.abs(composite.data[at + channel] - expected) > (alpha === 0 ? 0 : 1.5)) count++;
      }
    }
  }
  return count;
}

/** The name and the code of the error that a promise rejects with. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return `${error.name} ${error.code}`;
  }
  return 'no failure';
}
