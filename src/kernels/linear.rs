//! Linear layers, with one row of weights per input. Inputs that are zero are skipped: after a
//! ReLU, most are.

use super::block::{ForWeights, Packed, WeightType};
use super::lanes::{Instructions, Kernel, Lanes, Weight};

/// Number of inputs that are added at a time, to load and store the sums less often.
const ROWS: usize = 4;

/// A linear layer y = W x + b with weights packed for one instruction set.
#[derive(Clone)]
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    instructions: Instructions,
    weights: Packed,
}

/// Memory for the intermediate values of a linear layer.
#[derive(Default)]
pub(super) struct LinearScratch {
    /// The inputs that are not zero in at least one view.
    active: Vec<u32>,
    /// The sums of all views.
    sums: Vec<f32>,
}

impl Linear {
    /// Packs the weights `weight(output, input)`.
    pub(super) fn new(
        (outputs, inputs): (usize, usize),
        weight_type: WeightType,
        instructions: Instructions,
        bias: &[f32],
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        // A single panel contains all outputs.
        let panel = outputs.next_multiple_of(instructions.width());
        let weights = Packed::new((outputs, inputs), panel, weight_type, bias, weight);
        Self { inputs, outputs, instructions, weights }
    }

    /// Appends the outputs for each of `views` to `out`.
    ///
    /// # Panics
    /// If the length of a view differs from the number of inputs.
    pub(super) fn run<const V: usize>(
        &self,
        views: [&[f32]; V],
        out: &mut Vec<f32>,
        relu: bool,
        scratch: &mut LinearScratch,
    ) {
        assert!(views.iter().all(|view| view.len() == self.inputs), "each view needs {} values", self.inputs);
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
        // Branch-free: every index is written, and overwritten by the next one if its input is
        // zero.
        active.resize(count, 0);
        let mut found = 0;
        for i in 0..count {
            active[found] = i as u32;
            let mut nonzero = false;
            for view in views {
                nonzero |= view[i] != 0.0;
            }
            found += usize::from(nonzero);
        }
        let (groups, rest) = active[..found].as_chunks::<ROWS>();
        for group in groups {
            add_rows::<L, W, V, ROWS>(&views, padded, sums, weights, group);
        }
        for row in rest {
            add_rows::<L, W, V, 1>(&views, padded, sums, weights, &[*row]);
        }
    }
}

/// Adds the products of N inputs and their weights to the sums.
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
