//! A fused convolution block: 4×4 convolution at stride 2 with SAME padding, bias and ReLU.

use super::lanes::{Instructions, Kernel, Lanes, Weight};
use super::quantised::QuantisedWeights;
use super::tile::VECTORS;
use super::{StageMap, direct, winograd};
use crate::image_size::ImageSize;
use candle_core::{Result, Tensor, bail};

/// The algorithm of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The definition of a convolution.
    Direct,
    /// Winograd's F(3×3, 2×2) on cells of 2×2 pixels (see `winograd`): 16 multiplications instead
    /// of 36, but four times as many weights.
    Winograd,
}

/// The data type of weights in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightType {
    /// 32-bit floats.
    F32,
    /// 16-bit integers (±32767) with a scale per output channel, which halves the memory traffic.
    ///
    /// [`Algorithm::Direct`] converts them to f32 in registers, for two more instructions per
    /// vector; the error is at most 1/65534 of the channel's largest weight.
    /// [`Algorithm::Winograd`] multiplies integers, with inputs quantised to 15 bits.
    I16,
}

/// A convolution block with weights packed for one instruction set.
#[derive(Clone)]
pub struct Block {
    channels: (usize, usize),
    algorithm: Algorithm,
    instructions: Instructions,
    weights: Packed,
    /// Replaces the values in `weights` if Winograd multiplies integers.
    quantised: Option<QuantisedWeights>,
}

/// Weights in panels of output channels, padded with zeros. A block's output is
/// max(0, sum · scale + bias).
#[derive(Clone)]
pub(super) struct Packed {
    values: Values,
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

#[derive(Clone)]
pub(super) enum Values {
    F32(Vec<f32>),
    I16(Vec<i16>),
}

impl Packed {
    /// Packs the weights `weight(channel, row)`, `rows` per output channel, as
    /// [panel][row][channel of panel].
    pub(super) fn new(
        (channels, rows): (usize, usize),
        panel: usize,
        weight_type: WeightType,
        bias: &[f32],
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let padded = channels.next_multiple_of(panel);
        let mut values = vec![0.0; padded * rows];
        for (first, values) in (0..).step_by(panel).zip(values.chunks_exact_mut(panel * rows)) {
            for (row, values) in values.chunks_exact_mut(panel).enumerate() {
                for (channel, value) in (first..channels).zip(values) {
                    *value = weight(channel, row);
                }
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        let mut scale = vec![1.0; padded];
        let values = match weight_type {
            WeightType::F32 => Values::F32(values),
            WeightType::I16 => {
                let panels = || values.chunks_exact(panel * rows).enumerate();
                for (first, values) in panels() {
                    let largest = |i: usize| values.chunks_exact(panel).fold(0.0f32, |m, row| m.max(row[i].abs()));
                    let scales = (0..panel).map(|i| largest(i).max(f32::MIN_POSITIVE * 65536.0) / f32::from(i16::MAX));
                    scale.splice(first * panel..(first + 1) * panel, scales);
                }
                let quantise = |(i, value): (usize, &f32), scale: &[f32]| (value / scale[i % panel]).round() as i16;
                let all = panels().flat_map(|(p, values)| {
                    let scale = &scale[p * panel..][..panel];
                    values.iter().enumerate().map(move |value| quantise(value, scale))
                });
                Values::I16(all.collect())
            }
        };
        Self { values, scale, bias }
    }

    /// Calls a kernel that is generic over the type of weights.
    #[inline(always)]
    pub(super) fn with<L: Lanes, K: ForWeights>(&self, kernel: K) {
        match &self.values {
            Values::F32(values) => kernel.run::<L, f32>(values),
            Values::I16(values) => kernel.run::<L, i16>(values),
        }
    }

    /// The size of the weights in bytes.
    pub(super) fn bytes(&self) -> usize {
        match &self.values {
            Values::F32(values) => 4 * values.len(),
            Values::I16(values) => 2 * values.len(),
        }
    }
}

/// A kernel that is generic over the type of weights.
pub(super) trait ForWeights {
    fn run<L: Lanes, W: Weight>(self, weights: &[W]);
}

impl Block {
    /// Packs `weight` [O, C, 4, 4] and `bias` \[O\], f32 on the CPU.
    ///
    /// A block with fewer than four input channels, which do not fill a vector of Winograd's
    /// transform, always uses [`Algorithm::Direct`].
    ///
    /// # Errors
    /// If the tensors have other shapes or are not f32.
    pub fn new(
        weight: &Tensor,
        bias: &Tensor,
        algorithm: Algorithm,
        weight_type: WeightType,
        instructions: Instructions,
    ) -> Result<Self> {
        let (channels_out, channels_in, height, width) = weight.dims4()?;
        if (height, width) != (4, 4) || bias.dims() != [channels_out] || channels_in * channels_out == 0 {
            bail!("conv block: weight {:?} and bias {:?}, expected [O, C, 4, 4] and [O]", weight.shape(), bias.shape());
        }
        let algorithm = if channels_in < 4 { Algorithm::Direct } else { algorithm };
        let (values, bias) = (weight.flatten_all()?.to_vec1::<f32>()?, bias.to_vec1::<f32>()?);
        let panel = VECTORS * instructions.width();
        let tap =
            |out: usize, channel: usize, y: usize, x: usize| values[((out * channels_in + channel) * 4 + y) * 4 + x];
        let mut quantised = None;
        let weights = match algorithm {
            Algorithm::Direct => {
                let rows = 16 * channels_in;
                Packed::new((channels_out, rows), panel, weight_type, &bias, |out, row| {
                    let (tap_index, channel) = (row / channels_in, row % channels_in);
                    tap(out, channel, tap_index / 4, tap_index % 4)
                })
            }
            Algorithm::Winograd => {
                let depth = 4 * channels_in;
                let rows = winograd::POINTS * depth;
                let mut weights = Packed::new((channels_out, rows), panel, WeightType::F32, &bias, |out, row| {
                    let (point, rest) = (row / depth, row % depth);
                    let (pixel, channel) = (rest / channels_in, rest % channels_in);
                    winograd::weight(point, |y, x| tap(out, channel, 2 * y + pixel / 2, 2 * x + pixel % 2))
                });
                if weight_type == WeightType::I16
                    && let Values::F32(values) = std::mem::replace(&mut weights.values, Values::F32(Vec::new()))
                {
                    quantised = Some(QuantisedWeights::new(&values, panel, depth));
                }
                weights
            }
        };
        Ok(Self { channels: (channels_in, channels_out), algorithm, instructions, weights, quantised })
    }

    /// The numbers of input and output channels.
    pub fn channels(&self) -> (usize, usize) {
        self.channels
    }

    /// The algorithm in use.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Runs the block on each of `inputs` and writes the first channels of the corresponding
    /// output. Other channels of the output do not change.
    ///
    /// Inputs must be [`StageMap::padded`]. Outputs have half their size, rounded up.
    ///
    /// # Panics
    /// If the sizes or channels do not match.
    pub fn run(&self, inputs: &[StageMap], outputs: &mut [StageMap], scratch: &mut Scratch) {
        assert_eq!(inputs.len(), outputs.len(), "each input needs one output");
        for (input, output) in inputs.iter().zip(&*outputs) {
            let fits = input.channels() == self.channels.0 && output.channels() >= self.channels.1;
            assert!(
                fits && output.size() == input.size().halved(),
                "the maps do not match the block's channels and sizes"
            );
            assert_eq!(input.size(), inputs[0].size(), "all inputs must have the same size");
        }
        self.instructions.run(BlockKernel { block: self, inputs, outputs, scratch });
    }
}

struct BlockKernel<'a> {
    block: &'a Block,
    inputs: &'a [StageMap],
    outputs: &'a mut [StageMap],
    scratch: &'a mut Scratch,
}

impl Kernel for BlockKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let BlockKernel { block, inputs, outputs, scratch } = self;
        let layer = BlockOperands { channels: block.channels, weights: &block.weights, inputs, outputs };
        let depth = 4 * block.channels.0;
        match (block.algorithm, &block.quantised, &block.weights.values) {
            (Algorithm::Winograd, Some(quantised), _) => winograd::run::<L, _>(layer, quantised, scratch),
            (Algorithm::Winograd, None, Values::F32(weights)) => {
                winograd::run::<L, _>(layer, winograd::Floats { weights, depth }, scratch);
            }
            _ => block.weights.with::<L, _>(direct::Direct { layer }),
        }
    }
}

