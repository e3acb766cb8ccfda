//! Image degradation: light, blur, noise and compression.

use rand::Rng;
use rand_distr::StandardNormal;

/// The side of JPEG's blocks.
const BLOCK: usize = 8;

/// Converts premultiplied RGBA to the input of a network: three planes of (colour − ½) · alpha,
/// after random light, tint, blur, noise and compression.
pub(crate) fn degrade(pixels: &[[f32; 4]], width: usize, rng: &mut impl Rng) -> Vec<f32> {
    let area = pixels.len();
    let mut planes = vec![0.0; 3 * area];
    for (i, [r, g, b, alpha]) in pixels.iter().enumerate() {
        let z = if *alpha > 1e-4 { 1.0 / alpha } else { 0.0 };
        for (plane, value) in [r, g, b].into_iter().enumerate() {
            planes[plane * area + i] = value * z;
        }
    }
    light(&mut planes, area, rng);
    for _ in 0..if rng.random_bool(0.3) { rng.random_range(1..4) } else { 0 } {
        for plane in planes.chunks_exact_mut(area) {
            soften(plane, width);
        }
    }
    if rng.random_bool(0.3) {
        let amount: f32 = rng.random_range(0.0..0.09);
        for value in &mut planes {
            *value += amount * rng.sample::<f32, _>(StandardNormal);
        }
    }
    if rng.random_bool(0.15) {
        compress(&mut planes, width, rng.random_range(0.02..0.15));
    }
    for plane in planes.chunks_exact_mut(area) {
        for (value, pixel) in plane.iter_mut().zip(pixels) {
            *value = (value.clamp(0.0, 1.0) - 0.5) * pixel[3];
        }
    }
    planes
}

/// Randomises exposure (one image in six is dark), contrast, gamma and tint. Some images become
/// grey.
fn light(planes: &mut [f32], area: usize, rng: &mut impl Rng) {
    if rng.random_bool(0.2) {
        for i in 0..area {
            let grey = 0.299 * planes[i] + 0.587 * planes[area + i] + 0.114 * planes[2 * area + i];
            (0..3).for_each(|plane| planes[plane * area + i] = grey);
        }
    }
    let gain: f32 = if rng.random_bool(0.17) { rng.random_range(0.15..0.6) } else { rng.random_range(0.6..1.4) };
    let contrast: f32 = rng.random_range(0.6..1.3);
    let gamma: f32 = if rng.random_bool(0.5) { 1.0 } else { rng.random_range(0.7..1.4) };
    let tint: f32 = if rng.random_bool(0.2) { 0.3 } else { 0.1 };
    let mean = planes.iter().sum::<f32>() / planes.len() as f32;
    for plane in planes.chunks_exact_mut(area) {
        let tint = rng.random_range(1.0 - tint..1.0 + tint);
        for value in plane {
            *value = (((*value - mean) * contrast + mean) * gain * tint).clamp(0.0, 1.0);
            if gamma != 1.0 {
                *value = value.powf(gamma);
            }
        }
    }
}

/// Blurs with the binomial kernel 1-2-1 along both axes.
fn soften(plane: &mut [f32], width: usize) {
    let height = plane.len() / width;
    for row in plane.chunks_exact_mut(width) {
        let mut before = row[0];
        for x in 0..width {
            let (here, after) = (row[x], row[(x + 1).min(width - 1)]);
            row[x] = 0.25 * before + 0.5 * here + 0.25 * after;
            before = here;
        }
    }
    let mut before = plane[..width].to_vec();
    for y in 0..height {
        for x in 0..width {
            let (here, after) = (plane[y * width + x], plane[(y + 1).min(height - 1) * width + x]);
            plane[y * width + x] = 0.25 * before[x] + 0.5 * here + 0.25 * after;
            before[x] = here;
        }
    }
}

/// Quantises as JPEG does: the cosine transform of each block is rounded to multiples of `step`,
/// which grows with the frequency.
fn compress(planes: &mut [f32], width: usize, step: f32) {
    let height = planes.len() / 3 / width;
    let basis: [[f32; BLOCK]; BLOCK] = std::array::from_fn(|k| {
        let norm = if k == 0 { (1.0 / BLOCK as f32).sqrt() } else { (2.0 / BLOCK as f32).sqrt() };
        std::array::from_fn(|i| norm * (std::f32::consts::PI * (i as f32 + 0.5) * k as f32 / BLOCK as f32).cos())
    });
    type Block = [[f32; BLOCK]; BLOCK];
    let multiply = |a: &Block, b: &Block, turned: (bool, bool)| -> Block {
        let at = |m: &Block, i: usize, j: usize, turned: bool| if turned { m[j][i] } else { m[i][j] };
        std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..BLOCK).map(|k| at(a, i, k, turned.0) * at(b, k, j, turned.1)).sum())
        })
    };
    for plane in planes.chunks_exact_mut(width * height) {
        for y in (0..height / BLOCK * BLOCK).step_by(BLOCK) {
            for x in (0..width / BLOCK * BLOCK).step_by(BLOCK) {
                let block: Block = std::array::from_fn(|j| std::array::from_fn(|i| plane[(y + j) * width + x + i]));
                let mut waves = multiply(&multiply(&basis, &block, (false, false)), &basis, (false, true));
                for (j, row) in waves.iter_mut().enumerate() {
                    for (i, value) in row.iter_mut().enumerate() {
                        let step = step * (1.0 + 0.5 * (i + j) as f32);
                        *value = (*value / step).round() * step;
                    }
                }
                let block = multiply(&multiply(&basis, &waves, (true, false)), &basis, (false, false));
                for (j, row) in block.iter().enumerate() {
                    plane[(y + j) * width + x..][..BLOCK].copy_from_slice(row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_quantisation_keeps_the_image_and_coarse_quantisation_its_mean() {
        let image: Vec<f32> = (0..3 * 16 * 16).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
        let mut fine = image.clone();
        compress(&mut fine, 16, 1e-6);
        assert!(fine.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-4));
        let mut coarse = image.clone();
        compress(&mut coarse, 16, 0.1);
        assert!(coarse.iter().zip(&image).any(|(a, b)| (a - b).abs() > 0.05));
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean(&coarse) - mean(&image)).abs() < 0.02);
    }
}
