/** Writes small PNG files, for pictures of the tests' own. */
import { crc32, deflateSync } from 'node:zlib';

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function file(width, height, depth, colour, rows) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = colour;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An RGBA picture; `pixel(x, y)` gives the four values. */
export function png(width, height, pixel) {
  const rows = Buffer.alloc(height * (1 + width * 4));
  for (let y = 0, at = 0; y < height; y++) {
    at++;
    for (let x = 0; x < width; x++, at += 4) rows.set(pixel(x, y), at);
  }
  return file(width, height, 8, 6, rows);
}

/** A black picture of one bit a pixel: large, and yet a small file. */
export function blackPng(width, height) {
  return file(width, height, 1, 0, Buffer.alloc(height * (1 + Math.ceil(width / 8))));
}

/** Round glasses on a transparent ground. */
export function glasses(width = 600, height = 220) {
  const [rim, bridge] = [14, 18];
  const radius = height / 2 - 4;
  const centres = [radius + 4, width - radius - 4];
  return png(width, height, (x, y) => {
    const far = Math.min(...centres.map((cx) => Math.hypot(x - cx, y - height / 2)));
    if (far < radius - rim) return [200, 210, 220, 40];
    const between =
      x > centres[0] + radius - rim && x < centres[1] - radius + rim && Math.abs(y - height * 0.4) < bridge;
    return far < radius || between ? [30, 30, 34, 255] : [0, 0, 0, 0];
  });
}

/** The size that a PNG file's header states. */
export function pngSize(bytes) {
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
