//! Filtered lookups in an image under a projective map: what the compositor draws frames with, and what the networks'
//! views of photos and frames are made by.
//!
//! An image becomes a [`Pyramid`] of box-halved levels in premultiplied alpha. For every output pixel the local Jacobian
//! of the map says how many source pixels one output pixel spans along each of its axes, `r`. The level is the finest at
//! which both spans are at most four, and the pixel is the mean of `n × m` bilinear lookups there, `n = ⌈r⌉` spread evenly
//! over the span, r/n apart. Such a mean is blind to the pattern of one cycle an output pixel, the strongest that would
//! alias, and leaves no source pixel out: thin lines neither break up nor crawl. At r = 2, 3, 4 on aligned pixels it is the
//! exact mean over the area. Just above r = 1 the lookups draw together, so that an image in its own size is itself,
//! exactly. Magnified images are bilinear.
//!
//! Everything outside of the image is transparent black, and values are filtered as they are stored (in sRGB), as
//! browsers do.

mod area;
mod builder;
mod reducer;

pub use builder::PyramidBuilder;
pub use reducer::Downscaler;

use crate::{BitmapRef, Homography, Rect, Result};

/// Spans up to this many pixels of a level are averaged directly; longer ones move to the next level.
const MAX_TAPS: usize = 4;

/// Up to this span one lookup does: the rest of aliasing is not seen, and drawing at an image's own size, give or take, is
/// four times as fast.
const SHARP: f64 = 1.1;

/// Output pixels that share one filter: the Jacobian changes slowly along a row.
const RUN: u32 = 16;

/// Full opacity, and white, in a level. Bytes are multiplied by the alpha byte (alpha by 255) and not rounded.
const UNIT: f32 = 255.0 * 255.0;

/// An image and its successive halves, premultiplied.
#[derive(Clone)]
pub struct Pyramid {
    width: u32,
    height: u32,
    /// The halvings between the image and the first level that is kept.
    skipped: u32,
    levels: Vec<Level>,
}

/// One level; pixel (i, j) is the mean over 2ˡ × 2ˡ image pixels, those beyond the image's edges transparent.
#[derive(Clone)]
struct Level {
    /// Without the border.
    width: usize,
    height: usize,
    /// The last place to look up, just before the centre of the border's last pixel.
    limit: [f32; 2],
    /// Rows of `width + 2` pixels, the first and last row and column a transparent border, so that lookups need no
    /// bounds of their own.
    pixels: Vec<[f32; 4]>,
}

impl Pyramid {
    /// The pyramid of a whole image: 21 bytes a pixel.
    ///
    /// # Errors
    /// None for the images that [`BitmapRef`] admits.
    pub fn new(image: BitmapRef) -> Result<Self> {
        Self::from_level(image, 0)
    }

    /// A pyramid without the levels finer than the `skipped`-th half of the image (at most the eighth): for a large
    /// photo of which a small view is wanted, this saves most of the memory and time. Maps still speak of the image's
    /// own pixels; what asks for more detail than there is comes out magnified.
    ///
    /// # Errors
    /// As [`Pyramid::new`].
    pub fn from_level(image: BitmapRef, skipped: u32) -> Result<Self> {
        PyramidBuilder::of(image, skipped)
    }

    /// Pixels of the image, across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels of the image, down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Fills `out`, row by row, with the pixels of `rect`: premultiplied R, G, B, A from 0 to 1. The centre of each
    /// output pixel (x + 0.5, y + 0.5) is looked up through `to_source` (output pixels to image pixels, both with the
    /// origin at the corner of the first pixel). A map that is not finite gives transparent pixels.
    ///
    /// # Panics
    /// Where `out` has not `rect.width × rect.height` pixels.
    pub fn sample(&self, to_source: &Homography, rect: Rect, out: &mut [[f32; 4]]) {
        assert_eq!(out.len(), rect.width as usize * rect.height as usize, "one value for each pixel of the rectangle");
        if out.is_empty() {
            return;
        }
        for (y, row) in (rect.y..).zip(out.chunks_exact_mut(rect.width as usize)) {
            self.sample_row(to_source, rect.x, y, row);
        }
    }

