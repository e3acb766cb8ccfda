/** The picture: the photo, the frame above it and the outline to hold it by. Knows nothing of fits and workers. */
import {
  apply,
  type Box,
  cssMatrix,
  type Homography,
  multiply,
  type Point,
  type Quad,
  quad,
  scaling,
} from './geometry.ts';
import type { FrameInfo, PatchInfo, PhotoInfo } from './protocol.ts';

/** How far outside of the frame a finger still means the frame, in screen pixels. */
const REACH = 24;
/** The handle keeps this distance to the edges of the stage. */
const HANDLE_MARGIN = 14;

function part<T extends Element>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

function drawing(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no 2D canvas');
  return context;
}

export class Stage {
  readonly element: HTMLElement;
  readonly handle: HTMLElement;
  readonly #photoCanvas: HTMLCanvasElement;
  readonly #ambient: HTMLCanvasElement;
  readonly #preview: HTMLCanvasElement;
  readonly #patch: HTMLCanvasElement;
  readonly #outline: SVGPolygonElement;
  #photo: PhotoInfo | null = null;
  #frame: FrameInfo | null = null;
  #homography: Homography | null = null;
  #resized: () => void = () => {};

  constructor(element: HTMLElement) {
    this.element = element;
    this.handle = part(element, '.handle');
    this.#photoCanvas = part(element, '.photo');
    this.#ambient = part(element.parentElement!, '.ambient');
    this.#preview = part(element, '.preview');
    this.#patch = part(element, '.patch');
    this.#outline = part(element, '.outline polygon');
    new ResizeObserver(() => {
      this.#place();
      this.#resized();
    }).observe(element);
  }

  /** Is told when the stage has another size, and what was made for the old one is too coarse or too fine. */
  onResize(resized: () => void): void {
    this.#resized = resized;
  }

  /** The homography that is drawn now, on its way or at rest. */
  get homography(): Homography | null {
    return this.#homography;
  }

  /** Screen pixels per photo pixel. */
  get density(): number {
    return this.#scale() * window.devicePixelRatio;
  }

