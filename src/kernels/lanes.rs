//! A vector type that the kernels are generic over, its implementation for each instruction set,
//! and the selection of the instruction set.
//!
//! This module contains all `unsafe` code of the kernels: loads and stores through pointers, whose
//! bounds are checked just before, and instructions whose availability [`Instructions`] has
//! checked.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

/// A vector of f32 in one register.
pub(crate) trait Lanes: Copy {
    /// Number of elements.
    const WIDTH: usize;
    /// A vector of `WIDTH` 32-bit integers.
    type Pairs: Pairs;
    /// Maximum number of pixels of a tile. The sums of a tile (two vectors of channels per pixel),
    /// two weights and an input must fit into the registers.
    const PIXELS: usize;
    fn splat(value: f32) -> Self;
    /// Loads the first `WIDTH` elements of a slice.
    ///
    /// # Panics
    /// If the slice is shorter. The same holds for `widen`, `store` and `store_rounded`.
    fn load(from: &[f32]) -> Self;
    fn widen(from: &[i16]) -> Self;
    fn store(self, to: &mut [f32]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// self + a · b, rounded once or twice.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The maximum; either element if one is NaN.
    fn max(self, other: Self) -> Self;
    /// Rounds to the nearest integers and stores them; magnitudes must not exceed 2¹⁵.
    fn store_rounded(self, to: &mut [i16]);
    fn from_i32(values: Self::Pairs) -> Self;
}

/// A vector of 32-bit integers in one register, or of pairs of 16-bit integers. One instruction
/// adds both products of a pair, which doubles the multiplications per instruction compared with
/// f32.
pub(crate) trait Pairs: Copy {
    fn zero() -> Self;
    fn splat(pair: &[i16; 2]) -> Self;
    /// Loads the first pairs of a slice.
    ///
    /// # Panics
    /// If the slice is shorter than a vector.
    fn load(from: &[i16]) -> Self;
    /// self + a₀·b₀ + a₁·b₁, modulo 2³².
    fn add_products(self, a: Self, b: Self) -> Self;
}

/// A type of weights that can be loaded as f32.
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

/// A computation that is generic over the vector type.
pub(crate) trait Kernel {
    type Output;
    /// Must be `#[inline(always)]`, with all functions that it calls: only then is it compiled for
    /// the instruction set of `L`.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// An instruction set that this processor supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instructions(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Portable,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Instructions {
    /// The fastest supported instruction set.
    pub fn best() -> Self {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Self(Set::Simd128);
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        return Self(Set::Neon);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return Self(Set::Avx2);
        }
        #[cfg(not(any(
            all(target_arch = "wasm32", target_feature = "simd128"),
            all(target_arch = "aarch64", target_feature = "neon")
        )))]
        Self(Set::Portable)
    }

    /// All supported instruction sets, for tests. A wasm module has exactly one: a runtime without
    /// `simd128` does not load the module.
    pub fn available() -> Vec<Self> {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return vec![Self::best()];
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        {
            let portable = Self(Set::Portable);
            if Self::best() == portable { vec![portable] } else { vec![portable, Self::best()] }
        }
    }

    /// Number of f32 elements in a vector.
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

    /// Runs a kernel with this instruction set.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Set::Portable => kernel.run::<portable::Portable>(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Simd128 => kernel.run::<simd128::Simd128>(),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Set::Neon => kernel.run::<neon::Neon>(),
            // SAFETY: `best` creates this value only if the processor supports AVX2 and FMA.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::run(kernel) },
        }
    }
}
