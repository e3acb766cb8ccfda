//! Linear layers: one row of weights for every input, and no work at all for inputs that are zero, as most are after a ReLU.

use super::block::{ForWeights, Packed, WeightType};
use super::lanes::{Instructions, Kernel, Lanes, Weight};

/// How many inputs are added to the sums at a time, so that these are loaded and stored the less.
const ROWS: usize = 4;

/// y = W x + b, with its weights packed for one set of instructions.
#[derive(Clone)]
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    instructions: Instructions,
    weights: Packed,
}

/// What a layer needs beside its inputs and weights.
#[derive(Default)]
pub(super) struct LinearScratch {
    /// The inputs that are not zero, in some view.
    active: Vec<u32>,
    /// The sums of every view.
    sums: Vec<f32>,
}

impl Linear {
    /// Takes `weight(output, input)`.
    pub(super) fn new(
        (outputs, inputs): (usize, usize),
        weight_type: WeightType,
        instructions: Instructions,
        bias: &[f32],
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        // One panel that holds all outputs.
        let panel = outputs.next_multiple_of(instructions.width());
        let weights = Packed::new((outputs, inputs), panel, weight_type, bias, weight);
        Self { inputs, outputs, instructions, weights }
    }

    /// Adds the answers of each of `views` to the end of `out`.
    ///
    /// # Panics
    /// Where a view has not as many numbers as the layer takes.
    pub(super) fn run<const V: usize>(
        &self,
        views: [&[f32]; V],
        out: &mut Vec<f32>,
        relu: bool,
        scratch: &mut LinearScratch,
    ) {
        assert!(views.iter().all(|view| view.len() == self.inputs), "as many inputs as the layer takes");
        self.instructions.run(LinearKernel { layer: self, views, scratch });
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        for sums in scratch.sums.chunks_exact(self.weights.bias.len()) {
            let finished = sums.iter().zip(&self.weights.scale).zip(&self.weights.bias);
            out.extend(finished.map(|((sum, scale), bias)| (sum * scale + bias).max(floor)).take(self.outputs));
        }
    }
}

struct LinearKernel<'a, const V: usize> {
    layer: &'a Linear,
    views: [&'a [f32]; V],
    scratch: &'a mut LinearScratch,
}

impl<const V: usize> Kernel for LinearKernel<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let LinearKernel { layer, views, scratch } = self;
        let padded = layer.weights.bias.len();
        scratch.sums.clear();
        scratch.sums.resize(V * padded, 0.0);
        layer.weights.with::<L, _>(Rows { views, padded, scratch });
    }
}

struct Rows<'a, const V: usize> {
    views: [&'a [f32]; V],
    padded: usize,
    scratch: &'a mut LinearScratch,
}

impl<const V: usize> ForWeights for Rows<'_, V> {
    #[inline(always)]
    fn run<L: Lanes, W: Weight>(self, weights: &[W]) {
        let Self { views, padded, scratch: LinearScratch { active, sums } } = self;
        let count = views[0].len();
        // Written for every input, kept for those that count: no branch to guess.
        active.resize(count, 0);
        let mut kept = 0;
        for i in 0..count {
            active[kept] = i as u32;
            let mut counts = false;
            for view in views {
                counts |= view[i] != 0.0;
            }
            kept += usize::from(counts);
        }
        let (groups, rest) = active[..kept].as_chunks::<ROWS>();
        for group in groups {
            add_rows::<L, W, V, ROWS>(&views, padded, sums, weights, group);
        }
        for row in rest {
            add_rows::<L, W, V, 1>(&views, padded, sums, weights, &[*row]);
        }
    }
}

/// Adds the weights of N inputs, each times the input, to the sums.
#[inline(always)]
fn add_rows<L: Lanes, W: Weight, const V: usize, const N: usize>(
    views: &[&[f32]; V],
    padded: usize,
    sums: &mut [f32],
    weights: &[W],
    inputs: &[u32; N],
) {
    let mut rows: [&[W]; N] = [&[]; N];
    let mut factors = [[L::splat(0.0); N]; V];
    for n in 0..N {
        let input = inputs[n] as usize;
        rows[n] = &weights[input * padded..][..padded];
        for v in 0..V {
            factors[v][n] = L::splat(views[v][input]);
        }
    }
    for start in (0..padded).step_by(L::WIDTH) {
        let mut totals = [L::splat(0.0); V];
        for v in 0..V {
            totals[v] = L::load(&sums[v * padded + start..]);
        }
        for n in 0..N {
            let weights = W::lanes::<L>(&rows[n][start..]);
            for v in 0..V {
                totals[v] = totals[v].mul_add(factors[v][n], weights);
            }
        }
        for v in 0..V {
            totals[v].store(&mut sums[v * padded + start..]);
        }
    }
}
