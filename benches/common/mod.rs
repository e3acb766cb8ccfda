//! What benchmarks share.

#[path = "../../tests/common/noise.rs"]
mod noise;

/// Numbers like those of N(0, 1), the same each time: only sizes count here, and that no number is odd.
pub(crate) fn normal() -> impl FnMut() -> f32 {
    let mut noise = noise::Noise::new(1);
    move || noise.next()
}
