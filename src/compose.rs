//! Frames over photos: RGBA bytes in, RGBA bytes out, at the photo's own size.
//!
//! A frame is drawn through a homography from frame pixels to photo pixels (origin at the corner of the first pixel,
//! `h[8] = 1` by convention; any other scale of the same map is as good). The output pixel looks its colour up in the
//! frame through the inverse, filtered over its area, and goes over the photo with the Porter–Duff *over*
//! operator in sRGB values, as browsers composite:
//!
//! ```text
//!     α = αf + αp (1 − αf)            α c = αf cf + αp cp (1 − αf)
//! ```
//!
//! Filtering happens in premultiplied alpha, so the colours of transparent pixels never show. Work and memory follow the
//! frame's footprint, not the photo.

use crate::bitmap::MAX_PIXELS;
use crate::resample::{Jacobian, Pyramid};
use crate::{Bitmap, BitmapRef, Error, Homography, Rect, Result};

/// The alpha byte from which a pixel counts for a frame's bounding box: 10 %.
pub const OPAQUE_FROM: u8 = 26;

/// Frame images of more pixels are halved first: their detail would show on no photo, and their pyramids take 21 bytes a
/// pixel.
const DETAIL: u64 = 16_000_000;

/// A frame image made ready for drawing.
#[derive(Clone, Debug)]
pub struct Foreground {
    pyramid: Pyramid,
    bounding_box: Rect,
    /// All pixels that are not fully transparent.
    visible: Rect,
}

/// A part of the canvas: straight-alpha RGBA and the place of its left upper corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The column of the canvas on which the patch begins.
    pub x: u32,
    /// The row of the canvas on which the patch begins.
    pub y: u32,
    /// Its pixels.
    pub bitmap: Bitmap,
}

impl Foreground {
    /// Measures and filters a frame image once, for any number of drawings.
    ///
    /// # Errors
    /// [`Error::EmptyGlasses`] where no pixel is at least 10 % opaque.
    pub fn new(image: BitmapRef) -> Result<Self> {
        let empty = || Error::EmptyGlasses { width: image.width(), height: image.height() };
        let bounding_box = image.bounding_box(OPAQUE_FROM).ok_or_else(empty)?;
        let visible = image.bounding_box(1).ok_or_else(empty)?;
        let pixels = u64::from(image.width()) * u64::from(image.height());
        let skipped = (0..).find(|halvings| pixels >> (2 * halvings) <= DETAIL).unwrap_or_default();
        Ok(Self { pyramid: Pyramid::from_level(image, skipped)?, bounding_box, visible })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.pyramid.width()
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.pyramid.height()
    }

    /// The smallest rectangle around every pixel that is at least 10 % opaque: what a placement's centre and width mean.
    pub fn bounding_box(&self) -> Rect {
        self.bounding_box
    }

    /// The image and its reduced levels, as filtered lookups read them.
    pub fn pyramid(&self) -> &Pyramid {
        &self.pyramid
    }
}

/// The rectangle of canvas pixels that the frame can touch; none where it lies off the canvas.
///
/// # Errors
/// [`Error::Degenerate`] for a map that is not finite, has no inverse or sends part of the frame through infinity;
/// [`Error::Argument`] for an empty canvas, [`Error::ImageTooLarge`] for one beyond [`MAX_PIXELS`].
pub fn footprint(foreground: &Foreground, h: &Homography, canvas: (u32, u32)) -> Result<Option<Rect>> {
    Ok(Drawing::new(foreground, h)?.clip(whole(canvas)?))
}

/// The frame as it lies on a canvas of the given size, by itself: for layers, and for video that shows underneath.
/// None where the frame lies off the canvas.
///
/// # Errors
/// As [`footprint`].
pub fn overlay(foreground: &Foreground, h: &Homography, canvas: (u32, u32)) -> Result<Option<Patch>> {
    let Some(rect) = footprint(foreground, h, canvas)? else { return Ok(None) };
    Ok(Some(Patch { x: rect.x, y: rect.y, bitmap: part(foreground, h, rect)? }))
}

/// A part of the canvas with nothing but the frame in it.
///
/// # Errors
/// [`Error::Degenerate`] as [`footprint`]; [`Error::ImageSize`] for a part without pixels, [`Error::ImageTooLarge`] for one beyond
/// [`MAX_PIXELS`].
pub fn part(foreground: &Foreground, h: &Homography, rect: Rect) -> Result<Bitmap> {
    let mut bitmap = Bitmap::transparent(rect.width, rect.height)?;
    let drawing = Drawing::new(foreground, h)?;
    if let Some(clipped) = drawing.clip(rect) {
        drawing.draw(clipped, rect, bitmap.data_mut(), |pixel, drawn| *pixel = straight(drawn));
    }
    Ok(bitmap)
}

