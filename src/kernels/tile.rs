//! The inner loop of the convolutions: a tile of pixels by a panel of output channels, in
//! registers.

use super::lanes::{Lanes, Weight};

/// Maximum of [`Lanes::PIXELS`] over all instruction sets.
pub(super) const PIXELS: usize = 6;

/// Number of vectors of output channels in a panel.
pub(super) const VECTORS: usize = 2;

/// The sums of a tile: M pixels by the channels of one panel.
pub(super) type Sums<L, const M: usize> = [[L; VECTORS]; M];

/// Splits `count` pixels into as few tiles as possible, of nearly equal size: (start, length).
pub(super) fn tiles<L: Lanes>(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = count.div_ceil(L::PIXELS);
    (0..tiles).map(move |i| {
        let start = i * count / tiles;
        (start, (i + 1) * count / tiles - start)
    })
}

/// Adds the products of `inputs`, one run of values per pixel, and `weights`, one panel per value
/// of a run. Values beyond the weights are ignored.
///
/// Not inlined in wasm: browsers' compilers find registers for this small function, but would spill
/// in its large callers (12 GMAC/s instead of 8).
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn accumulate<L: Lanes, W: Weight, const M: usize>(
    sums: &mut Sums<L, M>,
    inputs: &[&[f32]; M],
    weights: &[W],
) {
    let panel = VECTORS * L::WIDTH;
    let steps = weights.len() / panel;
    // Slices of equal length need only one bounds check.
    let mut runs: [&[f32]; M] = [&[]; M];
    for (run, input) in runs.iter_mut().zip(inputs) {
        *run = &input[..steps];
    }
    let mut acc = *sums;
    // Not unrolled: wasm compilers would load the inputs of all unrolled steps at once and run out
    // of registers.
    for (step, weights) in weights.chunks_exact(panel).enumerate() {
        let (first, second) = (W::lanes::<L>(weights), W::lanes::<L>(&weights[L::WIDTH..]));
        for i in 0..M {
            let input = L::splat(runs[i][step]);
            acc[i][0] = acc[i][0].mul_add(input, first);
            acc[i][1] = acc[i][1].mul_add(input, second);
        }
    }
    *sums = acc;
}

/// Calls `$work::<L, …, M>($arguments)` with the constant M = `$pixels`.
macro_rules! for_pixels {
    ($pixels:expr, $work:ident::<$lanes:ty $(, $generic:ty)*>($($argument:expr),* $(,)?)) => {
        match $pixels {
            1 => $work::<$lanes, $($generic,)* 1>($($argument),*),
            2 => $work::<$lanes, $($generic,)* 2>($($argument),*),
            3 => $work::<$lanes, $($generic,)* 3>($($argument),*),
            4 => $work::<$lanes, $($generic,)* 4>($($argument),*),
            // The condition is constant: lanes with smaller tiles generate no code for these.
            5 if <$lanes>::PIXELS > 4 => $work::<$lanes, $($generic,)* 5>($($argument),*),
            6 if <$lanes>::PIXELS > 4 => $work::<$lanes, $($generic,)* 6>($($argument),*),
            _ => unreachable!("a tile has 1 to `Lanes::PIXELS` pixels"),
        }
    };
}
pub(super) use for_pixels;
