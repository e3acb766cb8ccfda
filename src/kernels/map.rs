//! Feature maps of any size for fully convolutional networks: NHWC with a border of zeros.

/// A feature map [H, W, C] of f32 with a border of zeros on each side.
#[derive(Clone, Debug)]
pub struct Map {
    size: (usize, usize),
    channels: usize,
    border: usize,
    values: Vec<f32>,
}

impl Map {
    /// A map of zeros of `size` = (height, width) pixels.
    pub fn new(size: (usize, usize), channels: usize, border: usize) -> Self {
        let values = vec![0.0; (size.0 + 2 * border) * (size.1 + 2 * border) * channels];
        Self { size, channels, border, values }
    }

    /// The (height, width) in pixels, without the border.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Width of the border in pixels.
    pub fn border(&self) -> usize {
        self.border
    }

    /// All values, including the border.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The index of the pixel in row `y` and column `x`, both counted with the border.
    #[inline(always)]
    pub(super) fn offset(&self, y: usize, x: usize) -> usize {
        y * self.pitch() + x * self.channels
    }

    /// The distance between the starts of two rows.
    #[inline(always)]
    pub(super) fn pitch(&self) -> usize {
        (self.size.1 + 2 * self.border) * self.channels
    }

    /// The channels of the pixel in row `y` and column `x`.
    #[inline(always)]
    pub fn pixel(&self, y: usize, x: usize) -> &[f32] {
        &self.values[self.offset(y + self.border, x + self.border)..][..self.channels]
    }

    #[inline(always)]
    pub(super) fn pixel_mut(&mut self, y: usize, x: usize) -> &mut [f32] {
        let start = self.offset(y + self.border, x + self.border);
        &mut self.values[start..][..self.channels]
    }

    /// The pixels of row `y`, without the border.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.values[self.offset(y + self.border, self.border)..][..self.size.1 * self.channels]
    }

    /// The pixels of row `y`, without the border, mutable.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let (start, length) = (self.offset(y + self.border, self.border), self.size.1 * self.channels);
        &mut self.values[start..][..length]
    }

    /// Averages blocks of 2×2 pixels. An odd last row or column is dropped; the result has at least
    /// one pixel, which is zero if a side is 1.
    pub fn halved(&self, border: usize) -> Self {
        let (height, width) = (self.size.0 / 2, self.size.1 / 2);
        let mut half = Self::new((height.max(1), width.max(1)), self.channels, border);
        let channels = self.channels;
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            for (x, pixel) in half.row_mut(y).chunks_exact_mut(channels).take(width).enumerate() {
                let at = 2 * x * channels;
                for (c, value) in pixel.iter_mut().enumerate() {
                    *value =
                        0.25 * (upper[at + c] + upper[at + channels + c] + lower[at + c] + lower[at + channels + c]);
                }
            }
        }
        half
    }

    /// Repeats each pixel as 2×2 pixels, and appends the channels of `beside`, which has the size
    /// of the result.
    pub fn doubled_beside(&self, beside: &Self, border: usize) -> Self {
        let (own, more) = (self.channels, beside.channels);
        let mut joined = Self::new(beside.size, own + more, border);
        for y in 0..beside.size.0 {
            let (source, other) = (self.row((y / 2).min(self.size.0 - 1)), beside.row(y));
            for (x, pixel) in joined.row_mut(y).chunks_exact_mut(own + more).enumerate() {
                let from = (x / 2).min(self.size.1 - 1) * own;
                pixel[..own].copy_from_slice(&source[from..from + own]);
                pixel[own..].copy_from_slice(&other[x * more..(x + 1) * more]);
            }
        }
        joined
    }
}
