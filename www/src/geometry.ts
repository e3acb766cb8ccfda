/**
 * Plane geometry of the try-on. Points are in canvas coordinates: (0, 0) is the top-left corner of
 * the top-left pixel, and y points down. A homography is a 3×3 matrix in row-major order that maps
 * pixels of the glasses image to photo pixels, as in `stgan`.
 */

export type Point = readonly [number, number];
export type Homography = ArrayLike<number>;
/** Corners in the order top left, top right, bottom right, bottom left. */
export type Quad = readonly [Point, Point, Point, Point];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Placement of the glasses on the photo: centre and width of the visible part in photo pixels, and
 * rotation in degrees clockwise.
 */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly rotation: number;
}

const DEGREE = Math.PI / 180;

export function apply(h: Homography, [x, y]: Point): Point {
  const w = h[6]! * x + h[7]! * y + h[8]!;
  return [(h[0]! * x + h[1]! * y + h[2]!) / w, (h[3]! * x + h[4]! * y + h[5]!) / w];
}

/** The matrix product a · b, which applies b first. */
export function multiply(a: Homography, b: Homography): number[] {
  return Array.from({ length: 9 }, (_, i) => {
    const row = i - (i % 3);
    const column = i % 3;
    return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
  });
}

export function scaling(sx: number, sy = sx): number[] {
  return [sx, 0, 0, 0, sy, 0, 0, 0, 1];
}

export function centre(box: Box): Point {
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** The similarity that moves glasses with the visible part `box` to `placement`. */
export function placementHomography(placement: Placement, box: Box): number[] {
  const scale = placement.width / box.width;
  const cos = scale * Math.cos(placement.rotation * DEGREE);
  const sin = scale * Math.sin(placement.rotation * DEGREE);
  const [cx, cy] = centre(box);
  return [cos, -sin, placement.x - cos * cx + sin * cy, sin, cos, placement.y - sin * cx - cos * cy, 0, 0, 1];
}

/**
 * The placement closest to a homography: centre, length and slope of the horizontal centre line of
 * `box`.
 */
export function placementOf(h: Homography, box: Box): Placement {
  const middle = box.y + box.height / 2;
  const [lx, ly] = apply(h, [box.x, middle]);
  const [rx, ry] = apply(h, [box.x + box.width, middle]);
  const [x, y] = apply(h, centre(box));
  return { x, y, width: Math.hypot(rx - lx, ry - ly), rotation: Math.atan2(ry - ly, rx - lx) / DEGREE };
}

/** The corners of `box`, mapped by a homography. */
export function quad(h: Homography, box: Box): Quad {
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  return [apply(h, [box.x, box.y]), apply(h, [right, box.y]), apply(h, [right, bottom]), apply(h, [box.x, bottom])];
}

/**
 * The homography that maps the corners of `box` to `corners` (Heckbert 1989, section 2.2.3: square
 * to quadrilateral).
 */
export function fromQuad(box: Box, corners: Quad): number[] {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
  const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const [sx, sy] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const area = dx1 * dy2 - dx2 * dy1;
  const g = (sx * dy2 - dx2 * sy) / area;
  const h = (dx1 * sy - sx * dy1) / area;
  const square = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1];
  const unit = [1 / box.width, 0, -box.x / box.width, 0, 1 / box.height, -box.y / box.height, 0, 0, 1];
  return normalized(multiply(square, unit));
}

/** Scales a homography so that its last element is 1. */
export function normalized(h: Homography): number[] {
  return Array.from(h, (value) => value / h[8]!);
}

/** Interpolates two homographies, t from 0 to 1: the corners of `box` move on straight lines. */
export function interpolate(from: Homography, to: Homography, box: Box, t: number): number[] {
  if (t >= 1) return Array.from(to);
  const [a, b] = [quad(from, box), quad(to, box)];
  const mix = (i: 0 | 1 | 2 | 3): Point => [a[i][0] + (b[i][0] - a[i][0]) * t, a[i][1] + (b[i][1] - a[i][1]) * t];
  return fromQuad(box, [mix(0), mix(1), mix(2), mix(3)]);
}

/** A homography as CSS `matrix3d`, for an element whose transform origin is its top-left corner. */
export function cssMatrix(h: Homography): string {
  const m = [h[0], h[3], 0, h[6], h[1], h[4], 0, h[7], 0, 0, 1, 0, h[2], h[5], 0, h[8]];
  return `matrix3d(${m.join(',')})`;
}

/** Translates, scales and rotates a placement like two points that move from `from` to `to`. */
export function pinch(placement: Placement, from: readonly [Point, Point], to: readonly [Point, Point]): Placement {
  const span = ([[ax, ay], [bx, by]]: readonly [Point, Point]): Point => [bx - ax, by - ay];
  const [u, v] = [span(from), span(to)];
  const length = Math.hypot(...u);
  if (length < 1e-9) return placement;
  const scale = Math.hypot(...v) / length;
  const turn = Math.atan2(v[1], v[0]) - Math.atan2(u[1], u[0]);
  const [cos, sin] = [scale * Math.cos(turn), scale * Math.sin(turn)];
  const [dx, dy] = [placement.x - from[0][0], placement.y - from[0][1]];
  return {
    x: to[0][0] + cos * dx - sin * dy,
    y: to[0][1] + sin * dx + cos * dy,
    width: placement.width * scale,
    rotation: wrapDegrees(placement.rotation + turn / DEGREE),
  };
}

/** Wraps an angle to (−180, 180]. */
export function wrapDegrees(degrees: number): number {
  const turned = degrees % 360;
  if (turned > 180) return turned - 360;
  return turned <= -180 ? turned + 360 : turned;
}

/**
 * Clamps a placement so that the glasses stay visible: centre on the photo, width within limits.
 */
export function keepOnPhoto(placement: Placement, photo: { width: number; height: number }): Placement {
  const side = Math.min(photo.width, photo.height);
  return {
    x: Math.min(Math.max(placement.x, 0), photo.width),
    y: Math.min(Math.max(placement.y, 0), photo.height),
    width: Math.min(Math.max(placement.width, 0.04 * side), 2 * side),
    rotation: wrapDegrees(placement.rotation),
  };
}

/** Default placement if no face is known: the usual position of the eyes in a portrait. */
export function guessPlacement(photo: { width: number; height: number }): Placement {
  return {
    x: photo.width / 2,
    y: photo.height * 0.42,
    width: 0.4 * Math.min(photo.width, photo.height),
    rotation: 0,
  };
}

/**
 * The region of a photo that shows the whole face around the glasses, with aspect ratio `aspect`
 * (width over height).
 */
export function faceRegion(placement: Placement, photo: { width: number; height: number }, aspect: number): Box {
  let width = Math.min(placement.width * 1.5, photo.width);
  let height = width / aspect;
  if (height > photo.height) {
    height = photo.height;
    width = height * aspect;
  }
  const clamp = (value: number, max: number): number => Math.min(Math.max(value, 0), max);
  return {
    x: clamp(placement.x - width / 2, photo.width - width),
    // More of a face is below the eyes than above.
    y: clamp(placement.y - height * 0.42, photo.height - height),
    width,
    height,
  };
}
