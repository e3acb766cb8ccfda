//! Image-space effects: subsurface scattering, the blurred backdrop, grain and tone mapping.

use glam::{FloatExt, Vec3, vec3};
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

use super::math::{Random, bell, smoothstep};
use super::people::Backdrop;
use super::render::{ASPECT, Kind, Pixel};
use stgan::Bitmap;

/// The diffusion profile of skin as a sum of Gaussians: standard deviation in decimetres, and
/// weight per channel. Red light spreads furthest. After Jimenez et al., "Screen-Space Perceptual
/// Rendering of Human Skin" (2009).
const LAYERS: [(f32, Vec3); 3] =
    [(0.0050, vec3(0.24, 0.52, 0.72)), (0.0130, vec3(0.32, 0.36, 0.25)), (0.0300, vec3(0.44, 0.12, 0.03))];

/// Applies subsurface scattering to skin and smooths the noise of the other surfaces.
///
/// `scale` is in pixels per decimetre.
pub(crate) fn diffuse(pixels: &mut [Pixel], width: usize, scale: f32) {
    let mut sums = vec![Vec3::ZERO; pixels.len()];
    let mut source: Vec<Vec3> = pixels.iter().map(|p| p.light).collect();
    let mut done = 0.0;
    for (layer, (sigma, share)) in LAYERS.into_iter().enumerate() {
        // Each layer blurs the previous one further.
        let sigma = (sigma * scale).max(0.4);
        let extra = f32::sqrt(sigma * sigma - done * done).max(0.3);
        done = sigma;
        let across = blur(&source, pixels, width, extra, 1);
        source = blur(&across, pixels, width, extra, width);
        sums.par_iter_mut().zip(&source).zip(&*pixels).for_each(|((sum, light), pixel)| match pixel.kind {
            Kind::Skin => *sum += *light * share,
            Kind::Eye | Kind::Cloth if layer == 0 => *sum = *light,
            _ => {}
        });
    }
    pixels.par_iter_mut().zip(sums).for_each(|(pixel, sum)| pixel.light = sum);
}

/// A Gaussian blur along rows (`stride` 1) or columns (`stride` = width) that does not cross the
/// edge of a surface.
fn blur(source: &[Vec3], pixels: &[Pixel], width: usize, sigma: f32, stride: usize) -> Vec<Vec3> {
    let reach = (sigma * 2.5).ceil() as i64;
    let weights: Vec<f32> = (0..=reach).map(|k| bell((k * k) as f32, sigma)).collect();
    let height = pixels.len() / width;
    (0..pixels.len())
        .into_par_iter()
        .with_min_len(4096)
        .map(|i| {
            let here = &pixels[i];
            if here.kind == Kind::Backdrop {
                return Vec3::ZERO;
            }
            let (at, size) = if stride == 1 { (i % width, width) } else { (i / width, height) };
            let first = (at as i64 - reach).max(0);
            let last = (at as i64 + reach).min(size as i64 - 1);
            let (mut sum, mut total) = (Vec3::ZERO, 0.0);
            for k in first..=last {
                let away = k - at as i64;
                let j = (i as i64 + away * stride as i64) as usize;
                let there = &pixels[j];
                if there.kind != here.kind {
                    continue;
                }
                let gap = (there.depth - here.depth) * 12.0;
                let weight = weights[away.unsigned_abs() as usize] / (1.0 + gap * gap * 4.0);
                sum += source[j] * weight;
                total += weight;
            }
            sum * (1.0 / total)
        })
        .collect()
}

