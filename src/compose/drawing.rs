//! Which pixels of a canvas a foreground affects under a homography, and its colours there.

use super::Foreground;
use crate::resample::{self, Jacobian, Pyramid};
use crate::{Error, Homography, Rect, Result};

/// A foreground with a valid map to the canvas.
pub(super) struct Drawing<'a> {
    pyramid: &'a Pyramid,
    /// Canvas pixels to pixels of the glasses.
    to_glasses: Homography,
    /// Half-planes a x + b y + c ≥ 0 whose intersection contains all affected pixels, in canvas
    /// coordinates.
    bounds: [[f64; 3]; 4],
}

impl<'a> Drawing<'a> {
    pub(super) fn new(foreground: &'a Foreground, h: &Homography) -> Result<Self> {
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
            return degenerate("it maps part of the glasses to infinity");
        }
        // Inverts around the centre of the glasses. Around the origin, a small footprint far away
        // would be ill-conditioned.
        let shift = |x, y| Homography::similarity(1.0, 0.0, x, y);
        let place = h.apply(middle);
        let centred = shift(-place[0], -place[1]) * h * shift(middle[0], middle[1]);
        let to_glasses = shift(middle[0], middle[1]) * centred.inverse()? * shift(-place[0], -place[1]);
        let margin = margin(&h, &to_glasses, &corners);
        if !to_glasses.is_finite() || !margin.is_finite() {
            return degenerate("it shrinks the glasses to a point");
        }

        let Rect { x, y, width, height } = foreground.visible;
        let (left, top) = (f64::from(x) - margin, f64::from(y) - margin);
        let (right, bottom) = (f64::from(x + width) + margin, f64::from(y + height) + margin);
        // left ≤ u / w ≤ right, multiplied by w. Both together imply w ≥ 0, so that nothing behind
        // the horizon is drawn.
        let [a, b, c, d, e, f, g, h, i] = to_glasses.0;
        let bounds = [
            [a - left * g, b - left * h, c - left * i],
            [right * g - a, right * h - b, right * i - c],
            [d - top * g, e - top * h, f - top * i],
            [bottom * g - d, bottom * h - e, bottom * i - f],
        ];
        Ok(Self { pyramid: &foreground.pyramid, to_glasses, bounds })
    }

    /// The bounding rectangle of the pixels of `rect` whose centres lie within the bounds.
    pub(super) fn clip(&self, rect: Rect) -> Option<Rect> {
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

    /// Calls `put` for every pixel of `rect` that the glasses can affect, with the canvas pixel and
    /// the drawn pixel. `canvas` holds the pixels of `area`, which contains `rect`.
    pub(super) fn draw(&self, rect: Rect, area: Rect, canvas: &mut [u8], put: impl Fn(&mut [u8; 4], [f32; 4])) {
        let (pixels, _) = canvas.as_chunks_mut::<4>();
        let mut buffer = vec![[0.0; 4]; rect.width as usize];
        let skipped = (rect.y - area.y) as usize;
        let rows = pixels.chunks_exact_mut(area.width as usize).skip(skipped);
        for (y, row) in (rect.y..rect.y + rect.height).zip(rows) {
            let (left, right) = self.span(y, rect);
            if left >= right {
                continue;
            }
            let drawn = &mut buffer[..(right - left) as usize];
            self.pyramid.sample_row(&self.to_glasses, left, y, drawn);
            let row = &mut row[(left - area.x) as usize..(right - area.x) as usize];
            for (pixel, drawn) in row.iter_mut().zip(drawn) {
                put(pixel, *drawn);
            }
        }
    }

    /// The pixels of row `y` of `rect` whose centres lie within the bounds, as (start, end).
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

/// The pixels in `start..start + length` whose centres lie strictly between `low` and `high`, as
/// (start, end).
fn centres(low: f64, high: f64, start: u32, length: u32) -> (u32, u32) {
    // Excludes centres that are within the bounds only by rounding; their weight is 0.
    const TOLERANCE: f64 = 1e-9;
    let (from, to) = (f64::from(start), f64::from(start) + f64::from(length));
    let first = ((low - 0.5 + TOLERANCE).floor() + 1.0).clamp(from, to);
    let end = (high - 0.5 - TOLERANCE).ceil().clamp(from, to);
    (first as u32, end as u32)
}

/// How far outside the glasses the filter of an output pixel can still reach them, in pixels of the
/// glasses.
fn margin(h: &Homography, to_glasses: &Homography, corners: &[[f64; 2]; 4]) -> f64 {
    let mut reach = 0.5f64;
    for corner in corners {
        let [x, y] = h.apply(*corner);
        let (across, down) = Jacobian::at(to_glasses, x, y).spans();
        reach = reach.max(resample::reach(across, down));
    }
    reach
}

/// Clips a convex polygon to the half-plane a x + b y + c ≥ 0 (Sutherland & Hodgman 1974).
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
