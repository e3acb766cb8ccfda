//! Feature maps for generator stages: NHWC with a margin of zeros.

use super::winograd;
use crate::image_size::ImageSize;
use std::ops::Range;

/// A feature map [H, W, C] of f32.
///
/// A padded map has a margin of zeros for 4×4 convolutions at stride 2 with SAME padding: one row
/// and column before the first pixel, and as many after the last as the kernels read at most.
#[derive(Debug)]
pub struct StageMap {
    size: ImageSize,
    channels: usize,
    /// Number of rows and columns of zeros before the first pixel.
    before: usize,
    /// Number of columns including the margin.
    columns: usize,
    values: Vec<f32>,
}

impl StageMap {
    /// A map of zeros with a margin, as an input of a [`Block`](super::Block).
    pub fn padded(size: ImageSize, channels: usize) -> Self {
        // Complete Winograd tiles of cells of 2×2 pixels.
        let side = |pixels: usize| 2 * (winograd::TILE * pixels.div_ceil(2).div_ceil(winograd::TILE) + 1);
        let (rows, columns) = (side(size.height), side(size.width));
        Self { size, channels, before: 1, columns, values: vec![0.0; rows * columns * channels] }
    }

    /// A map of zeros without a margin.
    pub fn unpadded(size: ImageSize, channels: usize) -> Self {
        Self { size, channels, before: 0, columns: size.width, values: vec![0.0; size.area() * channels] }
    }

    /// The height and width in pixels, without the margin.
    pub fn size(&self) -> ImageSize {
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
        ((y + self.before) * self.columns + x + self.before) * self.channels
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
        &mut self.values[start..][..self.size.width * self.channels]
    }

    /// `pixels` contiguous pixels of a row; `row` and `column` are counted with the margin.
    #[inline(always)]
    pub(super) fn run(&self, row: usize, column: usize, pixels: usize) -> &[f32] {
        &self.values[(row * self.columns + column) * self.channels..][..pixels * self.channels]
    }

    /// Sets the channels from `first` on to `planes` [n, H, W].
    ///
    /// # Panics
    /// If there are more planes than channels, or the last plane is incomplete.
    pub fn set_channels(&mut self, first: usize, planes: &[f32]) {
        let ImageSize { height, width } = self.size;
        let (area, stride) = (height * width, self.channels);
        for (channel, plane) in (first..self.channels).zip(planes.chunks(area)) {
            for (y, row) in plane.chunks_exact(width).enumerate() {
                let pixels = self.row_mut(y);
                for (pixel, &value) in pixels.chunks_exact_mut(stride).zip(row) {
                    pixel[channel] = value;
                }
            }
        }
        assert_eq!(planes.len() % area, 0, "each plane needs {height}×{width} values");
        assert!(first + planes.len() / area <= self.channels, "more planes than channels");
    }

    /// The given channels as planes [n, H, W].
    pub fn planes(&self, channels: Range<usize>) -> Vec<f32> {
        let ImageSize { height, width } = self.size;
        let pixels = || (0..height).flat_map(|y| (0..width).map(move |x| self.pixel(y, x)));
        channels.flat_map(|channel| pixels().map(move |pixel| pixel[channel])).collect()
    }
}

/// Averages blocks of 2×2 pixels of `from` to pixels of `to`; pixels beyond odd edges count as
/// zero.
///
/// `channels` selects from the last `inputs` channels of both maps.
pub(super) fn halve(from: &StageMap, to: &mut StageMap, inputs: usize, channels: Range<usize>) {
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

fn halve_channels<const N: usize>(from: &StageMap, first: usize, to: &mut StageMap, second: usize) {
    let (ImageSize { height, width }, stride) = (to.size, to.channels);
    for y in 0..height {
        let [upper, lower] = [0, 1].map(|k| from.run(2 * y + k + from.before, from.before, 2 * width));
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