/// The backdrop, far out of focus: a wall with a glow, broad soft shapes, and discs of small
/// lights.
pub(crate) fn backdrop(room: &Backdrop, x: f32, y: f32) -> Vec3 {
    let mut colour = room.top.lerp(room.bottom, smoothstep(-0.1, 1.05, y));
    let (dx, dy) = (x - room.at.0, (y - room.at.1) * ASPECT);
    colour += room.glow * (bell(dx * dx + dy * dy, 0.34) * 0.55);
    let mut rng = Random::seed_from_u64(u64::from(room.shapes) * 977);
    for k in 0..room.shapes {
        let (cx, w, soft) =
            (rng.random::<f32>() * 1.2 - 0.1, 0.05 + 0.12 * rng.random::<f32>(), 0.05 + 0.04 * rng.random::<f32>());
        let (from, to) = (rng.random::<f32>() * 0.5 - 0.3, 0.6 + rng.random::<f32>() * 0.5);
        let across = smoothstep(w + soft, w - soft, (x - cx).abs());
        let along = smoothstep(from - 0.08, from + 0.08, y) * smoothstep(to + 0.08, to - 0.08, y);
        let strength = (rng.random::<f32>() - 0.45) * if k % 2 == 0 { 0.45 } else { 0.32 };
        colour *= 1.0 + strength * across * along;
    }
    for _ in 0..room.lights {
        let (cx, cy, r) = (rng.random::<f32>(), rng.random::<f32>() * 0.75, 0.035 + 0.045 * rng.random::<f32>());
        let (dx, dy) = (x - cx, (y - cy) * ASPECT);
        let distance = (dx * dx + dy * dy).sqrt() / r;
        // An out-of-focus light is a disc with a slightly brighter rim.
        let disc = smoothstep(1.4, 0.7, distance) * f32::lerp(0.8, 1.0, smoothstep(0.4, 0.95, distance));
        colour += room.glow * (disc * (0.06 + 0.22 * rng.random::<f32>() * rng.random::<f32>()));
    }
    colour * f32::lerp(1.0, 0.68, smoothstep(0.35, 0.85, ((x - 0.5).powi(2) + (y - 0.45).powi(2)).sqrt()))
}

/// Applies tone mapping and grain, and downscales to the size of the bitmap.
pub(crate) fn develop(image: &[Vec3], across: usize, down: usize, mut bitmap: Bitmap) -> Bitmap {
    let (width, height) = (bitmap.width() as usize, bitmap.height() as usize);
    let toned: Vec<Vec3> = image.par_iter().map(|c| c.map(curve)).collect();
    let ratio = (across as f32 / width as f32, down as f32 / height as f32);
    bitmap.data_mut().par_chunks_exact_mut(width * 4).enumerate().for_each(|(y, row)| {
        let mut rng = Random::seed_from_u64(y as u64 + 31);
        for (x, out) in row.chunks_exact_mut(4).enumerate() {
            let (cx, cy) = ((x as f32 + 0.5) * ratio.0, (y as f32 + 0.5) * ratio.1);
            let (rx, ry) = (ratio.0 * 0.85, ratio.1 * 0.85);
            let (mut sum, mut total) = (Vec3::ZERO, 0.0);
            for sy in (cy - ry).max(0.0) as usize..((cy + ry).ceil() as usize).min(down) {
                for sx in (cx - rx).max(0.0) as usize..((cx + rx).ceil() as usize).min(across) {
                    let tent = |s: usize, c: f32, r: f32| (1.0 - ((s as f32 + 0.5 - c) / r).abs()).max(0.0);
                    let weight = tent(sx, cx, rx) * tent(sy, cy, ry);
                    sum += toned[sy * across + sx] * weight;
                    total += weight;
                }
            }
            let colour = sum * (1.0 / total);
            let grain = (rng.random::<f32>() + rng.random::<f32>() - 1.0) * 0.012;
            for (byte, value) in out.iter_mut().zip(colour.to_array()) {
                *byte = ((value + grain * (1.2 - value)) * 255.0 + 0.5).clamp(0.0, 255.0) as u8;
            }
            out[3] = 255;
        }
    });
    bitmap
}

/// Maps linear light to display values: a shoulder that preserves highlights, then sRGB.
fn curve(light: f32) -> f32 {
    const KNEE: f32 = 0.5;
    let light = light.max(0.0);
    let light = if light > KNEE { KNEE + (1.0 - KNEE) * (1.0 - (-(light - KNEE) / (1.0 - KNEE)).exp()) } else { light };
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}
