//! Quantised convolutions with any kernel and stride on images of any size, and chains of them:
//! fully convolutional networks for inference.
//!
//! Inputs and weights are 16-bit integers; one instruction multiplies two pairs and adds the
//! products. An image has one scale, taken from its largest magnitude. Weights have a scale per
//! output channel and group of kernel rows, chosen so that no sum of a group overflows.

use super::Map;
use super::lanes::{Instructions, Kernel, Lanes, Pairs};
use super::quantised::{MAX_INPUT, quantise};
use super::tile::{Sums, VECTORS, for_pixels, tiles};
use candle_core::{Result, Tensor, bail};

/// Approximate number of products that are summed as integers. With more, the weights would have
/// too few bits.
const GROUP: usize = 512;

/// A convolution with TensorFlow's SAME padding and a bias, with quantised weights packed for one
/// instruction set.
#[derive(Clone)]
pub struct Conv {
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
    relu: bool,
    instructions: Instructions,
    /// Number of contiguous inputs under a row of the kernel, [kernel column][channel], rounded up
    /// to an even number.
    run: usize,
    /// Number of kernel rows per group; the last group may have fewer.
    group: usize,
    /// [panel][kernel row][pair of a run][channel of the panel][value of the pair].
    weights: Vec<i16>,
    /// [panel][group][channel of the panel].
    scales: Vec<f32>,
    /// One bias per output channel, padded to complete panels.
    bias: Vec<f32>,
}

impl Conv {
    /// Quantises and packs `weight` [O, C, K, K] and `bias` \[O\], f32 on the CPU.
    ///
    /// # Errors
    /// If the tensors have other shapes or are not f32, or `stride` is 0.
    pub fn new(weight: &Tensor, bias: &Tensor, stride: usize, relu: bool, instructions: Instructions) -> Result<Self> {
        let (outputs, inputs, kernel, width) = weight.dims4()?;
        if kernel != width || bias.dims() != [outputs] || inputs * outputs * kernel * stride == 0 {
            bail!(
                "convolution: weight {:?}, bias {:?}, stride {stride}, expected [O, C, K, K], [O], stride ≥ 1",
                weight.shape(),
                bias.shape()
            );
        }
        let (values, mut bias) = (weight.flatten_all()?.to_vec1::<f32>()?, bias.to_vec1::<f32>()?);
        let panel = VECTORS * instructions.width();
        let (run, padded) = ((kernel * inputs).next_multiple_of(2), outputs.next_multiple_of(panel));
        let group = (GROUP / run).clamp(1, kernel);
        bias.resize(padded, 0.0);
        let value = |out: usize, row: usize, at: usize| {
            let (column, channel) = (at / inputs, at % inputs);
            let inside = out < outputs && column < kernel;
            if inside { values[((out * inputs + channel) * kernel + row) * kernel + column] } else { 0.0 }
        };
        let (mut weights, mut scales) = (Vec::with_capacity(padded * kernel * run), Vec::new());
        for first in (0..padded).step_by(panel) {
            for start in (0..kernel).step_by(group) {
                let rows = start..(start + group).min(kernel);
                let scale = |out: usize| {
                    let all = rows.clone().flat_map(|row| (0..run).map(move |at| value(out, row, at).abs()));
                    let (total, largest) = all.fold((0.0, 0.0f32), |(sum, largest), w| (sum + w, largest.max(w)));
                    // The maximum sum of the weights' magnitudes: times `MAX_INPUT` it fits into an
                    // i32, with room for rounding.
                    let max_total = i32::MAX as f32 / MAX_INPUT - (rows.len() * run) as f32;
                    (largest / f32::from(i16::MAX)).max(total / max_total).max(f32::MIN_POSITIVE)
                };
                let factors: Vec<f32> = (first..first + panel).map(scale).collect();
                for (row, pair) in rows.clone().flat_map(|row| (0..run).step_by(2).map(move |pair| (row, pair))) {
                    for (out, factor) in (first..).zip(&factors) {
                        weights.extend([pair, pair + 1].map(|at| (value(out, row, at) / factor).round() as i16));
                    }
                }
                scales.extend(factors);
            }
        }
        Ok(Self { channels: (inputs, outputs), kernel, stride, relu, instructions, run, group, weights, scales, bias })
    }

