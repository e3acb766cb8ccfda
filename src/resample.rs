//! Filtered lookups in an image under a projective map: for drawing glasses, and for the views that
//! the networks read.
//!
//! A [`Pyramid`] stores an image and its successive box-filtered halves, in premultiplied alpha.
//! For an output pixel, the local Jacobian of the map gives the span r: the number of source pixels
//! per output pixel, along each output axis. A lookup works as follows:
//!
//! - The level is the finest on which both spans are at most 4 pixels.
//! - The pixel is the mean of n × m bilinear taps, n = ⌈r⌉, evenly spaced r/n apart.
//! - Just above r = 1 the taps move closer together; at r = 1 the image is reproduced exactly.
//! - Magnification is bilinear.
//!
//! Such a mean has a zero at one cycle per output pixel, the frequency with the strongest aliasing,
//! and covers every source pixel. Thin lines therefore neither break up nor flicker. For r = 2, 3
//! or 4 on aligned pixels it is the exact area mean.
//!
//! Pixels outside the image are transparent black. Values are filtered as stored (in sRGB), as in
//! browsers.

mod area;
mod downscaler;
mod pyramid_builder;

pub use downscaler::Downscaler;
pub use pyramid_builder::PyramidBuilder;

use crate::{BitmapRef, Homography, Rect, Result};

/// The maximum number of taps along one axis, and the maximum span on a level.
const MAX_TAPS: usize = 4;

/// The maximum span for a single tap. The remaining aliasing is invisible, and drawing at about the
/// image's own size is four times as fast.
const MAX_SINGLE_TAP_SPAN: f64 = 1.1;

/// The number of adjacent output pixels that share a filter, since the Jacobian changes slowly.
const RUN: u32 = 16;

/// The value of opaque white in a level. Levels store colour bytes times the alpha byte, and alpha
/// times 255, without rounding.
const UNIT: f32 = 255.0 * 255.0;

/// An image and its successive halves, in premultiplied alpha.
#[derive(Clone)]
pub struct Pyramid {
    width: u32,
    height: u32,
    /// The number of halvings from the image to the first stored level.
    skipped: u32,
    levels: Vec<Level>,
}

/// A level of a pyramid. A pixel of level l is the mean of 2ˡ × 2ˡ image pixels; pixels outside the
/// image count as transparent.
#[derive(Clone)]
struct Level {
    /// Width and height, without the border.
    width: usize,
    height: usize,
    /// The largest x and y of a lookup: just before the centre of the last border pixel.
    limit: [f32; 2],
    /// `height + 2` rows of `width + 2` pixels. The transparent border replaces bounds checks.
    pixels: Vec<[f32; 4]>,
}

impl Pyramid {
    /// Builds all levels of an image; takes 21 bytes per pixel.
    ///
    /// # Errors
    /// None in practice: every [`BitmapRef`] is a valid input.
    pub fn new(image: BitmapRef) -> Result<Self> {
        Self::from_level(image, 0)
    }

    /// Builds the levels of an image from the `skipped`-th half on; values above 8 count as 8.
    ///
    /// For a small view of a large photo this saves most of the memory and time. Maps still refer
    /// to pixels of the full image; lookups that need finer levels are bilinear magnifications.
    ///
    /// # Errors
    /// The errors of [`Pyramid::new`].
    pub fn from_level(image: BitmapRef, skipped: u32) -> Result<Self> {
        PyramidBuilder::of(image, skipped)
    }

    /// Width of the image, in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of the image, in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Fills `out` with the output pixels of `rect`, row by row: premultiplied RGBA from 0 to 1.
    ///
    /// `to_source` maps output pixels to image pixels, both from the top-left corner of the first
    /// pixel. Each output pixel is sampled at its centre (x + 0.5, y + 0.5). A map that is not
    /// finite gives transparent pixels.
    ///
    /// # Panics
    /// If the length of `out` is not `rect.width × rect.height`.
    pub fn sample(&self, to_source: &Homography, rect: Rect, out: &mut [[f32; 4]]) {
        assert_eq!(out.len(), rect.width as usize * rect.height as usize, "one element per pixel of the rectangle");
        if out.is_empty() {
            return;
        }
        for (y, row) in (rect.y..).zip(out.chunks_exact_mut(rect.width as usize)) {
            self.sample_row(to_source, rect.x, y, row);
        }
    }

