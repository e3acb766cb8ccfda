//! A portable implementation: arrays of four elements, which compilers vectorise for the baseline
//! instruction set, such as SSE2.

use super::{Lanes, Pairs};

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Portable([f32; 4]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(f32, f32) -> f32) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([op(a, e), op(b, f), op(c, g), op(d, h)])
    }
}

impl Lanes for Portable {
    const WIDTH: usize = 4;
    const PIXELS: usize = 6;
    type Pairs = PortablePairs;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        Self([from[0], from[1], from[2], from[3]])
    }

    #[inline(always)]
    fn widen(from: &[i16]) -> Self {
        Self([from[0], from[1], from[2], from[3]].map(f32::from))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        to[..4].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self.add(a.zip(b, |a, b| a * b))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn store_rounded(self, to: &mut [i16]) {
        // Adding 1.5 · 2²³ rounds to an integer, which is then in the low bits of the mantissa.
        let rounded = self.0.map(|value| (value + 12_582_912.0).to_bits() as i16);
        to[..4].copy_from_slice(&rounded);
    }

    #[inline(always)]
    fn from_i32(values: PortablePairs) -> Self {
        Self(values.0.map(|value| value as f32))
    }
}

/// Four sums, or four pairs with the first value of a pair in the low half.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct PortablePairs([i32; 4]);

impl PortablePairs {
    #[inline(always)]
    fn pair([low, high]: [i16; 2]) -> i32 {
        i32::from(low) & 0xffff | i32::from(high) << 16
    }
}

impl Pairs for PortablePairs {
    #[inline(always)]
    fn zero() -> Self {
        Self([0; 4])
    }

    #[inline(always)]
    fn splat(pair: &[i16; 2]) -> Self {
        Self([Self::pair(*pair); 4])
    }

    #[inline(always)]
    fn load(from: &[i16]) -> Self {
        let from = &from[..8];
        Self([0, 2, 4, 6].map(|i| Self::pair([from[i], from[i + 1]])))
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        let halves = |pair: i32| [i32::from(pair as i16), pair >> 16];
        Self(std::array::from_fn(|i| {
            let ([a, c], [b, d]) = (halves(a.0[i]), halves(b.0[i]));
            self.0[i].wrapping_add(a * b).wrapping_add(c * d)
        }))
    }
}
