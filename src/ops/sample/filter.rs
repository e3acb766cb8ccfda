//! How a value between pixel centres comes from its neighbours along one axis.

use candle_core::{DType, WithDType};

/// The weights of the neighbours of a point, and their derivatives.
pub(in crate::ops) trait Filter: 'static {
    /// Neighbours that count; the first `TAPS` of the arrays are used.
    const TAPS: usize;
    /// A point this many pixels beyond the first or last pixel centre sees nothing of the image.
    const REACH: usize;
    /// Pixels around the image that the neighbours of a point within reach may lie on.
    const MARGIN: usize;
    /// The first neighbour, in pixels of the image with its margin (nonsense where it lies outside of that), and how far the point lies beyond the pixel that the
    /// weights start from.
    fn split<T: WithDType>(coordinate: T) -> (usize, T);
    fn weights<T: WithDType>(fraction: T) -> [T; 4];
    fn slopes<T: WithDType>(fraction: T) -> [T; 4];
}

pub(in crate::ops) struct Nearest;
pub(in crate::ops) struct Bilinear;
pub(in crate::ops) struct Bicubic;

/// The whole pixels of a coordinate that is not below zero, and the rest.
#[inline(always)]
fn floor<T: WithDType>(coordinate: T) -> (usize, T) {
    if T::DTYPE == DType::F32 {
        // Beside 2²³ an f32 has no fraction left: the sum is rounded, and its mantissa is the whole number. A cast would do the
        // same, but one by one, where compilers make vectors of this.
        const WHOLE: f32 = (1 << 23) as f32;
        let coordinate = coordinate.to_f64() as f32;
        let sum = coordinate + WHOLE;
        let up = sum - WHOLE > coordinate;
        let (whole, rest) = (sum.to_bits() & 0x7f_ffff, coordinate - (sum - WHOLE));
        let (whole, rest) = if up { (whole.wrapping_sub(1), rest + 1.0) } else { (whole, rest) };
        (whole as usize, T::from_f64(f64::from(rest)))
    } else {
        let whole = coordinate.to_f64() as u32;
        (whole as usize, coordinate - T::from_f64(f64::from(whole)))
    }
}

impl Filter for Nearest {
    const TAPS: usize = 1;
    const REACH: usize = 1;
    const MARGIN: usize = 1;

    #[inline(always)]
    fn split<T: WithDType>(coordinate: T) -> (usize, T) {
        ((coordinate.to_f64().round_ties_even() as isize + 1) as usize, T::from_f64(0.0))
    }

    #[inline(always)]
    fn weights<T: WithDType>(_: T) -> [T; 4] {
        [1.0, 0.0, 0.0, 0.0].map(T::from_f64)
    }

    #[inline(always)]
    fn slopes<T: WithDType>(_: T) -> [T; 4] {
        [T::from_f64(0.0); 4]
    }
}

impl Filter for Bilinear {
    const TAPS: usize = 2;
    const REACH: usize = 1;
    const MARGIN: usize = 2;

    #[inline(always)]
    fn split<T: WithDType>(coordinate: T) -> (usize, T) {
        floor(coordinate + T::from_f64(2.0))
    }

    #[inline(always)]
    fn weights<T: WithDType>(t: T) -> [T; 4] {
        let zero = T::from_f64(0.0);
        [T::from_f64(1.0) - t, t, zero, zero]
    }

    #[inline(always)]
    fn slopes<T: WithDType>(_: T) -> [T; 4] {
        [-1.0, 1.0, 0.0, 0.0].map(T::from_f64)
    }
}

/// Keys's parameter, as PyTorch and OpenCV have it.
const A: f64 = -0.75;

impl Filter for Bicubic {
    const TAPS: usize = 4;
    const REACH: usize = 2;
    const MARGIN: usize = 4;

    #[inline(always)]
    fn split<T: WithDType>(coordinate: T) -> (usize, T) {
        let (whole, rest) = floor(coordinate + T::from_f64(4.0));
        (whole.wrapping_sub(1), rest)
    }

    #[inline(always)]
    fn weights<T: WithDType>(t: T) -> [T; 4] {
        let c = T::from_f64;
        let near = |x: T| (c(A + 2.0) * x - c(A + 3.0)) * x * x + c(1.0);
        let far = |x: T| ((c(A) * x - c(5.0 * A)) * x + c(8.0 * A)) * x - c(4.0 * A);
        [far(t + c(1.0)), near(t), near(c(1.0) - t), far(c(2.0) - t)]
    }

    #[inline(always)]
    fn slopes<T: WithDType>(t: T) -> [T; 4] {
        let c = T::from_f64;
        let near = |x: T| (c(3.0 * (A + 2.0)) * x - c(2.0 * (A + 3.0))) * x;
        let far = |x: T| (c(3.0 * A) * x - c(10.0 * A)) * x + c(8.0 * A);
        let zero = c(0.0);
        [far(t + c(1.0)), near(t), zero - near(c(1.0) - t), zero - far(c(2.0) - t)]
    }
}
