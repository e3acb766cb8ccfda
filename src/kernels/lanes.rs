//! The one vector type that the kernels are written in, once for each instruction set, and the choice between them.
//!
//! All `unsafe` of the kernels is here: loads and stores through refiner, whose bounds are checked just before, and
//! instructions that not every processor has, which [`Instructions`] has asked the processor for.

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
    const WIDTH: usize;
    /// As many whole numbers.
    type Pairs: Pairs;
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
    /// Stores numbers of at most 2¹⁵ as the nearest whole ones.
    fn store_rounded(self, to: &mut [i16]);
    fn from_i32(numbers: Self::Pairs) -> Self;
}

/// A vector of 32-bit whole numbers in one register, or of pairs of 16 bits in their place: processors add the two products of
/// a pair in one instruction, which makes that twice as many multiplications at a time as there are in f32.
pub(crate) trait Pairs: Copy {
    fn zero() -> Self;
    fn splat(pair: &[i16; 2]) -> Self;
    /// The first pairs of a slice.
    ///
    /// # Panics
    /// Where there are fewer than a vector has.
    fn load(from: &[i16]) -> Self;
    /// self + a₀·b₀ + a₁·b₁, modulo 2³².
    fn add_products(self, a: Self, b: Self) -> Self;
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
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Instructions {
    /// The fastest.
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
            Set::Portable => kernel.run::<portable::Portable>(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Simd128 => kernel.run::<simd128::Simd128>(),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            Set::Neon => kernel.run::<neon::Neon>(),
            // SAFETY: only `best` makes this value, where the processor has both.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::run(kernel) },
        }
    }
}
