//! Mean colours over square blocks of an image.

/// Weighted mean colours of some pixels of an image: for each block of pixels, over the block and
/// the blocks around it.
pub(crate) struct BlockColours {
    side: usize,
    columns: usize,
    means: Vec<Option<[f32; 3]>>,
}

impl BlockColours {
    /// For an image of `size` (width, height), with blocks of `side` pixels and `reach` blocks on
    /// each side. `pixel` gives the colour and the weight of a pixel by its index in rows.
    pub(crate) fn new(
        size: (usize, usize),
        side: usize,
        reach: usize,
        pixel: impl Fn(usize) -> Option<([f32; 3], f32)>,
    ) -> Self {
        let (columns, rows) = (size.0.div_ceil(side), size.1.div_ceil(side));
        let mut sums = vec![[0.0f32; 4]; columns * rows];
        for y in 0..size.1 {
            let blocks = &mut sums[y / side * columns..][..columns];
            for x in 0..size.0 {
                if let Some((colour, weight)) = pixel(y * size.0 + x) {
                    let sum = &mut blocks[x / side];
                    *sum = [
                        sum[0] + weight * colour[0],
                        sum[1] + weight * colour[1],
                        sum[2] + weight * colour[2],
                        sum[3] + weight,
                    ];
                }
            }
        }
        let mean = |i: usize| {
            let (x, y) = (i % columns, i / columns);
            let around = x.saturating_sub(reach)..(x + reach + 1).min(columns);
            let mut sum = [0.0; 4];
            for row in y.saturating_sub(reach)..(y + reach + 1).min(rows) {
                for block in &sums[row * columns..][around.clone()] {
                    sum = std::array::from_fn(|k| sum[k] + block[k]);
                }
            }
            (sum[3] > 1e-3).then(|| [0, 1, 2].map(|k| sum[k] / sum[3]))
        };
        Self { side, columns, means: (0..columns * rows).map(mean).collect() }
    }

    /// Gives blocks without a mean that of the nearest ones, up to `steps` blocks away.
    pub(crate) fn spread(mut self, steps: usize) -> Self {
        let (columns, rows) = (self.columns, self.means.len() / self.columns.max(1));
        for _ in 0..steps {
            let before = self.means.clone();
            for (i, mean) in self.means.iter_mut().enumerate().filter(|(_, mean)| mean.is_none()) {
                let (x, y) = (i % columns, i / columns);
                let near = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
                let found = near.into_iter().filter(|&(x, y)| x < columns && y < rows);
                let found: Vec<[f32; 3]> = found.filter_map(|(x, y)| before[y * columns + x]).collect();
                if !found.is_empty() {
                    let sum = found.iter().fold([0.0; 3], |sum, mean| [0, 1, 2].map(|k| sum[k] + mean[k]));
                    *mean = Some(sum.map(|sum| sum / found.len() as f32));
                }
            }
            if self.means.iter().all(Option::is_some) {
                break;
            }
        }
        self
    }

    /// The mean around a pixel; `None` if there are no pixels of the kind.
    #[inline]
    pub(crate) fn at(&self, x: usize, y: usize) -> Option<[f32; 3]> {
        self.means[y / self.side * self.columns + x / self.side]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_weighted_and_reach_into_the_blocks_around() {
        // Four columns of 2×2 blocks; only the pixels of the first two columns count.
        let pixel = |i: usize| (i % 8 < 4).then_some(([(i % 8) as f32, 1.0, 0.0], if i % 8 == 3 { 3.0 } else { 1.0 }));
        let near = BlockColours::new((8, 4), 2, 0, pixel);
        assert_eq!(near.at(0, 0), Some([0.5, 1.0, 0.0]));
        assert_eq!(near.at(3, 3), Some([2.75, 1.0, 0.0]));
        assert_eq!(near.at(4, 0), None);
        let around = BlockColours::new((8, 4), 2, 1, pixel);
        assert_eq!(around.at(5, 1), Some([2.75, 1.0, 0.0]));
        assert_eq!(around.at(7, 1), None);
        assert_eq!(around.spread(1).at(7, 1), Some([2.75, 1.0, 0.0]));
    }
}
