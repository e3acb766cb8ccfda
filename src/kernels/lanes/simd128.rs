//! WebAssembly's fixed-width SIMD.

use super::{Lanes, Pairs};
use std::arch::wasm32::*;

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Simd128(v128);

impl Lanes for Simd128 {
    const WIDTH: usize = 4;
    // Measured: with five or six pixels, V8 spills sums to memory.
    const PIXELS: usize = 4;
    type Pairs = Simd128Pairs;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let from = &from[..4];
        // SAFETY: the slice has four elements, and the load needs no alignment.
        Self(unsafe { v128_load(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn widen(from: &[i16]) -> Self {
        let from = &from[..4];
        // SAFETY: as in `load`.
        Self(f32x4_convert_i32x4(unsafe { i32x4_load_extend_i16x4(from.as_ptr()) }))
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..4];
        // SAFETY: as in `load`.
        unsafe { v128_store(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(f32x4_add(self.0, f32x4_mul(a.0, b.0)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // On x86 this is one instruction; `f32x4_max`, which handles NaN and signed zeros, is
        // seven.
        Self(f32x4_pmax(other.0, self.0))
    }

    #[inline(always)]
    fn store_rounded(self, to: &mut [i16]) {
        let to = &mut to[..4];
        // Adding 1.5 · 2²³ rounds to an integer, which is then in the low bits of the mantissa. On
        // x86 this is one instruction; wasm's conversion is six.
        const ROUND: f32 = 12_582_912.0;
        let rounded = i32x4_sub(f32x4_add(self.0, f32x4_splat(ROUND)), i32x4_splat(ROUND.to_bits() as i32));
        // SAFETY: as in `load`.
        unsafe { v128_store64_lane::<0>(i16x8_narrow_i32x4(rounded, rounded), to.as_mut_ptr().cast()) }
    }

    #[inline(always)]
    fn from_i32(values: Simd128Pairs) -> Self {
        Self(f32x4_convert_i32x4(values.0))
    }
}

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Simd128Pairs(v128);

impl Pairs for Simd128Pairs {
    #[inline(always)]
    fn zero() -> Self {
        Self(i32x4_splat(0))
    }

    #[inline(always)]
    fn splat(pair: &[i16; 2]) -> Self {
        // SAFETY: a pair has 32 bits, and the load needs no alignment.
        Self(unsafe { v128_load32_splat(pair.as_ptr().cast()) })
    }

    #[inline(always)]
    fn load(from: &[i16]) -> Self {
        let from = &from[..8];
        // SAFETY: the slice has eight elements, and the load needs no alignment.
        Self(unsafe { v128_load(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        Self(i32x4_add(self.0, i32x4_dot_i16x8(a.0, b.0)))
    }
}
