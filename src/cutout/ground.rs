//! The ground of a product photo, as a smooth surface of colours.

use crate::BitmapRef;

/// Colours in [0, 1] as a polynomial of second degree of the position in an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    /// For each channel: 1, u, v, u², uv, v², with u and v from −1 to 1 over the image.
    coefficients: [[f64; TERMS]; 3],
    size: (f64, f64),
}

const TERMS: usize = 6;
/// Pixels farther from the surface than this, in the last rounds of the fit, are no ground.
const OUTLIER: f64 = 0.06;
const ROUNDS: usize = 5;
/// About this many pixels of the image are looked at.
const SAMPLES: usize = 20_000;

fn terms(u: f64, v: f64) -> [f64; TERMS] {
    [1.0, u, v, u * u, u * v, v * v]
}

impl Ground {
    /// Fits the surface to the pixels for which `is_ground` holds, robustly: shadows and printed
    /// words among them are outliers. `None` if too few pixels are ground, or if they are no smooth
    /// surface.
    pub(crate) fn fit(image: BitmapRef, is_ground: impl Fn(usize) -> bool) -> Option<Self> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let size = (width as f64, height as f64);
        // A lattice of pixels.
        let step = ((size.0 * size.1 / SAMPLES as f64).sqrt() as usize).max(1);
        let lattice =
            (step / 2..height).step_by(step).flat_map(|y| (step / 2..width).step_by(step).map(move |x| y * width + x));
        let samples: Vec<([f64; TERMS], [f64; 3])> = lattice
            .filter(|&i| is_ground(i))
            .map(|i| {
                let [u, v] = position(i, width, size);
                let colour = [0, 1, 2].map(|c| f64::from(image.data()[4 * i + c]) / 255.0);
                (terms(u, v), colour)
            })
            .collect();
        if samples.len() < 10 * TERMS {
            return None;
        }
        let mut kept: Vec<bool> = vec![true; samples.len()];
        let mut ground = None;
        for round in 0..ROUNDS {
            let used = samples.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(sample, _)| sample);
            let found = Self { coefficients: least_squares(used)?, size };
            let limit = OUTLIER * (1 << (ROUNDS - 1 - round).min(2)) as f64;
            for (sample, kept) in samples.iter().zip(&mut kept) {
                let colour = found.colour(&sample.0);
                *kept = (0..3).all(|c| (colour[c] - sample.1[c]).abs() < limit);
            }
            // Most of the ground is no smooth surface, such as a table or the checkerboard that
            // stands for transparency.
            if kept.iter().filter(|kept| **kept).count() < samples.len() / 4 {
                return None;
            }
            ground = Some(found);
        }
        ground
    }

    /// One colour everywhere, over an image of `size` (width, height) pixels.
    pub(crate) fn constant(colour: [f64; 3], size: (usize, usize)) -> Self {
        let coefficients = colour.map(|value| std::array::from_fn(|k| if k == 0 { value } else { 0.0 }));
        Self { coefficients, size: (size.0 as f64, size.1 as f64) }
    }

    fn colour(&self, terms: &[f64; TERMS]) -> [f64; 3] {
        self.coefficients.map(|c| c.iter().zip(terms).map(|(c, t)| c * t).sum::<f64>().clamp(0.02, 1.0))
    }

    /// The colours of all pixels, rows top to bottom.
    pub(crate) fn image(&self) -> Vec<[f32; 3]> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let mut colours = Vec::with_capacity(width * height);
        for y in 0..height {
            let [_, v] = position(y * width, width, self.size);
            // In one row, a polynomial of the column alone.
            let rows = self.coefficients.map(|[one, u, by_v, uu, uv, vv]| {
                [one + by_v * v + vv * v * v, u + uv * v, uu].map(|value| value as f32)
            });
            colours.extend((0..width).map(|x| {
                let u = (2.0 * (x as f64 + 0.5) / self.size.0 - 1.0) as f32;
                rows.map(|[one, linear, square]| (one + u * (linear + u * square)).clamp(0.02, 1.0))
            }));
        }
        colours
    }
}

fn position(i: usize, width: usize, size: (f64, f64)) -> [f64; 2] {
    [2.0 * ((i % width) as f64 + 0.5) / size.0 - 1.0, 2.0 * ((i / width) as f64 + 0.5) / size.1 - 1.0]
}

/// The normal equations, solved by elimination, with a little regularisation of all but the mean.
fn least_squares<'a>(samples: impl Iterator<Item = &'a ([f64; TERMS], [f64; 3])>) -> Option<[[f64; TERMS]; 3]> {
    let mut matrix = [[0.0; TERMS + 3]; TERMS];
    let mut count = 0.0;
    for (terms, colour) in samples {
        for (row, factor) in matrix.iter_mut().zip(terms) {
            for (cell, value) in row.iter_mut().zip(terms.iter().chain(colour)) {
                *cell += factor * value;
            }
        }
        count += 1.0;
    }
    for (k, row) in matrix.iter_mut().enumerate().skip(1) {
        row[k] += 1e-3 * count;
    }
    for pivot in 0..TERMS {
        let best = (pivot..TERMS).max_by(|&a, &b| matrix[a][pivot].abs().total_cmp(&matrix[b][pivot].abs()))?;
        matrix.swap(pivot, best);
        if matrix[pivot][pivot].abs() < 1e-9 {
            return None;
        }
        let lead = matrix[pivot];
        for (k, row) in matrix.iter_mut().enumerate() {
            if k != pivot {
                let factor = row[pivot] / lead[pivot];
                for (value, lead) in row.iter_mut().zip(lead) {
                    *value -= factor * lead;
                }
            }
        }
    }
    Some(std::array::from_fn(|c| std::array::from_fn(|k| matrix[k][TERMS + c] / matrix[k][k])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bitmap;

    #[test]
    fn a_gradient_is_found_under_a_dark_shadow() {
        let (width, height) = (90u32, 60u32);
        let value =
            |x: u32, y: u32| 0.6 + 0.3 * f64::from(x) / f64::from(width) - 0.1 * f64::from(y) / f64::from(height);
        let data = (0..width * height).flat_map(|i| {
            let (x, y) = (i % width, i / width);
            let shadow = (30..60).contains(&x) && (40..50).contains(&y);
            let byte = (255.0 * value(x, y) * if shadow { 0.5 } else { 1.0 }) as u8;
            [byte, byte, byte, 255]
        });
        let image = Bitmap::new(width, height, data.collect()).unwrap();
        let ground = Ground::fit(image.as_ref(), |i| i % 3 != 1).unwrap();
        for (x, y) in [(5, 5), (45, 45), (80, 20)] {
            let found = f64::from(ground.image()[(y * width + x) as usize][0]);
            assert!((found - value(x, y)).abs() < 0.01, "{found}, {}", value(x, y));
        }
        assert!(Ground::fit(image.as_ref(), |i| i < 5).is_none());
    }
}