    /// The numbers of input and output channels.
    pub fn channels(&self) -> (usize, usize) {
        self.channels
    }

    /// The stride in input pixels.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The border of zeros in pixels that an input of any size needs.
    pub fn border(&self) -> usize {
        self.kernel
    }

    /// The output's (height, width) for an input of this size.
    fn output(&self, (height, width): (usize, usize)) -> (usize, usize) {
        (height.div_ceil(self.stride), width.div_ceil(self.stride))
    }

    /// Runs the convolution; the result has a border of `border` zeros.
    ///
    /// # Panics
    /// If the input has the wrong number of channels or a smaller border than [`Conv::border`].
    pub fn run(&self, input: &Map, border: usize) -> Map {
        assert!(
            input.channels() == self.channels.0 && input.border() >= self.kernel,
            "the map does not match the layer's channels and border"
        );
        let mut output = Map::new(self.output(input.size()), self.channels.1, border);
        // A run with an odd number of inputs reads one more value and multiplies it by zero.
        let quantised = vec![0; input.values().len() + 1];
        self.instructions.run(ConvKernel { layer: self, input, quantised, scale: 0.0, output: &mut output });
        output
    }
}

struct ConvKernel<'a> {
    layer: &'a Conv,
    input: &'a Map,
    /// The quantised input: its values divided by `scale`.
    quantised: Vec<i16>,
    scale: f32,
    output: &'a mut Map,
}

impl Kernel for ConvKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        self.scale = quantise::<L>(self.input.values(), &mut self.quantised);
        let (height, width) = self.output.size();
        for panel in 0..self.layer.bias.len() / (VECTORS * L::WIDTH) {
            // Tiles continue across rows, so that few tiles are small.
            for (start, pixels) in tiles::<L>(height * width) {
                for_pixels!(pixels, tile::<L>(&mut self, start, panel));
            }
        }
    }
}

/// Computes M pixels, starting at pixel `start`, for the channels of one panel.
#[inline(always)]
fn tile<L: Lanes, const M: usize>(work: &mut ConvKernel, start: usize, panel: usize) {
    let &Conv { kernel, stride, relu, channels, run, group, .. } = work.layer;
    let ((height, width), (rows, columns)) = (work.input.size(), work.output.size());
    // SAME padding uses only part of the border.
    let before = |size: usize, out: usize| ((out - 1) * stride + kernel).saturating_sub(size) / 2;
    let shift = (work.input.border() - before(height, rows), work.input.border() - before(width, columns));
    let mut place = (start / columns, start % columns);
    let places: [(usize, usize); M] = std::array::from_fn(|_| {
        let (y, x) = place;
        place = if x + 1 < columns { (y, x + 1) } else { (y + 1, 0) };
        (y, x)
    });
    let (lanes, pitch) = (VECTORS * L::WIDTH, work.input.pitch());
    let starts: [usize; M] = places.map(|(y, x)| work.input.offset(y * stride + shift.0, x * stride + shift.1));
    let mut sums: Sums<L, M> = [[L::splat(0.0); VECTORS]; M];
    let groups = kernel.div_ceil(group);
    for (index, first) in (0..groups).zip((0..kernel).step_by(group)) {
        let from = (panel * kernel + first) * run * lanes;
        let weights = &work.layer.weights[from..][..group.min(kernel - first) * run * lanes];
        let inputs = starts.map(|start| &work.quantised[start + first * pitch..]);
        let mut quantised = [[L::Pairs::zero(); VECTORS]; M];
        accumulate::<L, M>(&mut quantised, &inputs, weights, run, pitch);
        let scales = &work.layer.scales[(panel * groups + index) * lanes..];
        for k in 0..VECTORS {
            let scale = L::splat(0.0).mul_add(L::load(&scales[k * L::WIDTH..]), L::splat(work.scale));
            for (sums, quantised) in sums.iter_mut().zip(quantised) {
                sums[k] = sums[k].mul_add(L::from_i32(quantised[k]), scale);
            }
        }
    }
    let first = panel * lanes;
    for (sums, (y, x)) in sums.into_iter().zip(places) {
        let out = work.output.pixel_mut(y, x);
        for (k, sum) in sums.into_iter().enumerate() {
            let channel = first + k * L::WIDTH;
            let mut value = sum.add(L::load(&work.layer.bias[channel..]));
            if relu {
                value = value.max(L::splat(0.0));
            }
            if channel + L::WIDTH <= channels.1 {
                value.store(&mut out[channel..]);
            } else if channel < channels.1 {
                let mut last = [0.0; 16];
                value.store(&mut last);
                out[channel..].copy_from_slice(&last[..channels.1 - channel]);
            }
        }
    }
}