    /// One row of [`Pyramid::sample`], from pixel (x, y) to the right.
    pub fn sample_row(&self, to_source: &Homography, x: u32, y: u32, out: &mut [[f32; 4]]) {
        let [a, b, c, d, e, f, g, h, i] = to_source.0;
        let y = f64::from(y) + 0.5;
        let (c, f, i) = (b * y + c, e * y + f, h * y + i);
        let (mut left, mut rest) = (x, out);
        while !rest.is_empty() {
            // Runs end at multiples of RUN, so that no pixel's filter depends on where its row starts.
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

    /// The level and the lookups for a pixel whose neighbours lie as the Jacobian says.
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

/// How many lookups a span of `r` pixels takes, and how far apart they are.
fn taps(r: f64) -> (usize, f64) {
    if r.is_nan() || r <= SHARP {
        return (1, 0.0);
    }
    let n = (r.ceil() as usize).min(MAX_TAPS);
    // The second takes over below r = 1.34. The last is for what is smaller than the last level.
    let spacing = (r / n as f64).min(0.75 * (r * r - 1.0).sqrt()).min(1.0);
    (n, spacing)
}

/// How far outside of an image, in its pixels, an output pixel with these spans still sees it.
pub(crate) fn reach(across: f64, down: f64) -> f64 {
    // The outermost of n lookups lies (n − 1) / 2n of the span from the centre, at most 3/8.
    let lookups = |r: f64| if r > SHARP { 0.375 * r } else { 0.0 };
    let longer = across.max(down);
    // A lookup sees half a pixel beyond a pixel, half one of its level where that is higher, and a level's pixel may itself
    // stand up to one over the image's edge. There, the longer span is more than half of MAX_TAPS.
    let level = if longer > MAX_TAPS as f64 { 1.5 * longer / (0.5 * MAX_TAPS as f64) } else { 0.0 };
    // A quarter more: the spans are those of the image's corners, and grow beyond them where the map recedes.
    0.5 + 1.25 * (level + lookups(across) + lookups(down))
}

/// The derivatives of a projective map at one point: of the source position, by the output's x and y.
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

    /// How many source pixels one output pixel spans along its x and y axes.
    pub(crate) fn spans(&self) -> (f64, f64) {
        let length = |(u, v): (f64, f64)| (u * u + v * v).sqrt();
        (length(self.x), length(self.y))
    }
}

/// Where the lookups for an output pixel lie around its centre, in pixels of a level.
#[derive(Default)]
struct Filter {
    level: usize,
    /// Pixels of the level to one pixel of the image.
    scale: f64,
    weight: f32,
    count: usize,
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

    /// The rows inside of the border.
    fn rows_mut(&mut self) -> impl Iterator<Item = &mut [[f32; 4]]> {
        let (width, height) = (self.width, self.height);
        self.pixels.chunks_exact_mut(width + 2).skip(1).take(height).map(move |row| &mut row[1..=width])
    }

    /// A row inside of the border.
    fn row_mut(&mut self, row: usize) -> &mut [[f32; 4]] {
        let start = (row + 1) * (self.width + 2) + 1;
        &mut self.pixels[start..start + self.width]
    }

    /// Whether the next half has anything in it.
    fn is_visible(&self) -> bool {
        self.width > 1 || self.height > 1 || self.pixels[self.width + 3][3] > 1.0
    }

    /// The next level. At odd sizes the border takes part in the last column's and row's means.
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

    /// The bilinear value at (x, y), where 1 is the centre of the first pixel inside of the border.
    #[inline(always)]
    fn lookup(&self, x: f32, y: f32) -> [f32; 4] {
        // Comparisons, where `max` and `min` are calls in wasm. In this order NaN ends at zero, on the border.
        let clamped = |x: f32, limit: f32| {
            let x = if x > 0.0 { x } else { 0.0 };
            if x < limit { x } else { limit }
        };
        let (x, y) = (clamped(x, self.limit[0]), clamped(y, self.limit[1]));
        let (i, j) = (x as i32, y as i32);
        let (fx, fy) = (x - i as f32, y - j as f32);
        let stride = self.width + 2;
        let start = j as usize * stride + i as usize;
        // One slice, one check of its bounds.
        let window = &self.pixels[start..start + stride + 2];
        let [a, b, c, d] = [window[0], window[1], window[stride], window[stride + 1]];
        std::array::from_fn(|k| {
            let top = a[k] + fx * (b[k] - a[k]);
            let bottom = c[k] + fx * (d[k] - c[k]);
            top + fy * (bottom - top)
        })
    }
}

/// A `width × height` view of an image for the networks: four planes R, G, B, A one after the other (NCHW with N = 1),
/// straight alpha, values from 0 to 1. Pixel centres are looked up through `to_source`, view pixels to image pixels (the
/// first pixel's centre at 0.5, 0.5 on both sides). Outside of the image all four are zero; across its edge colours stay
/// what they are, and alpha falls.
///
/// To look at one image once, [`view`] is cheaper.
pub fn planar(pyramid: &Pyramid, to_source: &Homography, width: usize, height: usize) -> Vec<f32> {
    let mut planes = vec![0.0; 4 * width * height];
    let mut row = vec![[0.0; 4]; width];
    for y in 0..height {
        pyramid.sample_row(to_source, 0, y as u32, &mut row);
        for (x, pixel) in row.iter().enumerate() {
            let at = y * width + x;
            let [r, g, b, alpha] = *pixel;
            // Less than a thousandth of a byte's step is rounding, not colour.
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

/// [`planar`] of an image that is looked at only once: of its pyramid, no level finer than needed is made.
///
/// # Errors
/// As [`Pyramid::new`].
pub fn view(image: BitmapRef, to_source: &Homography, width: usize, height: usize) -> Result<Vec<f32>> {
    let skipped = halvings(to_source, width, height);
    Ok(planar(&Pyramid::from_level(image, skipped)?, to_source, width, height))
}

/// How many levels of an image's pyramid are finer than any that a `width × height` view through `to_source` looks at; at most
/// eight.
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
