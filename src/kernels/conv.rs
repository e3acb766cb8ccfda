//! Convolutions of any kernel and stride on images of any shape, and chains of them: fully convolutional networks for use.

use super::Map;
use super::lanes::{Instructions, Kernel, Lanes, Weight};
use super::tile::{Sums, VECTORS, accumulate, for_pixels, tiles};
use candle_core::{Result, Tensor, bail};

/// One convolution with TensorFlow's SAME padding and a bias, its weights packed for one set of instructions.
#[derive(Clone)]
pub struct Conv {
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
    relu: bool,
    instructions: Instructions,
    /// [panel][kernel row][kernel column · C + channel][channel of the panel].
    weights: Vec<f32>,
    /// Filled up to whole panels.
    bias: Vec<f32>,
}

impl Conv {
    /// Packs `weight` [O, C, K, K] and `bias` \[O\], f32 on the CPU.
    ///
    /// # Errors
    /// Where the tensors have other shapes, or are not f32.
    pub fn new(weight: &Tensor, bias: &Tensor, stride: usize, relu: bool, instructions: Instructions) -> Result<Self> {
        let (outputs, inputs, kernel, width) = weight.dims4()?;
        if kernel != width || bias.dims() != [outputs] || inputs * outputs * kernel * stride == 0 {
            bail!("convolution: weight {:?}, bias {:?}, stride {stride} do not fit", weight.shape(), bias.shape());
        }
        let (values, mut bias) = (weight.flatten_all()?.to_vec1::<f32>()?, bias.to_vec1::<f32>()?);
        let panel = VECTORS * instructions.width();
        let (taps, padded) = (kernel * kernel * inputs, outputs.next_multiple_of(panel));
        let mut weights = vec![0.0; padded * taps];
        for (i, value) in weights.iter_mut().enumerate() {
            let (out, tap) = (i / (panel * taps) * panel + i % panel, i / panel % taps);
            let (channel, pixel) = (tap % inputs, tap / inputs);
            if out < outputs {
                *value = values[(out * inputs + channel) * kernel * kernel + pixel];
            }
        }
        bias.resize(padded, 0.0);
        Ok(Self { channels: (inputs, outputs), kernel, stride, relu, instructions, weights, bias })
    }

    /// Channels that go in and come out.
    pub fn channels(&self) -> (usize, usize) {
        self.channels
    }

    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The zeros around an input: enough for any size.
    pub fn border(&self) -> usize {
        self.kernel
    }

    /// Rows and columns that come out.
    fn output(&self, (height, width): (usize, usize)) -> (usize, usize) {
        (height.div_ceil(self.stride), width.div_ceil(self.stride))
    }

    /// The answer, with `border` zeros around it.
    ///
    /// # Panics
    /// Where the input has other channels, or fewer zeros around it than [`Conv::border`].
    pub fn run(&self, input: &Map, border: usize) -> Map {
        assert!(input.channels() == self.channels.0 && input.border() >= self.kernel, "a map of the layer's sizes");
        let mut output = Map::new(self.output(input.size()), self.channels.1, border);
        self.instructions.run(Run { layer: self, input, output: &mut output });
        output
    }
}

struct Run<'a> {
    layer: &'a Conv,
    input: &'a Map,
    output: &'a mut Map,
}

impl Kernel for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let panel = VECTORS * L::WIDTH;
        let (height, width) = self.output.size();
        let panels =
            self.layer.weights.chunks_exact(panel * self.layer.kernel * self.layer.kernel * self.input.channels());
        for (first, weights) in (0..).step_by(panel).zip(panels) {
            // Tiles go on from one row to the next, so that few are small.
            for (start, pixels) in tiles::<L>(height * width) {
                for_pixels!(pixels, tile::<L, f32>(&mut self, start, first, weights));
            }
        }
    }
}

/// M pixels from the `start`-th on, for the channels of one panel from `first` on.
#[inline(always)]
fn tile<L: Lanes, W: Weight, const M: usize>(work: &mut Run, start: usize, first: usize, weights: &[W]) {
    let Conv { kernel, stride, relu, channels, bias, .. } = work.layer;
    let ((height, width), (rows, columns)) = (work.input.size(), work.output.size());
    // Rows and columns of zeros that SAME padding puts before, of those that the border has.
    let before = |size: usize, out: usize| ((out - 1) * stride + kernel).saturating_sub(size) / 2;
    let shift = (work.input.border() - before(height, rows), work.input.border() - before(width, columns));
    let mut places = [(0, 0); M];
    for (i, place) in places.iter_mut().enumerate() {
        *place = ((start + i) / columns, (start + i) % columns);
    }
    let mut sums: Sums<L, M> = [[L::splat(0.0); VECTORS]; M];
    for (row, weights) in weights.chunks_exact(weights.len() / kernel).enumerate() {
        let mut inputs: [&[f32]; M] = [&[]; M];
        for (input, &(y, x)) in inputs.iter_mut().zip(&places) {
            *input = work.input.run(y * stride + shift.0 + row, x * stride + shift.1, *kernel);
        }
        accumulate::<L, W, M>(&mut sums, &inputs, weights);
    }
    for (sums, (y, x)) in sums.into_iter().zip(places) {
        let out = work.output.pixel_mut(y, x);
        for (k, sum) in sums.into_iter().enumerate() {
            let channel = first + k * L::WIDTH;
            let mut value = sum.add(L::load(&bias[channel..]));
            if *relu {
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

impl std::fmt::Debug for Conv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { channels: (inputs, outputs), kernel, stride, .. } = self;
        write!(f, "Conv({inputs} to {outputs}, {kernel}×{kernel} at stride {stride})")
    }
}

/// Convolutions one after the other.
#[derive(Clone, Debug)]
pub struct Chain(Vec<Conv>);

impl Chain {
    /// # Errors
    /// Where there is no layer, or one takes other channels than the one before gives.
    pub fn new(layers: Vec<Conv>) -> Result<Self> {
        if layers.is_empty() || layers.windows(2).any(|pair| pair[0].channels.1 != pair[1].channels.0) {
            bail!("a chain of convolutions whose channels do not meet: {layers:?}");
        }
        Ok(Self(layers))
    }

    /// The zeros that an input needs around it.
    pub fn border(&self) -> usize {
        self.0[0].border()
    }

    /// Input pixels from one output pixel to the next.
    pub fn stride(&self) -> usize {
        self.0.iter().map(Conv::stride).product()
    }

    /// # Panics
    /// As [`Conv::run`].
    pub fn run(&self, input: &Map) -> Map {
        let border = |next: usize| self.0.get(next).map_or(0, Conv::border);
        let first = self.0[0].run(input, border(1));
        (1..self.0.len()).fold(first, |map, i| self.0[i].run(&map, border(i + 1)))
    }
}
