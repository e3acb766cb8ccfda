//! The direct convolution, without a column matrix: in a map, the four pixels under a row of the
//! kernel are contiguous.

use super::block::{BlockOperands, ForWeights};
use super::lanes::{Lanes, Weight};
use super::tile::{Sums, VECTORS, accumulate, for_pixels, tiles};
use crate::image_size::ImageSize;

pub(super) struct Direct<'a> {
    pub(super) layer: BlockOperands<'a>,
}

impl ForWeights for Direct<'_> {
    #[inline(always)]
    fn run<L: Lanes, W: Weight>(self, weights: &[W]) {
        let mut layer = self.layer;
        let panel = VECTORS * L::WIDTH;
        let size = layer.size();
        for (first, weights) in (0..).step_by(panel).zip(weights.chunks_exact(16 * layer.channels.0 * panel)) {
            // Tiles continue across rows and views, so that few tiles are small.
            for (start, pixels) in tiles::<L>(layer.inputs.len() * size.area()) {
                for_pixels!(pixels, tile::<L, W>(&mut layer, size, start, first, weights));
            }
        }
    }
}

/// Computes M pixels, starting at pixel `start`, for the channels of one panel, starting at
/// `first`.
#[inline(always)]
fn tile<L: Lanes, W: Weight, const M: usize>(
    layer: &mut BlockOperands,
    size: ImageSize,
    start: usize,
    first: usize,
    weights: &[W],
) {
    let (area, width) = (size.area(), size.width);
    let mut places = [(0, (0, 0)); M];
    for (i, place) in places.iter_mut().enumerate() {
        let (view, pixel) = ((start + i) / area, (start + i) % area);
        *place = (view, (pixel / width, pixel % width));
    }
    let mut sums: Sums<L, M> = [[L::splat(0.0); VECTORS]; M];
    for (row, weights) in weights.chunks_exact(weights.len() / 4).enumerate() {
        let mut inputs: [&[f32]; M] = [&[]; M];
        for (input, &(view, (y, x))) in inputs.iter_mut().zip(&places) {
            *input = layer.inputs[view].run(2 * y + row, 2 * x, 4);
        }
        accumulate::<L, W, M>(&mut sums, &inputs, weights);
    }
    for (sums, (view, place)) in sums.into_iter().zip(places) {
        for (k, sum) in sums.into_iter().enumerate() {
            layer.put(view, place, first + k * L::WIDTH, sum);
        }
    }
}
