//! What benchmarks share.

/// Numbers like those of N(0, 1), the same each time: only sizes count here, and that no number is odd.
pub(crate) fn normal() -> impl FnMut() -> f32 {
    let mut state = 1u32;
    move || {
        let mut sum = -6.0;
        for _ in 0..12 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sum += (state >> 8) as f32 / (1 << 24) as f32;
        }
        sum
    }
}
