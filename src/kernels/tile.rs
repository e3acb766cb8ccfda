//! The inner loop that all convolutions share: a tile of pixels by a panel of output channels, in registers.

use super::lanes::{Lanes, Weight};

/// Most pixels of a tile: six by two vectors of channels fill the sixteen registers of x86 with two weights and an input.
pub(super) const PIXELS: usize = 6;

/// A panel is this many vectors of output channels.
pub(super) const VECTORS: usize = 2;

/// A tile's sums: pixels by channels of one panel.
pub(super) type Sums<L, const M: usize> = [[L; VECTORS]; M];

/// The sizes of the tiles that `count` pixels are cut into: as few as can be, and as even.
pub(super) fn tiles(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = count.div_ceil(PIXELS);
    (0..tiles).map(move |i| {
        let start = i * count / tiles;
        (start, (i + 1) * count / tiles - start)
    })
}

/// Adds the products of `inputs`, one run of numbers for each pixel, and `weights`: for every number of a run a panel's
/// weights. Runs are cut to what there are weights for; their lengths are multiples of four.
#[inline(always)]
pub(super) fn accumulate<L: Lanes, W: Weight, const M: usize>(
    sums: &mut Sums<L, M>,
    inputs: &[&[f32]; M],
    weights: &[W],
) {
    let panel = VECTORS * L::WIDTH;
    let steps = weights.len() / (4 * panel);
    // All as long, so that one comparison bounds them all.
    let mut runs: [&[[f32; 4]]; M] = [&[]; M];
    for (run, input) in runs.iter_mut().zip(inputs) {
        *run = &input.as_chunks().0[..steps];
    }
    let mut acc = *sums;
    for (step, weights) in weights.chunks_exact(4 * panel).enumerate() {
        for k in 0..4 {
            let first = W::lanes::<L>(&weights[k * panel..]);
            let second = W::lanes::<L>(&weights[k * panel + L::WIDTH..]);
            for i in 0..M {
                let input = L::splat(runs[i][step][k]);
                acc[i][0] = acc[i][0].mul_add(input, first);
                acc[i][1] = acc[i][1].mul_add(input, second);
            }
        }
    }
    *sums = acc;
}

/// Calls `$work::<…, M>($arguments)` with the constant M for `$pixels`.
macro_rules! for_pixels {
    ($pixels:expr, $work:ident::<$($generic:ty),*>($($argument:expr),* $(,)?)) => {
        match $pixels {
            1 => $work::<$($generic,)* 1>($($argument),*),
            2 => $work::<$($generic,)* 2>($($argument),*),
            3 => $work::<$($generic,)* 3>($($argument),*),
            4 => $work::<$($generic,)* 4>($($argument),*),
            5 => $work::<$($generic,)* 5>($($argument),*),
            _ => $work::<$($generic,)* 6>($($argument),*),
        }
    };
}
pub(super) use for_pixels;