/// Memory for intermediate values. It grows on demand and never shrinks.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Transformed inputs.
    pub(super) inputs: Vec<f32>,
    /// Quantised transformed inputs.
    pub(super) quantised: Vec<i16>,
    /// The scales of `quantised`.
    pub(super) scales: Vec<f32>,
}

/// Grows `buffer` to at least `count` elements.
pub(super) fn grow<T: Copy + Default>(buffer: &mut Vec<T>, count: usize) {
    if buffer.len() < count {
        buffer.resize(count, T::default());
    }
}

/// The operands of a block's kernel.
pub(super) struct BlockOperands<'a> {
    pub(super) channels: (usize, usize),
    pub(super) weights: &'a Packed,
    pub(super) inputs: &'a [StageMap],
    pub(super) outputs: &'a mut [StageMap],
}

impl BlockOperands<'_> {
    /// The size of the output.
    #[inline(always)]
    pub(super) fn size(&self) -> ImageSize {
        self.inputs.first().map_or(ImageSize::from(0), |input| input.size().halved())
    }

    /// Applies scale, bias and ReLU to the sums of a vector of channels that starts at `channel`,
    /// and stores those that exist.
    #[inline(always)]
    pub(super) fn put<L: Lanes>(&mut self, view: usize, (y, x): (usize, usize), channel: usize, sum: L) {
        let value = L::load(&self.weights.bias[channel..]).mul_add(sum, L::load(&self.weights.scale[channel..]));
        let value = value.max(L::splat(0.0));
        let count = self.channels.1;
        let out = self.outputs[view].pixel_mut(y, x);
        if channel + L::WIDTH <= count {
            value.store(&mut out[channel..]);
        } else if channel < count {
            let mut last = [0.0; 16];
            value.store(&mut last);
            out[channel..count].copy_from_slice(&last[..count - channel]);
        }
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { channels: (input, output), algorithm, .. } = self;
        write!(
            f,
            "Block({input} to {output}, {algorithm:?}, {} bytes)",
            self.weights.bytes() + self.quantised.as_ref().map_or(0, QuantisedWeights::bytes)
        )
    }
}