/// Adds the products of inputs and weights for M pixels. Each row of the kernel has a run of
/// inputs; runs are `pitch` apart.
///
/// Not inlined in wasm; see [`super::tile::accumulate`].
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn accumulate<L: Lanes, const M: usize>(
    sums: &mut [[L::Pairs; VECTORS]; M],
    inputs: &[&[i16]; M],
    weights: &[i16],
    run: usize,
    pitch: usize,
) {
    let lanes = 2 * VECTORS * L::WIDTH;
    let mut acc = *sums;
    for (start, weights) in (0..).step_by(pitch).zip(weights.chunks_exact(run * lanes / 2)) {
        let runs: [&[[i16; 2]]; M] = std::array::from_fn(|i| inputs[i][start..start + run].as_chunks().0);
        for (pair, weights) in weights.chunks_exact(lanes).enumerate() {
            let (first, second) = (L::Pairs::load(weights), L::Pairs::load(&weights[lanes / VECTORS..]));
            for i in 0..M {
                let input = L::Pairs::splat(&runs[i][pair]);
                acc[i][0] = acc[i][0].add_products(input, first);
                acc[i][1] = acc[i][1].add_products(input, second);
            }
        }
    }
    *sums = acc;
}

impl std::fmt::Debug for Conv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { channels: (inputs, outputs), kernel, stride, .. } = self;
        write!(f, "Conv({inputs} to {outputs}, {kernel}×{kernel} at stride {stride})")
    }
}

/// A sequence of convolutions.
#[derive(Clone, Debug)]
pub struct Chain(Vec<Conv>);

impl Chain {
    /// A chain of at least one convolution.
    ///
    /// # Errors
    /// If there is no layer, or a layer's output channels differ from the next layer's input
    /// channels.
    pub fn new(layers: Vec<Conv>) -> Result<Self> {
        if layers.is_empty() || layers.windows(2).any(|pair| pair[0].channels.1 != pair[1].channels.0) {
            bail!("chain of convolutions: empty, or the channels of adjacent layers differ: {layers:?}");
        }
        Ok(Self(layers))
    }

    /// The border of zeros in pixels that an input needs.
    pub fn border(&self) -> usize {
        self.0[0].border()
    }

    /// The total stride in input pixels.
    pub fn stride(&self) -> usize {
        self.0.iter().map(Conv::stride).product()
    }

    /// Runs all convolutions.
    ///
    /// # Panics
    /// See [`Conv::run`].
    pub fn run(&self, input: &Map) -> Map {
        let border = |next: usize| self.0.get(next).map_or(0, Conv::border);
        let first = self.0[0].run(input, border(1));
        (1..self.0.len()).fold(first, |map, i| self.0[i].run(&map, border(i + 1)))
    }
}
