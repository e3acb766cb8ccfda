//! Depthwise separable blocks: a depthwise 3×3 convolution, a 1×1 convolution, and a skip
//! connection, fused so that the depthwise outputs of a tile never leave the cache.

use super::Map;
use super::lanes::{Instructions, Kernel, Lanes};
use super::tile::{PIXELS, Sums, VECTORS, accumulate, for_pixels, tiles};
use candle_core::{Result, Tensor, bail};

/// The number of positions of the depthwise kernel.
const TAPS: usize = 9;

/// The channels of every block are multiples of this number, so that no vector is partly used.
const CHANNEL_MULTIPLE: usize = 8;

/// A depthwise 3×3 convolution with TensorFlow's SAME padding at stride 1 or 2, a 1×1 convolution,
/// an optional skip connection, and ReLU.
///
/// At stride 2 the skip connection is the 2×2 maximum of the input. Output channels that the input
/// does not have get no skip connection. Inputs must not be negative (the output of a ReLU): then
/// the zeros of the border do not change a maximum.
#[derive(Clone)]
pub struct SeparableBlock {
    channels: (usize, usize),
    stride: usize,
    skip: bool,
    instructions: Instructions,
    /// [tap][input channel].
    depthwise: Vec<f32>,
    /// One depthwise bias per input channel.
    depthwise_bias: Vec<f32>,
    /// [panel][input channel][channel of the panel].
    pointwise: Vec<f32>,
    /// One bias per output channel, padded to complete panels.
    bias: Vec<f32>,
}

impl SeparableBlock {
    /// Packs the weights of the depthwise convolution, [C, 1, 3, 3] and \[C\], and of the 1×1
    /// convolution, [O, C, 1, 1] and \[O\]; all f32 on the CPU.
    ///
    /// # Errors
    /// If the tensors have other shapes or are not f32, C or O is not a multiple of 8, O is less
    /// than C in a block with a skip connection, or `stride` is neither 1 nor 2.
    pub fn new(
        depthwise: [&Tensor; 2],
        pointwise: [&Tensor; 2],
        stride: usize,
        skip: bool,
        instructions: Instructions,
    ) -> Result<Self> {
        let (outputs, inputs, ..) = pointwise[0].dims4()?;
        let shapes = [depthwise[0].dims(), depthwise[1].dims(), pointwise[0].dims(), pointwise[1].dims()];
        let expected: [&[usize]; 4] = [&[inputs, 1, 3, 3], &[inputs], &[outputs, inputs, 1, 1], &[outputs]];
        let whole = |channels: usize| channels > 0 && channels.is_multiple_of(CHANNEL_MULTIPLE);
        if shapes != expected || !whole(inputs) || !whole(outputs) || (skip && outputs < inputs) {
            bail!("separable block: tensors {shapes:?}, expected {expected:?} with channels in multiples of 8");
        }
        if !(1..=2).contains(&stride) {
            bail!("separable block: stride {stride}, expected 1 or 2");
        }
        let values = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let (kernel, weights, mut bias) = (values(depthwise[0])?, values(pointwise[0])?, values(pointwise[1])?);
        let panel = VECTORS * instructions.width();
        let padded = outputs.next_multiple_of(panel);
        bias.resize(padded, 0.0);
        let weight = |out: usize, input: usize| if out < outputs { weights[out * inputs + input] } else { 0.0 };
        let mut packed = Vec::with_capacity(padded * inputs);
        for first in (0..padded).step_by(panel) {
            for input in 0..inputs {
                packed.extend((first..first + panel).map(|out| weight(out, input)));
            }
        }
        Ok(Self {
            channels: (inputs, outputs),
            stride,
            skip,
            instructions,
            depthwise: (0..TAPS * inputs).map(|i| kernel[i % inputs * TAPS + i / inputs]).collect(),
            depthwise_bias: values(depthwise[1])?,
            pointwise: packed,
            bias,
        })
    }

    /// The numbers of input and output channels.
    pub fn channels(&self) -> (usize, usize) {
        self.channels
    }

