//! Interpolation filters: the weights of a point's neighbours along one axis.

use candle_core::{DType, WithDType};

/// The weights of the neighbours of a point, and their derivatives.
pub(in crate::ops) trait Filter: 'static {
    /// Number of neighbours: only the first `TAPS` entries of the arrays are used.
    const TAPS: usize;
    /// The filter's radius in pixels: points farther outside the outermost pixel centres do not
    /// depend on the image.
    const REACH: usize;
    /// Width of the margin around the image that contains the neighbours of all points within
    /// reach.
    const MARGIN: usize;
    /// Splits a coordinate in pixels into the index of the first neighbour, counted with the
    /// margin, and the fraction that the weights depend on. The index is arbitrary for a point
    /// beyond reach.
    fn split<T: WithDType>(coordinate: T) -> (usize, T);
    /// The weights of the neighbours.
    fn weights<T: WithDType>(fraction: T) -> [T; 4];
    /// The derivatives of the weights with respect to the coordinate.
    fn slopes<T: WithDType>(fraction: T) -> [T; 4];
}

pub(in crate::ops) struct Nearest;
pub(in crate::ops) struct Bilinear;
pub(in crate::ops) struct Bicubic;

/// The integer and fractional part of a coordinate that is not negative.
#[inline(always)]
fn floor<T: WithDType>(coordinate: T) -> (usize, T) {
    if T::DTYPE == DType::F32 {
        // An f32 of 2²³ or more has no fractional bits, so adding 2²³ rounds to an integer, which
        // is then in the mantissa. Unlike a cast, compilers vectorise this.
        const SHIFT: f32 = (1 << 23) as f32;
        let coordinate = coordinate.to_f64() as f32;
        let sum = coordinate + SHIFT;
        let rounded_up = sum - SHIFT > coordinate;
        let (integer, fraction) = (sum.to_bits() & 0x7f_ffff, coordinate - (sum - SHIFT));
        let (integer, fraction) =
            if rounded_up { (integer.wrapping_sub(1), fraction + 1.0) } else { (integer, fraction) };
        (integer as usize, T::from_f64(f64::from(fraction)))
    } else {
        let integer = coordinate.to_f64() as u32;
        (integer as usize, coordinate - T::from_f64(f64::from(integer)))
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

/// The parameter a of cubic convolution (Keys 1981), with the value of PyTorch and OpenCV.
const A: f64 = -0.75;

impl Filter for Bicubic {
    const TAPS: usize = 4;
    const REACH: usize = 2;
    const MARGIN: usize = 4;

    #[inline(always)]
    fn split<T: WithDType>(coordinate: T) -> (usize, T) {
        let (integer, fraction) = floor(coordinate + T::from_f64(4.0));
        (integer.wrapping_sub(1), fraction)
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