  showPhoto(photo: PhotoInfo, description: string): void {
    this.#photo = photo;
    this.element.style.setProperty('--ratio', String(photo.width / photo.height));
    const { display } = photo;
    this.#photoCanvas.width = display.width;
    this.#photoCanvas.height = display.height;
    drawing(this.#photoCanvas).drawImage(display, 0, 0);
    this.#photoCanvas.setAttribute('aria-label', description);
    this.#surround(display);
    display.close();
    this.element.dataset.photo = '';
  }

  /** Fills what the photo leaves of the room with the colours of the photo's edges there: left and right, or above and below. */
  #surround(display: ImageBitmap): void {
    const { clientWidth, clientHeight } = this.#ambient.parentElement!;
    const { width, height } = this.#ambient;
    const context = drawing(this.#ambient);
    const across = display.width * clientHeight < display.height * clientWidth;
    for (const half of [0, 1]) {
      if (across) {
        const strip = Math.ceil(display.width / 24);
        context.drawImage(
          display,
          half * (display.width - strip),
          0,
          strip,
          display.height,
          (half * width) / 2,
          0,
          width / 2,
          height,
        );
      } else {
        const strip = Math.ceil(display.height / 24);
        context.drawImage(
          display,
          0,
          half * (display.height - strip),
          display.width,
          strip,
          0,
          (half * height) / 2,
          width,
          height / 2,
        );
      }
    }
  }

  showFrame(frame: FrameInfo): void {
    this.#frame = frame;
    this.#preview.width = 0;
  }

  /** Draws the frame's preview. */
  draw(h: Homography): void {
    this.#homography = h;
    this.element.dataset.layer = 'preview';
    this.#place();
  }

  /** Shows the composite of the frame in place of its preview. */
  settle({ box, image }: PatchInfo): void {
    const photo = this.#photo;
    if (!photo) return;
    if (box && image) {
      this.#patch.width = image.width;
      this.#patch.height = image.height;
      drawing(this.#patch).drawImage(image, 0, 0);
      image.close();
      const { style } = this.#patch;
      style.left = `${(box.x / photo.width) * 100}%`;
      style.top = `${(box.y / photo.height) * 100}%`;
      style.width = `${(box.width / photo.width) * 100}%`;
      style.height = `${(box.height / photo.height) * 100}%`;
    } else {
      this.#patch.width = 0;
    }
    this.element.dataset.layer = 'patch';
  }

  /** Hides the frame until the next one is drawn. */
  clear(): void {
    this.#homography = null;
    delete this.element.dataset.layer;
  }

  toPhoto(clientX: number, clientY: number): Point {
    const { left, top } = this.element.getBoundingClientRect();
    const scale = this.#scale() || 1;
    return [(clientX - left - this.element.clientLeft) / scale, (clientY - top - this.element.clientTop) / scale];
  }

  onFrame(clientX: number, clientY: number): boolean {
    if (!this.#homography || !this.#frame) return false;
    const [x, y] = this.toPhoto(clientX, clientY);
    const reach = REACH / (this.#scale() || 1);
    const corners = quad(this.#homography, this.#frame.box);
    const xs = corners.map((corner) => corner[0]);
    const ys = corners.map((corner) => corner[1]);
    return (
      x > Math.min(...xs) - reach &&
      x < Math.max(...xs) + reach &&
      y > Math.min(...ys) - reach &&
      y < Math.max(...ys) + reach
    );
  }

  #scale(): number {
    return this.#photo ? this.element.clientWidth / this.#photo.width : 0;
  }

  /** Puts preview, outline and handle where the homography says, for the stage's size of now. */
  #place(): void {
    const [frame, h, scale] = [this.#frame, this.#homography, this.#scale()];
    if (!frame || !h || scale === 0) return;
    this.#render(frame, h);
    const reduction = frame.width / this.#preview.width;
    const toStage = multiply(scaling(scale), h);
    this.#preview.style.transform = cssMatrix(multiply(toStage, scaling(reduction)));
    const corners = quad(toStage, frame.box);
    this.#outline.setAttribute('points', padded(corners, 10).join(' '));
    this.#placeHandle(toStage, frame.box);
  }

  /**
   * The preview's canvas has about as many pixels as it covers on the screen, for the compositor does not filter when it shrinks, and
   * no more than it covers on the photo: the composite that takes its place is no sharper.
   */
  #render(frame: FrameInfo, h: Homography): void {
    const { box } = frame;
    const [a, b, , d] = quad(h, box);
    const stretch = Math.max(
      Math.hypot(b[0] - a[0], b[1] - a[1]) / box.width,
      Math.hypot(d[0] - a[0], d[1] - a[1]) / box.height,
    );
    const share = stretch * Math.min(this.density, 1);
    const wanted = Math.min(frame.display.width, Math.max(32, Math.ceil(frame.display.width * share)));
    if (this.#preview.width > 0 && Math.abs(Math.log(wanted / this.#preview.width)) < 0.2) return;
    this.#preview.width = wanted;
    this.#preview.height = Math.max(1, Math.round((wanted * frame.height) / frame.width));
    const context = drawing(this.#preview);
    context.imageSmoothingQuality = 'high';
    context.drawImage(frame.display, 0, 0, this.#preview.width, this.#preview.height);
  }

  #placeHandle(toStage: Homography, box: Box): void {
    const corner = apply(toStage, [box.x + box.width, box.y + box.height]);
    const { clientWidth, clientHeight } = this.element;
    const keep = (value: number, most: number): number =>
      Math.min(Math.max(value, HANDLE_MARGIN), most - HANDLE_MARGIN);
    this.handle.style.translate = `${keep(corner[0] + 10, clientWidth)}px ${keep(corner[1] + 10, clientHeight)}px`;
  }
}

/** The quadrilateral grown by about `by` on every side. */
function padded(corners: Quad, by: number): Point[] {
  const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis as 0 | 1], 0) / 4) as [
    number,
    number,
  ];
  const unit = ([x, y]: Point): Point => {
    const length = Math.hypot(x, y) || 1;
    return [x / length, y / length];
  };
  const right = unit([corners[1][0] - corners[0][0], corners[1][1] - corners[0][1]]);
  const down = unit([corners[3][0] - corners[0][0], corners[3][1] - corners[0][1]]);
  return corners.map(([x, y]) => {
    const side = Math.sign((x - middle[0]) * right[0] + (y - middle[1]) * right[1]) * by;
    const depth = Math.sign((x - middle[0]) * down[0] + (y - middle[1]) * down[1]) * by;
    return [x + right[0] * side + down[0] * depth, y + right[1] * side + down[1] * depth];
  });
}
