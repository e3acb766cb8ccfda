//! From canonical coordinates to the pixels of an image and what lies around it.

use super::filter::Filter;
use super::{Padding, Sampler};
use candle_core::WithDType;

/// Reflected further out than this many pixels, a point counts as one at infinity.
pub(in crate::ops) const MAX_REFLECTED: f64 = (1 << 20) as f64;

/// One axis of an image.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Axis {
    pub size: usize,
    /// Coordinate in pixels = canonical · scale + start.
    pub scale: f64,
    pub start: f64,
    padding: Padding,
    align_corners: bool,
}

impl Axis {
    pub(crate) fn new(size: usize, sampler: Sampler) -> Self {
        let Sampler { padding, align_corners, .. } = sampler;
        let start = 0.5 * (size as f64 - 1.0);
        Self { size, scale: if align_corners { start } else { 0.5 * size as f64 }, start, padding, align_corners }
    }

    pub(crate) fn padding(&self) -> Padding {
        self.padding
    }

    /// The mirrors of reflection: the first, and the distance between both.
    pub(crate) fn mirrors(&self) -> (f64, f64) {
        if self.align_corners { (0.0, (self.size - 1) as f64) } else { (-0.5, self.size as f64) }
    }

    /// The coordinates between which a point sees the image itself, both excluded.
    #[inline(always)]
    pub(crate) fn bounds<F: Filter, T: WithDType>(&self) -> [T; 2] {
        let reach = F::REACH as f64;
        [-reach, self.size as f64 - 1.0 + reach].map(T::from_f64)
    }

    /// Beyond the bounds: the first neighbour in the image with its margin, the fraction, and the derivative of the coordinate
    /// in pixels with respect to the canonical one. None where the image is not seen.
    #[cold]
    pub(crate) fn outside<F: Filter, T: WithDType>(&self, coordinate: f64) -> Option<(usize, T, T)> {
        let reach = F::REACH as f64;
        let (coordinate, slope) = match self.padding {
            Padding::Border if coordinate.is_finite() => {
                (coordinate.clamp(-reach, self.size as f64 - 1.0 + reach), 0.0)
            }
            Padding::Reflection if coordinate.abs() <= MAX_REFLECTED => {
                let (first, length) = self.mirrors();
                let (place, sign) = fold(coordinate - first, length);
                (place + first, sign * self.scale)
            }
            _ => return None,
        };
        let (first, fraction) = F::split(T::from_f64(coordinate));
        Some((first, fraction, T::from_f64(slope)))
    }

    /// The pixel that shows at pixel `i` of the plane around the image.
    pub(crate) fn source(&self, i: isize) -> Option<usize> {
        let size = self.size as isize;
        if (0..size).contains(&i) {
            return Some(i as usize);
        }
        match self.padding {
            Padding::Zeros => None,
            Padding::Border => Some(i.clamp(0, size - 1) as usize),
            Padding::Reflection if self.align_corners => {
                let i = if size == 1 { 0 } else { i.rem_euclid(2 * (size - 1)) };
                Some(i.min(2 * (size - 1) - i) as usize)
            }
            Padding::Reflection => {
                let i = i.rem_euclid(2 * size);
                Some(i.min(2 * size - 1 - i) as usize)
            }
        }
    }
}

/// A coordinate folded into 0 to `length`, and whether it still runs the same way.
fn fold(coordinate: f64, length: f64) -> (f64, f64) {
    if length == 0.0 {
        return (0.0, 0.0);
    }
    let place = coordinate.rem_euclid(2.0 * length);
    if place > length { (2.0 * length - place, -1.0) } else { (place, 1.0) }
}

/// Sizes of a lookup.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Geometry {
    /// Across and down.
    pub axes: [Axis; 2],
    /// Rows and columns of the output.
    pub output: (usize, usize),
    pub sampler: Sampler,
}

impl Geometry {
    pub(crate) fn new((height, width): (usize, usize), output: (usize, usize), sampler: Sampler) -> Self {
        Self { axes: [Axis::new(width, sampler), Axis::new(height, sampler)], output, sampler }
    }

    pub(crate) fn pixels(&self) -> usize {
        self.output.0 * self.output.1
    }
}