/// Draws the frame in place over a part of the photo: `region` holds the pixels of `rect`, in straight-alpha RGBA.
/// Bytes that the frame does not cover stay as they are.
///
/// # Errors
/// [`Error::Degenerate`] as [`footprint`]; [`Error::ImageSize`] where `region` has not `rect.width × rect.height × 4` bytes.
pub fn blend(foreground: &Foreground, h: &Homography, region: &mut [u8], rect: Rect) -> Result<()> {
    BitmapRef::new(rect.width, rect.height, region)?;
    let drawing = Drawing::new(foreground, h)?;
    if let Some(clipped) = drawing.clip(rect) {
        drawing.draw(clipped, rect, region, over);
    }
    Ok(())
}

/// A copy of the photo with the frame over it. Every byte outside of [`footprint`] is the photo's.
///
/// # Errors
/// As [`footprint`].
pub fn composite(photo: BitmapRef, foreground: &Foreground, h: &Homography) -> Result<Bitmap> {
    let mut result = photo.to_owned();
    let rect = Rect { x: 0, y: 0, width: photo.width(), height: photo.height() };
    blend(foreground, h, result.data_mut(), rect)?;
    Ok(result)
}

fn whole((width, height): (u32, u32)) -> Result<Rect> {
    if width == 0 || height == 0 {
        return Err(Error::argument("canvas", format!("{width}×{height}"), "at least one pixel a side"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::ImageTooLarge { width, height, limit: MAX_PIXELS });
    }
    Ok(Rect { x: 0, y: 0, width, height })
}

/// A premultiplied pixel of 0 … 1 as straight bytes.
#[inline]
fn straight([r, g, b, alpha]: [f32; 4]) -> [u8; 4] {
    let a = byte(255.0 * alpha);
    if a == 0 {
        return [0; 4];
    }
    let z = 255.0 / alpha;
    [byte(r * z), byte(g * z), byte(b * z), a]
}

/// A premultiplied pixel of 0 … 1 over straight bytes.
#[inline]
fn over(pixel: &mut [u8; 4], drawn: [f32; 4]) {
    let [r, g, b, alpha] = drawn;
    if alpha <= 0.0 {
        return;
    }
    let rest = 1.0 - alpha;
    if pixel[3] == 255 {
        // All four alike, which vectorises: an opaque photo's alpha comes out as 255 again.
        *pixel = std::array::from_fn(|k| byte(255.0 * drawn[k] + rest * f32::from(pixel[k])));
        return;
    }
    let under = rest * f32::from(pixel[3]) / 255.0;
    let total = alpha + under;
    for (value, drawn) in pixel.iter_mut().zip([r, g, b]) {
        *value = byte((255.0 * drawn + under * f32::from(*value)) / total);
    }
    pixel[3] = byte(255.0 * total);
}

/// Rounded to the nearest byte; conversions from float saturate.
#[inline]
fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}

/// A foreground under a checked map.
struct Drawing<'a> {
    pyramid: &'a Pyramid,
    /// Canvas pixels to frame pixels.
    to_frame: Homography,
    /// Lines a x + b y + c ≥ 0 that bound what the frame can touch, in canvas coordinates.
    bounds: [[f64; 3]; 4],
}

impl<'a> Drawing<'a> {
    fn new(foreground: &'a Foreground, h: &Homography) -> Result<Self> {
        let degenerate = |reason| Err(Error::Degenerate(reason));
        if !h.is_finite() {
            return degenerate("an entry is not finite");
        }
        let (width, height) = (f64::from(foreground.width()), f64::from(foreground.height()));
        let corners = [[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]];
        let largest = h.0.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let middle = [0.5 * width, 0.5 * height];
        let sign = if h.apply_homogeneous([middle[0], middle[1], 1.0])[2] < 0.0 { -1.0 } else { 1.0 };
        let h = Homography(h.0.map(|x| sign * x / largest));
        let depths = corners.map(|[x, y]| h.apply_homogeneous([x, y, 1.0])[2]);
        let nearest = depths.into_iter().fold(f64::INFINITY, f64::min);
        if nearest <= 1e-6 * depths.into_iter().fold(0.0, f64::max) {
            return degenerate("it sends part of the frame through infinity");
        }
        // Inverted around the frame's middle, where even a speck far from the origin is well conditioned.
        let shift = |x, y| Homography::similarity(1.0, 0.0, x, y);
        let place = h.apply(middle);
        let centred = shift(-place[0], -place[1]) * h * shift(middle[0], middle[1]);
        let to_frame = shift(middle[0], middle[1]) * centred.inverse()? * shift(-place[0], -place[1]);
        let margin = margin(&h, &to_frame, &corners);
        if !to_frame.is_finite() || !margin.is_finite() {
            return degenerate("it shrinks the frame to nothing");
        }

        let Rect { x, y, width, height } = foreground.visible;
        let (left, top) = (f64::from(x) - margin, f64::from(y) - margin);
        let (right, bottom) = (f64::from(x + width) + margin, f64::from(y + height) + margin);
        // left ≤ u / w ≤ right, times w: that both hold says w ≥ 0 as well, so nothing behind the horizon is drawn.
        let [a, b, c, d, e, f, g, h, i] = to_frame.0;
        let bounds = [
            [a - left * g, b - left * h, c - left * i],
            [right * g - a, right * h - b, right * i - c],
            [d - top * g, e - top * h, f - top * i],
            [bottom * g - d, bottom * h - e, bottom * i - f],
        ];
        Ok(Self { pyramid: &foreground.pyramid, to_frame, bounds })
    }

