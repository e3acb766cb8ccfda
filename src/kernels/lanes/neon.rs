//! NEON, which every aarch64 processor supports.

use super::{Lanes, Pairs};
use std::arch::aarch64::*;

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Neon(float32x4_t);

// SAFETY, of every block: NEON is part of the target. Loads and stores need only the alignment of
// an element, and their slices have four elements.
impl Lanes for Neon {
    const WIDTH: usize = 4;
    // The maximum of all instruction sets. Its twelve sums use less than half of the registers and
    // hide the latency of an addition.
    const PIXELS: usize = 6;
    type Pairs = NeonPairs;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: above.
        Self(unsafe { vdupq_n_f32(value) })
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let from = &from[..4];
        // SAFETY: above.
        Self(unsafe { vld1q_f32(from.as_ptr()) })
    }

    #[inline(always)]
    fn widen(from: &[i16]) -> Self {
        let from = &from[..4];
        // SAFETY: above.
        Self(unsafe { vcvtq_f32_s32(vmovl_s16(vld1_s16(from.as_ptr()))) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..4];
        // SAFETY: above.
        unsafe { vst1q_f32(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { vsubq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { vfmaq_f32(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { vmaxnmq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn store_rounded(self, to: &mut [i16]) {
        let to = &mut to[..4];
        // SAFETY: above.
        unsafe { vst1_s16(to.as_mut_ptr(), vqmovn_s32(vcvtnq_s32_f32(self.0))) }
    }

    #[inline(always)]
    fn from_i32(values: NeonPairs) -> Self {
        // SAFETY: above.
        Self(unsafe { vcvtq_f32_s32(values.0) })
    }
}

#[derive(Clone, Copy)]
pub(in crate::kernels) struct NeonPairs(int32x4_t);

// SAFETY, of every block: as for [`Neon`]; a pair has 32 bits, and its load needs no alignment.
impl Pairs for NeonPairs {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: above.
        Self(unsafe { vdupq_n_s32(0) })
    }

    #[inline(always)]
    fn splat(pair: &[i16; 2]) -> Self {
        // SAFETY: above.
        Self(unsafe { vdupq_n_s32(pair.as_ptr().cast::<i32>().read_unaligned()) })
    }

    #[inline(always)]
    fn load(from: &[i16]) -> Self {
        let from = &from[..8];
        // SAFETY: above.
        Self(unsafe { vreinterpretq_s32_s16(vld1q_s16(from.as_ptr())) })
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        // SAFETY: above.
        unsafe {
            let (a, b) = (vreinterpretq_s16_s32(a.0), vreinterpretq_s16_s32(b.0));
            // NEON needs three instructions to add the products of pairs; SSE has one.
            let (low, high) = (vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
            Self(vaddq_s32(self.0, vpaddq_s32(low, high)))
        }
    }
}
