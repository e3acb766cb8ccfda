//! Helpers for benchmarks.

#[path = "../../tests/common/noise.rs"]
mod noise;

/// Reproducible samples from approximately N(0, 1).
pub(crate) fn normal() -> impl FnMut() -> f32 {
    let mut noise = noise::Noise::new(1);
    move || noise.next()
}