    /// Fills `out` with one row of [`Pyramid::sample`], from output pixel (x, y) to the right.
    pub fn sample_row(&self, to_source: &Homography, x: u32, y: u32, out: &mut [[f32; 4]]) {
        let [a, b, c, d, e, f, g, h, i] = to_source.0;
        let y = f64::from(y) + 0.5;
        let (c, f, i) = (b * y + c, e * y + f, h * y + i);
        let (mut left, mut rest) = (x, out);
        while !rest.is_empty() {
            // Runs end at multiples of RUN, so that a pixel's filter does not depend on `x`.
            let within = left % RUN;
            let (run, others) = rest.split_at_mut(rest.len().min((RUN - within) as usize));
            let middle = f64::from(left - within) + 0.5 * f64::from(RUN);
            let filter = self.filter(&Jacobian::at(to_source, middle, y));
            let level = &self.levels[filter.level];
            let scale = filter.scale;
            for (x, pixel) in (left..).zip(run.iter_mut()) {
                let x = f64::from(x) + 0.5;
                let z = scale / (g * x + i);
                // The border moves the level's pixel centres from 0.5 to 1.
                let (u, v) = (((a * x + c) * z + 0.5) as f32, ((d * x + f) * z + 0.5) as f32);
                *pixel = if let [_] = filter.taps() {
                    level.lookup(u, v).map(|value| value * (1.0 / UNIT))
                } else {
                    let mut sum = [0.0; 4];
                    for [du, dv] in filter.taps() {
                        let value = level.lookup(u + du, v + dv);
                        for (s, value) in sum.iter_mut().zip(value) {
                            *s += value;
                        }
                    }
                    sum.map(|value| value * filter.weight)
                };
            }
            (left, rest) = (left.saturating_add(RUN - within), others);
        }
    }

    /// The level and the taps for a local Jacobian.
    fn filter(&self, jacobian: &Jacobian) -> Filter {
        let mut scale = 0.5f64.powi(self.skipped as i32);
        let (across, down) = jacobian.spans();
        let (mut rx, mut ry) = (across * scale, down * scale);
        let mut level = 0;
        while rx.max(ry) > MAX_TAPS as f64 && level + 1 < self.levels.len() {
            (level, scale, rx, ry) = (level + 1, scale * 0.5, rx * 0.5, ry * 0.5);
        }
        let ((columns, sx), (rows, sy)) = (taps(rx), taps(ry));
        let step = |(u, v): (f64, f64), span: f64, spacing: f64| {
            let s = if spacing > 0.0 { spacing / span } else { 0.0 };
            ((u * scale * s) as f32, (v * scale * s) as f32)
        };
        let (ux, vx) = step(jacobian.x, rx, sx);
        let (uy, vy) = step(jacobian.y, ry, sy);
        let mut filter = Filter { level, scale, count: columns * rows, ..Filter::default() };
        filter.weight = 1.0 / (UNIT * filter.count as f32);
        for (k, tap) in filter.taps[..columns * rows].iter_mut().enumerate() {
            let i = (k % columns) as f32 - 0.5 * (columns - 1) as f32;
            let j = (k / columns) as f32 - 0.5 * (rows - 1) as f32;
            *tap = [i * ux + j * uy, i * vx + j * vy];
        }
        filter
    }
}

impl std::fmt::Debug for Pyramid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pyramid({}×{}, {} levels)", self.width, self.height, self.levels.len())
    }
}

