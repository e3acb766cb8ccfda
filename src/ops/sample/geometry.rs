//! Conversion of canonical coordinates to pixels, and padding outside the image.

use super::filter::Filter;
use super::{Padding, Sampler};
use candle_core::WithDType;

/// With reflection, a point farther outside than this many pixels counts as infinite.
pub(in crate::ops) const MAX_REFLECTED: f64 = (1 << 20) as f64;

/// One axis of an image.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Axis {
    /// Length in pixels.
    pub size: usize,
    /// Pixel coordinate = canonical coordinate · `scale` + `start`.
    pub scale: f64,
    /// The pixel coordinate of canonical 0.
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

    /// The first mirror of reflection padding in pixels, and the distance to the second.
    pub(crate) fn mirrors(&self) -> (f64, f64) {
        if self.align_corners { (0.0, (self.size - 1) as f64) } else { (-0.5, self.size as f64) }
    }

    /// The open interval of pixel coordinates in which a point depends on the image without
    /// padding.
    #[inline(always)]
    pub(crate) fn bounds<F: Filter, T: WithDType>(&self) -> [T; 2] {
        let reach = F::REACH as f64;
        [-reach, self.size as f64 - 1.0 + reach].map(T::from_f64)
    }

    /// For a coordinate out of bounds: the first neighbour, counted with the margin, the fraction,
    /// and the derivative of the pixel coordinate with respect to the canonical one. `None` if the
    /// point does not depend on the image.
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

    /// The image pixel whose value padding gives to pixel `i`; `None` for zero.
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

/// Reflects a coordinate into 0 to `length`; also returns the derivative, 1 or −1.
fn fold(coordinate: f64, length: f64) -> (f64, f64) {
    if length == 0.0 {
        return (0.0, 0.0);
    }
    let place = coordinate.rem_euclid(2.0 * length);
    if place > length { (2.0 * length - place, -1.0) } else { (place, 1.0) }
}

/// The sizes and the sampler of a sampling operation.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Geometry {
    /// The image's x and y axes.
    pub axes: [Axis; 2],
    /// Height and width of the output.
    pub output: (usize, usize),
    pub sampler: Sampler,
}

impl Geometry {
    pub(crate) fn new((height, width): (usize, usize), output: (usize, usize), sampler: Sampler) -> Self {
        Self { axes: [Axis::new(width, sampler), Axis::new(height, sampler)], output, sampler }
    }

    /// Number of output pixels.
    pub(crate) fn pixels(&self) -> usize {
        self.output.0 * self.output.1
    }
}
