//! Square feature maps for generator stages: NHWC with a margin of zeros.

use super::winograd;
use std::ops::Range;

/// A square feature map [S, S, C] of f32.
///
/// A padded map has a margin of zeros for 4×4 convolutions at stride 2 with SAME padding: one row
/// and column before the first pixel, and as many after the last as the kernels read at most.
#[derive(Debug)]
pub struct SquareMap {
    size: usize,
    channels: usize,
    /// Number of rows and columns of zeros before the first pixel.
    before: usize,
    /// Number of rows and columns including the margin.
    side: usize,
    values: Vec<f32>,
}

impl SquareMap {
    /// A map of zeros with a margin, as an input of a [`Block`](super::Block).
    pub fn padded(size: usize, channels: usize) -> Self {
        // Complete Winograd tiles of cells of 2×2 pixels.
        let side = 2 * (winograd::TILE * size.div_ceil(2).div_ceil(winograd::TILE) + 1);
        Self { size, channels, before: 1, side, values: vec![0.0; side * side * channels] }
    }

    /// A map of zeros without a margin.
    pub fn unpadded(size: usize, channels: usize) -> Self {
        Self { size, channels, before: 0, side: size, values: vec![0.0; size * size * channels] }
    }

    /// The side S in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// All values, including the margin.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The index of the pixel in row `y` and column `x`.
    #[inline(always)]
    fn offset(&self, y: usize, x: usize) -> usize {
        ((y + self.before) * self.side + x + self.before) * self.channels
    }

    /// The channels of the pixel in row `y` and column `x`.
    #[inline(always)]
    pub fn pixel(&self, y: usize, x: usize) -> &[f32] {
        &self.values[self.offset(y, x)..][..self.channels]
    }

    /// The channels of the pixel in row `y` and column `x`, mutable.
    #[inline(always)]
    pub fn pixel_mut(&mut self, y: usize, x: usize) -> &mut [f32] {
        let start = self.offset(y, x);
        &mut self.values[start..][..self.channels]
    }

    /// The pixels of row `y`, mutable.
    #[inline(always)]
    pub(super) fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let start = self.offset(y, 0);
        &mut self.values[start..][..self.size * self.channels]
    }

    /// `pixels` contiguous pixels of a row; `row` and `column` are counted with the margin.
    #[inline(always)]
    pub(super) fn run(&self, row: usize, column: usize, pixels: usize) -> &[f32] {
        &self.values[(row * self.side + column) * self.channels..][..pixels * self.channels]
    }

    /// Sets the channels from `first` on to `planes` [n, S, S].
    ///
    /// # Panics
    /// If there are more planes than channels, or the last plane is incomplete.
    pub fn set_channels(&mut self, first: usize, planes: &[f32]) {
        let size = self.size;
        for (channel, plane) in (first..self.channels).zip(planes.chunks(size * size)) {
            for (y, row) in plane.chunks_exact(size).enumerate() {
                let pixels = self.row_mut(y);
                let stride = pixels.len() / size;
                for (pixel, &value) in pixels.chunks_exact_mut(stride).zip(row) {
                    pixel[channel] = value;
                }
            }
        }
        assert_eq!(planes.len() % (size * size), 0, "each plane needs {size}×{size} values");
        assert!(first + planes.len() / (size * size) <= self.channels, "more planes than channels");
    }

    /// The given channels as planes [n, S, S].
    pub fn planes(&self, channels: Range<usize>) -> Vec<f32> {
        let pixels = || (0..self.size).flat_map(|y| (0..self.size).map(move |x| self.pixel(y, x)));
        channels.flat_map(|channel| pixels().map(move |pixel| pixel[channel])).collect()
    }
}

/// Averages blocks of 2×2 pixels of `from` to pixels of `to`; pixels beyond odd edges count as
/// zero.
///
/// `channels` selects from the last `inputs` channels of both maps.
pub(super) fn halve(from: &SquareMap, to: &mut SquareMap, inputs: usize, channels: Range<usize>) {
    let (first, second) = (from.channels - inputs + channels.start, to.channels - inputs + channels.start);
    match channels.len() {
        3 => halve_channels::<3>(from, first, to, second),
        4 => halve_channels::<4>(from, first, to, second),
        5 => halve_channels::<5>(from, first, to, second),
        7 => halve_channels::<7>(from, first, to, second),
        8 => halve_channels::<8>(from, first, to, second),
        _ => (0..channels.len()).for_each(|k| halve_channels::<1>(from, first + k, to, second + k)),
    }
}

fn halve_channels<const N: usize>(from: &SquareMap, first: usize, to: &mut SquareMap, second: usize) {
    let (size, stride) = (to.size, to.channels);
    for y in 0..size {
        let [upper, lower] = [0, 1].map(|k| from.run(2 * y + k + from.before, from.before, 2 * size));
        let fours = upper.chunks_exact(2 * from.channels).zip(lower.chunks_exact(2 * from.channels));
        for (pixel, (upper, lower)) in to.row_mut(y).chunks_exact_mut(stride).zip(fours) {
            let (left, right) = (first..first + N, first + from.channels..first + from.channels + N);
            let [a, b] = [&upper[left.clone()], &upper[right.clone()]];
            let [c, d] = [&lower[left], &lower[right]];
            for (k, value) in pixel[second..second + N].iter_mut().enumerate() {
                *value = 0.25 * (a[k] + b[k] + c[k] + d[k]);
            }
        }
    }
}
