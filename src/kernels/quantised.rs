//! Winograd products of 16-bit integers. One instruction multiplies two pairs and adds the
//! products, and weights take half as much memory as in f32.
//!
//! Weights have a scale per point and output channel. Transformed inputs have a scale per point and
//! tile, taken from their largest magnitude. The 32-bit sums are converted to f32 after every
//! [`RUN_PAIRS`] pairs; the scales are chosen so that no sum overflows before.

use super::block::{Scratch, grow};
use super::lanes::{Lanes, Pairs};
use super::tile::{Sums, VECTORS};
use super::winograd::{POINTS, Products};

/// Number of pairs whose products are summed as integers.
const RUN_PAIRS: usize = 32;
/// The largest magnitude of a quantised input.
pub(super) const MAX_INPUT: f32 = 16383.0;
/// Maximum sum of the quantised weights' magnitudes in a run: times [`MAX_INPUT`] it fits into an
/// i32, with room for rounding.
const MAX_SUM: f32 = (i32::MAX / 16383) as f32 - (2 * RUN_PAIRS) as f32;

/// Quantised weights [panel][point][pair of rows][channel of panel][row of pair] and their scales
/// [panel][point][channel of panel].
#[derive(Clone)]
pub(super) struct QuantisedWeights {
    values: Vec<i16>,
    scales: Vec<f32>,
    depth: usize,
}

impl QuantisedWeights {
    /// Quantises weights [panel][point][row][channel of panel] with `depth` rows, an even number.
    pub(super) fn new(weights: &[f32], panel: usize, depth: usize) -> Self {
        let (mut values, mut scales) = (Vec::with_capacity(weights.len()), Vec::new());
        for point in weights.chunks_exact(depth * panel) {
            let first = scales.len();
            for channel in 0..panel {
                let run = |run: &[f32]| run.chunks_exact(panel).map(|row| row[channel].abs()).sum::<f32>();
                let total = point.chunks(2 * RUN_PAIRS * panel).map(run).fold(0.0, f32::max);
                let largest = point.chunks_exact(panel).map(|row| row[channel].abs()).fold(0.0, f32::max);
                scales.push((largest / f32::from(i16::MAX)).max(total / MAX_SUM).max(f32::MIN_POSITIVE));
            }
            let round = |(value, scale): (&f32, &f32)| (value / scale).round() as i16;
            for pair in point.chunks_exact(2 * panel) {
                let [upper, lower] = [0, 1].map(|row| pair[row * panel..][..panel].iter().zip(&scales[first..]));
                values.extend(upper.map(round).zip(lower.map(round)).flat_map(|(a, b)| [a, b]));
            }
        }
        Self { values, scales, depth }
    }

    /// The size of the weights in bytes, without the scales.
    pub(super) fn bytes(&self) -> usize {
        2 * self.values.len()
    }
}

impl Products for &QuantisedWeights {
    #[inline(always)]
    fn take<L: Lanes>(
        self,
        scratch: &mut Scratch,
        tiles: usize,
        tile: usize,
        transform: impl FnOnce(&mut [f32], usize),
    ) {
        let Scratch { inputs, quantised, scales } = scratch;
        let (one, count) = (POINTS * self.depth, POINTS * tiles);
        grow(inputs, one);
        grow(quantised, count * self.depth);
        grow(scales, count);
        transform(inputs, self.depth);
        for (point, values) in inputs[..one].chunks_exact(self.depth).enumerate() {
            let place = point * tiles + tile;
            scales[place] = quantise::<L>(values, &mut quantised[place * self.depth..][..self.depth]);
        }
    }

    #[inline(always)]
    fn at<L: Lanes, const M: usize>(
        self,
        sums: &mut Sums<L, M>,
        scratch: &Scratch,
        (panel, point): (usize, usize),
        tiles: usize,
        tile: usize,
    ) {
        let (width, row, place) = (VECTORS * L::WIDTH, panel * POINTS + point, point * tiles + tile);
        let weights = &self.values[row * self.depth * width..][..self.depth * width];
        let runs = std::array::from_fn(|i| &scratch.quantised[(place + i) * self.depth..][..self.depth]);
        accumulate::<L, M>(sums, &runs, weights);
        for (i, sums) in sums.iter_mut().enumerate() {
            let scale = L::splat(scratch.scales[place + i]);
            for (k, sum) in sums.iter_mut().enumerate() {
                let both = L::splat(0.0).mul_add(scale, L::load(&self.scales[row * width + k * L::WIDTH..]));
                *sum = L::splat(0.0).mul_add(*sum, both);
            }
        }
    }
}

/// Quantises at least one vector of values to integers of magnitude up to [`MAX_INPUT`], and
/// returns their scale.
#[inline(always)]
pub(super) fn quantise<L: Lanes>(values: &[f32], quantised: &mut [i16]) -> f32 {
    let zero = L::splat(0.0);
    let largest = |so_far: L, from: &[f32]| {
        let value = L::load(from);
        so_far.max(value.max(zero.sub(value)))
    };
    // Four independent maxima avoid a chain of dependent instructions. If the length is not a
    // multiple of the width, the last vector overlaps the one before.
    let mut vectors = [zero; 4];
    let fours = values.chunks_exact(4 * L::WIDTH);
    let (rest, last) = (fours.remainder(), values.len() - L::WIDTH);
    for four in fours {
        for (vector, from) in vectors.iter_mut().zip(four.chunks_exact(L::WIDTH)) {
            *vector = largest(*vector, from);
        }
    }
    let rest = rest.chunks_exact(L::WIDTH).fold(largest(zero, &values[last..]), largest);
    let [a, b, c, d] = vectors;
    let mut lanes = [0.0; 16];
    a.max(b).max(c.max(d)).max(rest).store(&mut lanes);
    let largest = lanes.into_iter().fold(1e-30, f32::max);
    let factor = L::splat(MAX_INPUT / largest);
    let store = |from: &[f32], to: &mut [i16]| zero.mul_add(L::load(from), factor).store_rounded(to);
    for (from, to) in values.chunks_exact(L::WIDTH).zip(quantised.chunks_exact_mut(L::WIDTH)) {
        store(from, to);
    }
    store(&values[last..], &mut quantised[last..]);
    largest / MAX_INPUT
}

/// [`super::tile::accumulate`] for quantised inputs and weights.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn accumulate<L: Lanes, const M: usize>(sums: &mut Sums<L, M>, inputs: &[&[i16]; M], weights: &[i16]) {
    let panel = 2 * VECTORS * L::WIDTH;
    for (start, weights) in (0..).step_by(2 * RUN_PAIRS).zip(weights.chunks(RUN_PAIRS * panel)) {
        let pairs = weights.len() / panel;
        let runs: [&[[i16; 2]]; M] = std::array::from_fn(|i| inputs[i][start..start + 2 * pairs].as_chunks().0);
        let mut acc = [[L::Pairs::zero(); VECTORS]; M];
        for (pair, weights) in weights.chunks_exact(panel).enumerate() {
            let (first, second) = (L::Pairs::load(weights), L::Pairs::load(&weights[panel / VECTORS..]));
            for i in 0..M {
                let input = L::Pairs::splat(&runs[i][pair]);
                acc[i][0] = acc[i][0].add_products(input, first);
                acc[i][1] = acc[i][1].add_products(input, second);
            }
        }
        for (sums, acc) in sums.iter_mut().zip(acc) {
            for (sum, acc) in sums.iter_mut().zip(acc) {
                *sum = sum.add(L::from_i32(acc));
            }
        }
    }
}