    /// The smallest rectangle around the pixels of `rect` whose centres lie within the bounds.
    fn clip(&self, rect: Rect) -> Option<Rect> {
        let (x0, y0) = (f64::from(rect.x), f64::from(rect.y));
        let (x1, y1) = (x0 + f64::from(rect.width), y0 + f64::from(rect.height));
        let mut polygon = vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
        for bound in &self.bounds {
            polygon = clipped(&polygon, bound);
        }
        let range = |axis: usize, start: u32, length: u32| {
            let low = polygon.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
            let high = polygon.iter().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max);
            centres(low, high, start, length)
        };
        let (left, right) = range(0, rect.x, rect.width);
        let (top, bottom) = range(1, rect.y, rect.height);
        (left < right && top < bottom).then(|| Rect { x: left, y: top, width: right - left, height: bottom - top })
    }

    /// Calls `put` with every pixel of `rect` that the frame may touch and what is drawn there; `canvas` holds the pixels
    /// of `place`, of which `rect` is a part.
    fn draw(&self, rect: Rect, place: Rect, canvas: &mut [u8], put: impl Fn(&mut [u8; 4], [f32; 4])) {
        let (pixels, _) = canvas.as_chunks_mut::<4>();
        let mut buffer = vec![[0.0; 4]; rect.width as usize];
        let skipped = (rect.y - place.y) as usize;
        let rows = pixels.chunks_exact_mut(place.width as usize).skip(skipped);
        for (y, row) in (rect.y..rect.y + rect.height).zip(rows) {
            let (left, right) = self.span(y, rect);
            if left >= right {
                continue;
            }
            let drawn = &mut buffer[..(right - left) as usize];
            self.pyramid.sample_row(&self.to_frame, left, y, drawn);
            let row = &mut row[(left - place.x) as usize..(right - place.x) as usize];
            for (pixel, drawn) in row.iter_mut().zip(drawn) {
                put(pixel, *drawn);
            }
        }
    }

    /// The pixels of one row of `rect` whose centres lie within the bounds: first, and past the last.
    fn span(&self, y: u32, rect: Rect) -> (u32, u32) {
        let y = f64::from(y) + 0.5;
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for [a, b, c] in self.bounds {
            let rest = b * y + c;
            if a > 0.0 {
                low = low.max(-rest / a);
            } else if a < 0.0 {
                high = high.min(-rest / a);
            } else if rest < 0.0 {
                return (0, 0);
            }
        }
        centres(low, high, rect.x, rect.width)
    }
}

/// The pixels among `start … start + length` whose centres lie strictly between `low` and `high`: first, and past the last.
fn centres(low: f64, high: f64, start: u32, length: u32) -> (u32, u32) {
    // A hair's breadth inside: what rounding alone puts within the bounds has no weight.
    const HAIR: f64 = 1e-9;
    let (from, to) = (f64::from(start), f64::from(start) + f64::from(length));
    let first = ((low - 0.5 + HAIR).floor() + 1.0).clamp(from, to);
    let past = (high - 0.5 - HAIR).ceil().clamp(from, to);
    (first as u32, past as u32)
}

/// How far outside of its pixels, in frame pixels, a frame can still be seen by an output pixel's filter.
fn margin(h: &Homography, to_frame: &Homography, corners: &[[f64; 2]; 4]) -> f64 {
    let mut reach = 0.5f64;
    for corner in corners {
        let [x, y] = h.apply(*corner);
        let (across, down) = Jacobian::at(to_frame, x, y).spans();
        reach = reach.max(crate::resample::reach(across, down));
    }
    reach
}

/// The part of a convex polygon where a x + b y + c ≥ 0 (Sutherland & Hodgman 1974).
fn clipped(polygon: &[[f64; 2]], [a, b, c]: &[f64; 3]) -> Vec<[f64; 2]> {
    let side = |[x, y]: [f64; 2]| a * x + b * y + c;
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (k, &point) in polygon.iter().enumerate() {
        let next = polygon[(k + 1) % polygon.len()];
        let (here, there) = (side(point), side(next));
        if here >= 0.0 {
            kept.push(point);
        }
        if (here >= 0.0) != (there >= 0.0) {
            let t = here / (here - there);
            kept.push([point[0] + t * (next[0] - point[0]), point[1] + t * (next[1] - point[1])]);
        }
    }
    kept
}