/// The number of taps for a span of `r` pixels, and their spacing.
fn taps(r: f64) -> (usize, f64) {
    if r.is_nan() || r <= MAX_SINGLE_TAP_SPAN {
        return (1, 0.0);
    }
    let n = (r.ceil() as usize).min(MAX_TAPS);
    // The second bound applies below r = 1.34. The third applies beyond the coarsest level.
    let spacing = (r / n as f64).min(0.75 * (r * r - 1.0).sqrt()).min(1.0);
    (n, spacing)
}

/// How far outside an image an output pixel with these spans can still be affected by it, in image
/// pixels.
pub(crate) fn reach(across: f64, down: f64) -> f64 {
    // The outermost of n taps lies (n − 1) / 2n of the span from the centre, at most 3/8.
    let taps = |r: f64| if r > MAX_SINGLE_TAP_SPAN { 0.375 * r } else { 0.0 };
    let longer = across.max(down);
    // A bilinear tap reaches half a level pixel further, and a level pixel may extend up to one
    // level pixel beyond the image's edge. On such a level the longer span exceeds MAX_TAPS / 2.
    let level = if longer > MAX_TAPS as f64 { 1.5 * longer / (0.5 * MAX_TAPS as f64) } else { 0.0 };
    // A margin of a quarter: the spans are measured at the image's corners, and grow beyond a
    // corner if the plane recedes there.
    0.5 + 1.25 * (level + taps(across) + taps(down))
}

/// The derivatives of the source position with respect to the output's x and y, at one point.
pub(crate) struct Jacobian {
    x: (f64, f64),
    y: (f64, f64),
}

impl Jacobian {
    pub(crate) fn at(map: &Homography, x: f64, y: f64) -> Self {
        let [u, v, w] = map.apply_homogeneous([x, y, 1.0]);
        let [a, b, _, d, e, _, g, h, _] = map.0;
        let z = 1.0 / w;
        let (u, v) = (u * z, v * z);
        Self { x: ((a - u * g) * z, (d - v * g) * z), y: ((b - u * h) * z, (e - v * h) * z) }
    }

    /// The number of source pixels per output pixel along the output's x and y axes.
    pub(crate) fn spans(&self) -> (f64, f64) {
        let length = |(u, v): (f64, f64)| (u * u + v * v).sqrt();
        (length(self.x), length(self.y))
    }
}

/// The filter of an output pixel.
#[derive(Default)]
struct Filter {
    level: usize,
    /// Level pixels per image pixel.
    scale: f64,
    /// The weight of each tap.
    weight: f32,
    count: usize,
    /// Offsets of the taps from the centre, in level pixels.
    taps: [[f32; 2]; MAX_TAPS * MAX_TAPS],
}

impl Filter {
    #[inline]
    fn taps(&self) -> &[[f32; 2]] {
        &self.taps[..self.count]
    }
}

impl Level {
    fn transparent(width: usize, height: usize) -> Self {
        let limit = [width, height].map(|size| ((size + 1) as f32).next_down());
        Self { width, height, limit, pixels: vec![[0.0; 4]; (width + 2) * (height + 2)] }
    }

    /// The rows inside the border.
    fn rows_mut(&mut self) -> impl Iterator<Item = &mut [[f32; 4]]> {
        let (width, height) = (self.width, self.height);
        self.pixels.chunks_exact_mut(width + 2).skip(1).take(height).map(move |row| &mut row[1..=width])
    }

    /// A row inside the border.
    fn row_mut(&mut self, row: usize) -> &mut [[f32; 4]] {
        let start = (row + 1) * (self.width + 2) + 1;
        &mut self.pixels[start..start + self.width]
    }

    /// Whether another halving leaves anything visible.
    fn is_visible(&self) -> bool {
        self.width > 1 || self.height > 1 || self.pixels[self.width + 3][3] > 1.0
    }

