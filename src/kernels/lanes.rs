//! The one vector type that the kernels are written in, once for each instruction set, and the choice between them.
//!
//! All `unsafe` of the kernels is here: loads and stores through pointers, whose bounds are checked just before, and
//! instructions that not every processor has, which [`Instructions`] has asked the processor for.

/// A vector of f32 in one register.
pub(crate) trait Lanes: Copy {
    const WIDTH: usize;
    /// Pixels of a tile: by two vectors of channels they fill the registers, with two weights and an input.
    const PIXELS: usize;
    fn splat(value: f32) -> Self;
    /// The first numbers of a slice.
    ///
    /// # Panics
    /// Where there are fewer than `WIDTH`; so do `widen` and `store`.
    fn load(from: &[f32]) -> Self;
    fn widen(from: &[i16]) -> Self;
    fn store(self, to: &mut [f32]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// self + a · b, in one rounding or in two.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The larger of both; any of them where one is NaN.
    fn max(self, other: Self) -> Self;
}

/// How a weight is stored.
pub(super) trait Weight: Copy {
    fn lanes<L: Lanes>(from: &[Self]) -> L;
}

impl Weight for f32 {
    #[inline(always)]
    fn lanes<L: Lanes>(from: &[Self]) -> L {
        L::load(from)
    }
}

impl Weight for i16 {
    #[inline(always)]
    fn lanes<L: Lanes>(from: &[Self]) -> L {
        L::widen(from)
    }
}

/// Work that is written for any lanes.
pub(crate) trait Kernel {
    type Output;
    /// Inlined all the way down, since only that compiles it for the instructions of `L`.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// A set of instructions that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instructions(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Portable,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Instructions {
    /// The fastest.
    pub fn best() -> Self {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Self(Set::Simd128);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return Self(Set::Avx2);
        }
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        Self(Set::Portable)
    }

    /// All of them, for tests. A wasm module has one: what runs it either knows `simd128`, or does not load it.
    pub fn available() -> Vec<Self> {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return vec![Self::best()];
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        {
            let portable = Self(Set::Portable);
            if Self::best() == portable { vec![portable] } else { vec![portable, Self::best()] }
        }
    }

    /// Numbers in one vector.
    pub(super) fn width(self) -> usize {
        struct Width;
        impl Kernel for Width {
            type Output = usize;
            #[inline(always)]
            fn run<L: Lanes>(self) -> usize {
                L::WIDTH
            }
        }
        self.run(Width)
    }

    /// Runs a kernel with these instructions.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Set::Portable => kernel.run::<Portable>(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Simd128 => kernel.run::<simd128::Simd128>(),
            // SAFETY: only `best` makes this value, where the processor has both.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::run(kernel) },
        }
    }
}

/// The scalar twin: four numbers, which compilers make vectors of the baseline's (SSE2, NEON).
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[derive(Clone, Copy)]
struct Portable([f32; 4]);

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(f32, f32) -> f32) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([op(a, e), op(b, f), op(c, g), op(d, h)])
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Lanes for Portable {
    const WIDTH: usize = 4;
    const PIXELS: usize = 6;

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
}

/// WebAssembly's fixed-width SIMD.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::Lanes;
    use std::arch::wasm32::*;

    #[derive(Clone, Copy)]
    pub(super) struct Simd128(v128);

    impl Lanes for Simd128 {
        const WIDTH: usize = 4;
        // Measured in V8: with five or six it spills sums, which then wait for memory at every step.
        const PIXELS: usize = 4;

        #[inline(always)]
        fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }

        #[inline(always)]
        fn load(from: &[f32]) -> Self {
            let from = &from[..4];
            // SAFETY: the slice has four numbers, and the load no alignment to keep.
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
            // One instruction of x86, where `f32x4_max` with its NaN and zeros is seven.
            Self(f32x4_pmax(other.0, self.0))
        }
    }
}

/// AVX2 with fused multiply-add.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Kernel, Lanes};
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256);

    /// # Safety
    /// The processor must have AVX2 and FMA. Nothing but this names [`Avx2`], so that its methods may count on them too.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Avx2>()
    }

    // SAFETY, of every block: see `run`; loads and stores have no alignment to keep, and are of slices with eight numbers.
    impl Lanes for Avx2 {
        const WIDTH: usize = 8;
        const PIXELS: usize = 6;

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
    }
}