    /// The (height, width) of the output for an input of this size.
    pub fn output(&self, (height, width): (usize, usize)) -> (usize, usize) {
        (height.div_ceil(self.stride), width.div_ceil(self.stride))
    }

    /// Runs the block; overwrites all pixels of `output`.
    ///
    /// # Panics
    /// If a map has the wrong number of channels or no border, or `output` has another size than
    /// [`SeparableBlock::output`].
    pub fn run(&self, input: &Map, output: &mut Map) {
        assert!(
            (input.channels(), output.channels()) == self.channels
                && input.border() >= 1
                && output.size() == self.output(input.size()),
            "the maps do not match the block's channels, border and stride"
        );
        let buffer = vec![0.0; PIXELS * self.channels.0];
        self.instructions.run(BlockKernel { block: self, input, output, buffer });
    }
}

struct BlockKernel<'a> {
    block: &'a SeparableBlock,
    input: &'a Map,
    output: &'a mut Map,
    /// The depthwise outputs of a tile: [pixel][channel].
    buffer: Vec<f32>,
}

impl Kernel for BlockKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let (height, width) = self.output.size();
        for y in 0..height {
            for (start, pixels) in tiles::<L>(width) {
                for_pixels!(pixels, tile::<L>(&mut self, y, start));
            }
        }
    }
}

/// Computes M pixels of row `y`, starting at column `x`.
#[inline(always)]
fn tile<L: Lanes, const M: usize>(work: &mut BlockKernel, y: usize, x: usize) {
    let BlockKernel { block, input, output, buffer } = work;
    let ((inputs, outputs), stride, border) = (block.channels, block.stride, input.border());
    // SAME padding uses the left and upper border only if it needs more than one zero.
    let before = |size: usize| ((size.div_ceil(stride) - 1) * stride + 3).saturating_sub(size) / 2;
    let (height, width) = input.size();
    let corner = input.offset(y * stride + border - before(height), x * stride + border - before(width));
    let (values, pitch) = (input.values(), input.pitch());
    for channel in (0..inputs).step_by(L::WIDTH) {
        let mut sums = [L::load(&block.depthwise_bias[channel..]); M];
        for tap in 0..TAPS {
            let weight = L::load(&block.depthwise[tap * inputs + channel..]);
            let start = corner + tap / 3 * pitch + tap % 3 * inputs + channel;
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = sum.mul_add(L::load(&values[start + i * stride * inputs..]), weight);
            }
        }
        for (i, sum) in sums.into_iter().enumerate() {
            sum.store(&mut buffer[i * inputs + channel..]);
        }
    }
    let runs: [&[f32]; M] = std::array::from_fn(|i| &buffer[i * inputs..][..inputs]);
    let here = input.offset(y * stride + border, x * stride + border);
    let lanes = VECTORS * L::WIDTH;
    for (first, weights) in (0..).step_by(lanes).zip(block.pointwise.chunks_exact(inputs * lanes)) {
        let mut sums: Sums<L, M> = [[L::splat(0.0); VECTORS]; M];
        accumulate::<L, f32, M>(&mut sums, &runs, weights);
        for (i, sums) in sums.into_iter().enumerate() {
            let out = output.pixel_mut(y, x + i);
            for (k, sum) in sums.into_iter().enumerate() {
                let channel = first + k * L::WIDTH;
                if channel >= outputs {
                    break;
                }
                let mut value = sum.add(L::load(&block.bias[channel..]));
                if block.skip && channel < inputs {
                    let at = here + i * stride * inputs + channel;
                    let mut skipped = L::load(&values[at..]);
                    if stride == 2 {
                        for other in [inputs, pitch, pitch + inputs] {
                            skipped = skipped.max(L::load(&values[at + other..]));
                        }
                    }
                    value = value.add(skipped);
                }
                value.max(L::splat(0.0)).store(&mut out[channel..]);
            }
        }
    }
}

impl std::fmt::Debug for SeparableBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { channels: (inputs, outputs), stride, skip, .. } = self;
        write!(f, "SeparableBlock({inputs} to {outputs} at stride {stride}, skip: {skip})")
    }
}
