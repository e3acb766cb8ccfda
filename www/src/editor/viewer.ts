/** Draws the photo, the foreground on top of it, and the outline and handle to move them. */
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
} from '../geometry.ts';
import { afterFrame } from '../schedule.ts';
import type { ForegroundInfo, OverlayInfo, PhotoInfo } from '../types.ts';

/** Margin around the foreground that counts as a hit, in screen pixels. */
const HIT_MARGIN = 24;
/** Minimum distance of the handle from the edges of the viewer, in screen pixels. */
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

export class Viewer {
  readonly element: HTMLElement;
  readonly handle: HTMLElement;
  readonly #photoCanvas: HTMLCanvasElement;
  readonly #ambient: HTMLCanvasElement;
  readonly #preview: HTMLCanvasElement;
  readonly #overlay: HTMLCanvasElement;
  readonly #outline: SVGPolygonElement;
  #photo: PhotoInfo | null = null;
  #foreground: ForegroundInfo | null = null;
  #homography: Homography | null = null;
  /** Size of the element, in CSS pixels. Asking the element would lay out the page at once. */
  #size = { width: 0, height: 0 };
  #resized: () => void = () => {};

  constructor(element: HTMLElement) {
    this.element = element;
    this.handle = part(element, '.handle');
    this.#photoCanvas = part(element, '.photo');
    this.#ambient = part(element.parentElement!, '.ambient');
    this.#preview = part(element, '.preview');
    this.#overlay = part(element, '.overlay');
    this.#outline = part(element, '.outline polygon');
    new ResizeObserver(([entry]) => {
      this.#size = entry!.contentRect;
      this.#place();
      this.#resized();
    }).observe(element);
  }

  /** Calls `resized` when the viewer changes its size, so that the composite can be redrawn. */
  onResize(resized: () => void): void {
    this.#resized = resized;
  }

  /** The homography that is drawn now, also during an animation. */
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
    this.#photoCanvas.getContext('bitmaprenderer')!.transferFromImageBitmap(display);
    this.#photoCanvas.setAttribute('aria-label', description);
    this.element.dataset.photo = '';
    afterFrame(() => this.#fillSurroundings());
  }

  /**
   * Fills the area beside the photo with the colours of its edges: left and right, or top and
   * bottom.
   */
  #fillSurroundings(): void {
    const display = this.#photoCanvas;
    const { clientWidth, clientHeight } = this.#ambient.parentElement!;
    const { width, height } = this.#ambient;
    const context = drawing(this.#ambient);
    const beside = display.width * clientHeight < display.height * clientWidth;
    for (const half of [0, 1]) {
      if (beside) {
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

  showForeground(foreground: ForegroundInfo): void {
    this.#foreground = foreground;
    this.#preview.width = 0;
  }

  /** Draws the preview of the foreground. */
  draw(h: Homography): void {
    this.#homography = h;
    this.element.dataset.layer = 'preview';
    this.#place();
  }

  /** Shows the composited foreground instead of the preview. */
  showComposite({ box, image }: OverlayInfo): void {
    const photo = this.#photo;
    if (!photo) return;
    if (box && image) {
      this.#overlay.width = image.width;
      this.#overlay.height = image.height;
      drawing(this.#overlay).drawImage(image, 0, 0);
      image.close();
      const { style } = this.#overlay;
      style.left = `${(box.x / photo.width) * 100}%`;
      style.top = `${(box.y / photo.height) * 100}%`;
      style.width = `${(box.width / photo.width) * 100}%`;
      style.height = `${(box.height / photo.height) * 100}%`;
    } else {
      this.#overlay.width = 0;
    }
    this.element.dataset.layer = 'overlay';
  }

  /** Hides the foreground until the next `draw`. */
  clear(): void {
    this.#homography = null;
    delete this.element.dataset.layer;
  }

  toPhoto(clientX: number, clientY: number): Point {
    const { left, top } = this.element.getBoundingClientRect();
    const scale = this.#scale() || 1;
    return [(clientX - left - this.element.clientLeft) / scale, (clientY - top - this.element.clientTop) / scale];
  }

  onForeground(clientX: number, clientY: number): boolean {
    if (!this.#homography || !this.#foreground) return false;
    const [x, y] = this.toPhoto(clientX, clientY);
    const margin = HIT_MARGIN / (this.#scale() || 1);
    const corners = quad(this.#homography, this.#foreground.box);
    const xs = corners.map((corner) => corner[0]);
    const ys = corners.map((corner) => corner[1]);
    return (
      x > Math.min(...xs) - margin &&
      x < Math.max(...xs) + margin &&
      y > Math.min(...ys) - margin &&
      y < Math.max(...ys) + margin
    );
  }

  #scale(): number {
    return this.#photo ? this.#size.width / this.#photo.width : 0;
  }

  /**
   * Positions preview, outline and handle for the homography and the current size of the viewer.
   */
  #place(): void {
    const [foreground, h, scale] = [this.#foreground, this.#homography, this.#scale()];
    if (!foreground || !h || scale === 0) return;
    this.#render(foreground, h);
    const reduction = foreground.width / this.#preview.width;
    const toViewer = multiply(scaling(scale), h);
    this.#preview.style.transform = cssMatrix(multiply(toViewer, scaling(reduction)));
    const corners = quad(toViewer, foreground.box);
    this.#outline.setAttribute('points', padded(corners, 10).join(' '));
    this.#placeHandle(toViewer, foreground.box);
  }

  /**
   * Draws the preview with about as many pixels as it covers on the screen, because CSS transforms
   * downscale without filtering. It gets no more pixels than it covers on the photo, because the
   * composite is no sharper either.
   */
  #render(foreground: ForegroundInfo, h: Homography): void {
    const { box } = foreground;
    const [a, b, , d] = quad(h, box);
    const stretch = Math.max(
      Math.hypot(b[0] - a[0], b[1] - a[1]) / box.width,
      Math.hypot(d[0] - a[0], d[1] - a[1]) / box.height,
    );
    const share = stretch * Math.min(this.density, 1);
    const wanted = Math.min(foreground.display.width, Math.max(32, Math.ceil(foreground.display.width * share)));
    if (this.#preview.width > 0 && Math.abs(Math.log(wanted / this.#preview.width)) < 0.2) return;
    this.#preview.width = wanted;
    this.#preview.height = Math.max(1, Math.round((wanted * foreground.height) / foreground.width));
    const context = drawing(this.#preview);
    context.imageSmoothingQuality = 'high';
    context.drawImage(foreground.display, 0, 0, this.#preview.width, this.#preview.height);
  }

  #placeHandle(toViewer: Homography, box: Box): void {
    const corner = apply(toViewer, [box.x + box.width, box.y + box.height]);
    const { width, height } = this.#size;
    const clamp = (value: number, max: number): number => Math.min(Math.max(value, HANDLE_MARGIN), max - HANDLE_MARGIN);
    this.handle.style.translate = `${clamp(corner[0] + 10, width)}px ${clamp(corner[1] + 10, height)}px`;
  }
}

/** Grows a quadrilateral by about `by` on every side. */
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