    /// The next level. At odd sizes the border is part of the means of the last column and row.
    fn halved(&self) -> Self {
        let mut half = Self::transparent(self.width.div_ceil(2), self.height.div_ceil(2));
        let stride = self.width + 2;
        for (j, out) in half.rows_mut().enumerate() {
            let start = (2 * j + 1) * stride;
            let (upper, lower) = self.pixels[start..start + 2 * stride].split_at(stride);
            let pairs = upper[1..].chunks_exact(2).zip(lower[1..].chunks_exact(2));
            for (out, (upper, lower)) in out.iter_mut().zip(pairs) {
                *out = std::array::from_fn(|c| 0.25 * (upper[0][c] + upper[1][c] + lower[0][c] + lower[1][c]));
            }
        }
        half
    }

    /// The bilinear value at (x, y); (1, 1) is the centre of the first pixel inside the border.
    #[inline(always)]
    fn lookup(&self, x: f32, y: f32) -> [f32; 4] {
        // `max` and `min` are function calls in wasm. In this order NaN becomes 0, on the border.
        let clamped = |x: f32, limit: f32| {
            let x = if x > 0.0 { x } else { 0.0 };
            if x < limit { x } else { limit }
        };
        let (x, y) = (clamped(x, self.limit[0]), clamped(y, self.limit[1]));
        let (i, j) = (x as i32, y as i32);
        let (fx, fy) = (x - i as f32, y - j as f32);
        let stride = self.width + 2;
        let start = j as usize * stride + i as usize;
        // One slice costs one bounds check.
        let window = &self.pixels[start..start + stride + 2];
        let [a, b, c, d] = [window[0], window[1], window[stride], window[stride + 1]];
        std::array::from_fn(|k| {
            let top = a[k] + fx * (b[k] - a[k]);
            let bottom = c[k] + fx * (d[k] - c[k]);
            top + fy * (bottom - top)
        })
    }
}

/// Samples an image to planes R, G, B, A, [4, height, width]: straight alpha, values from 0 to 1.
///
/// `to_source` maps view pixels to image pixels, both from the top-left corner of the first pixel.
/// Outside the image all four values are 0. Across its edge alpha falls and the colour stays.
///
/// For a single view of an image, [`view`] is faster.
pub fn planar(pyramid: &Pyramid, to_source: &Homography, width: usize, height: usize) -> Vec<f32> {
    let mut planes = vec![0.0; 4 * width * height];
    let mut row = vec![[0.0; 4]; width];
    for y in 0..height {
        pyramid.sample_row(to_source, 0, y as u32, &mut row);
        for (x, pixel) in row.iter().enumerate() {
            let at = y * width + x;
            let [r, g, b, alpha] = *pixel;
            // Below a thousandth of 1/255, alpha is rounding error and the colour is noise.
            if alpha > 4e-6 {
                let z = 1.0 / alpha;
                for (plane, value) in [r * z, g * z, b * z, alpha].into_iter().enumerate() {
                    planes[plane * width * height + at] = value;
                }
            }
        }
    }
    planes
}

/// Samples a single view of an image, like [`planar`], and builds only the necessary levels.
///
/// # Errors
/// The errors of [`Pyramid::new`].
pub fn view(image: BitmapRef, to_source: &Homography, width: usize, height: usize) -> Result<Vec<f32>> {
    let skipped = halvings(to_source, width, height);
    Ok(planar(&Pyramid::from_level(image, skipped)?, to_source, width, height))
}

/// The number of levels of a pyramid that are finer than a `width × height` view through
/// `to_source` needs; at most 8.
pub fn halvings(to_source: &Homography, width: usize, height: usize) -> u32 {
    let (right, bottom) = (width as f64 - 0.5, height as f64 - 0.5);
    let shortest = [(0.5, 0.5), (right, 0.5), (0.5, bottom), (right, bottom)]
        .map(|(x, y)| {
            let (across, down) = Jacobian::at(to_source, x, y).spans();
            across.max(down)
        })
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    let mut skipped = 0;
    while shortest * 0.5f64.powi(skipped as i32) > MAX_TAPS as f64 && skipped < 8 {
        skipped += 1;
    }
    skipped
}
