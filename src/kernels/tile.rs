//! The inner loop that all convolutions share: a tile of pixels by a panel of output channels, in registers.

use super::lanes::{Lanes, Weight};

/// Most pixels of a tile, of any lanes ([`Lanes::PIXELS`]).
pub(super) const PIXELS: usize = 6;

/// A panel is this many vectors of output channels.
pub(super) const VECTORS: usize = 2;

/// A tile's sums: pixels by channels of one panel.
pub(super) type Sums<L, const M: usize> = [[L; VECTORS]; M];

/// The sizes of the tiles that `count` pixels are cut into: as few as can be, and as even.
pub(super) fn tiles<L: Lanes>(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = count.div_ceil(L::PIXELS);
    (0..tiles).map(move |i| {
        let start = i * count / tiles;
        (start, (i + 1) * count / tiles - start)
    })
}

/// Adds the products of `inputs`, one run of numbers for each pixel, and `weights`: for every number of a run a panel's
/// weights. Runs are cut to what there are weights for.
///
/// In wasm a function of its own: browsers' compilers find registers for a small one, and spill in the large one that it would be
/// part of (12 GMAC/s instead of 8).
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn accumulate<L: Lanes, W: Weight, const M: usize>(
    sums: &mut Sums<L, M>,
    inputs: &[&[f32]; M],
    weights: &[W],
) {
    let panel = VECTORS * L::WIDTH;
    let steps = weights.len() / panel;
    // All as long, so that one comparison bounds them all.
    let mut runs: [&[f32]; M] = [&[]; M];
    for (run, input) in runs.iter_mut().zip(inputs) {
        *run = &input[..steps];
    }
    let mut acc = *sums;
    // One step at a time: where more are unrolled, wasm's compilers keep all of their inputs at once, and run out of registers.
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

/// Calls `$work::<L, …, M>($arguments)` with the constant M for `$pixels`.
macro_rules! for_pixels {
    ($pixels:expr, $work:ident::<$lanes:ty $(, $generic:ty)*>($($argument:expr),* $(,)?)) => {
        match $pixels {
            1 => $work::<$lanes, $($generic,)* 1>($($argument),*),
            2 => $work::<$lanes, $($generic,)* 2>($($argument),*),
            3 => $work::<$lanes, $($generic,)* 3>($($argument),*),
            4 => $work::<$lanes, $($generic,)* 4>($($argument),*),
            // Known when compiling: where tiles are smaller, there is no code for these.
            5 if <$lanes>::PIXELS > 4 => $work::<$lanes, $($generic,)* 5>($($argument),*),
            6 if <$lanes>::PIXELS > 4 => $work::<$lanes, $($generic,)* 6>($($argument),*),
            _ => unreachable!("tiles have at most as many pixels as their lanes say"),
        }
    };
}
pub(super) use for_pixels;
