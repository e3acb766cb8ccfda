//! AVX2 with fused multiply-add.

use super::{Kernel, Lanes, Pairs};
use std::arch::x86_64::*;

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2(__m256);

/// Runs a kernel with AVX2 and FMA.
///
/// # Safety
/// The processor must support AVX2 and FMA. No other function names [`Avx2`], so its methods may
/// rely on them.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

// SAFETY, of every block: `run` requires AVX2 and FMA. Loads and stores need no alignment, and
// their slices have eight elements.
impl Lanes for Avx2 {
    const WIDTH: usize = 8;
    const PIXELS: usize = 6;
    type Pairs = Avx2Pairs;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let from = &from[..8];
        // SAFETY: above.
        Self(unsafe { _mm256_loadu_ps(from.as_ptr()) })
    }

    #[inline(always)]
    fn widen(from: &[i16]) -> Self {
        let from = &from[..8];
        // SAFETY: above.
        Self(unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(from.as_ptr().cast()))) })
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to = &mut to[..8];
        // SAFETY: above.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn store_rounded(self, to: &mut [i16]) {
        let to = &mut to[..8];
        // SAFETY: above.
        unsafe {
            let rounded = _mm256_cvtps_epi32(self.0);
            let (low, high) = (_mm256_castsi256_si128(rounded), _mm256_extracti128_si256::<1>(rounded));
            _mm_storeu_si128(to.as_mut_ptr().cast(), _mm_packs_epi32(low, high));
        }
    }

    #[inline(always)]
    fn from_i32(values: Avx2Pairs) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_cvtepi32_ps(values.0) })
    }
}

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2Pairs(__m256i);

// SAFETY, of every block: as for [`Avx2`]; a pair has 32 bits.
impl Pairs for Avx2Pairs {
    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_setzero_si256() })
    }

    #[inline(always)]
    fn splat(pair: &[i16; 2]) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_set1_epi32(pair.as_ptr().cast::<i32>().read_unaligned()) })
    }

    #[inline(always)]
    fn load(from: &[i16]) -> Self {
        let from = &from[..16];
        // SAFETY: above.
        Self(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn add_products(self, a: Self, b: Self) -> Self {
        // SAFETY: above.
        Self(unsafe { _mm256_add_epi32(self.0, _mm256_madd_epi16(a.0, b.0)) })
    }
}
