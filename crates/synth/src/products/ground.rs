//! What a product photo has beside the glasses: the ground, shadows, a mirror image, the camera's
//! traces.

use super::layers::Layers;
use crate::colour::Colour;
use crate::random::log_uniform;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// A ground: white, grey, coloured, in a gradient, with a horizon or a vignette.
pub(super) fn ground(rng: &mut impl Rng, (width, height): (usize, usize)) -> Vec<f32> {
    let base = match rng.random_range(0..20) {
        0..=8 => Colour::WHITE,
        9..=12 => Colour::hsv(rng.random(), rng.random_range(0.0..0.03), rng.random_range(0.88..1.0)),
        13 | 14 => Colour::hsv(rng.random(), rng.random_range(0.0..0.08), rng.random_range(0.5..0.95)),
        15 | 16 => Colour::hsv(rng.random(), rng.random_range(0.05..0.3), rng.random_range(0.7..1.0)),
        17 => Colour::hsv(rng.random_range(0.03..0.13), rng.random_range(0.1..0.5), rng.random_range(0.5..0.95)),
        18 => Colour::hsv(rng.random(), rng.random_range(0.0..1.0), rng.random_range(0.2..1.0)),
        _ => Colour::hsv(rng.random(), rng.random_range(0.0..0.2), rng.random_range(0.03..0.3)),
    };
    let plain = rng.random_bool(0.5);
    let other = if plain { base } else { base.scaled(rng.random_range(0.75..1.15)) };
    let direction = if rng.random_bool(0.7) { 90.0_f64 } else { rng.random_range(0.0..360.0) }.to_radians();
    let vignette = if !plain && rng.random_bool(0.4) { rng.random_range(0.0..0.3) } else { 0.0 };
    let horizon = (!plain && rng.random_bool(0.15)).then(|| (rng.random_range(0.5..0.95), rng.random_range(0.85..1.1)));
    let soft = log_uniform(rng, 0.003, 0.1);
    let mut photo = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let [u, v] = [(x as f64 + 0.5) / width as f64 - 0.5, (y as f64 + 0.5) / height as f64 - 0.5];
            let t = (0.5 + u * direction.cos() + v * direction.sin()).clamp(0.0, 1.0);
            let mut light = 1.0 - vignette * 2.0 * (u * u + v * v);
            if let Some((at, change)) = horizon {
                light *= 1.0 + (change - 1.0) / (1.0 + (-(v + 0.5 - at) / soft).exp());
            }
            photo.extend([0, 1, 2].map(|c| {
                let value = base.0[c] + t * (other.0[c] - base.0[c]);
                (value * light).clamp(0.0, 1.0) as f32
            }));
        }
    }
    photo
}

/// The glasses mirrored in what they stand on, fading downwards.
pub(super) fn mirror_image(rng: &mut impl Rng, photo: &mut [f32], layers: &Layers, foot: usize) {
    if !rng.random_bool(0.25) {
        return;
    }
    let (width, height) = layers.size;
    let strength = rng.random_range(0.08..0.6_f32);
    let reach = rng.random_range(0.1..0.8) * height as f64;
    let gap = rng.random_range(0..3);
    for y in foot + gap..height {
        let down = (y - foot - gap) as f64;
        let Some(from) = foot.checked_sub(y - foot - gap) else { break };
        let fade = strength * (1.0 - down / reach).max(0.0) as f32;
        for x in 0..width {
            let (i, j) = (y * width + x, from * width + x);
            for plane in [&layers.arms, &layers.lenses, &layers.front] {
                let (colour, alpha) = plane.pixel(j);
                for (value, colour) in photo[3 * i..3 * i + 3].iter_mut().zip(colour) {
                    *value += fade * alpha * (colour - *value);
                }
            }
        }
    }
}

/// Shadows: of the whole glasses on a wall or a table behind them, soft or hard, and a dark line
/// where they touch the ground.
pub(super) fn shadows(rng: &mut impl Rng, photo: &mut [f32], layers: &Layers, foot: usize) {
    let (width, height) = layers.size;
    let size = width.max(height) as f64;
    let tint = {
        let colour = Colour::hsv(rng.random(), rng.random_range(0.0..0.25), 1.0);
        colour.0.map(|v| v as f32)
    };
    if rng.random_bool(0.6) {
        let cover: Vec<f32> = (0..width * height).map(|i| layers.cover(i)).collect();
        let blur = log_uniform(rng, 0.004, 0.06) * size;
        let (dx, dy) = (rng.random_range(-0.06..0.06) * size, rng.random_range(-0.02..0.14) * size);
        // A shadow on a table lies flat below the glasses.
        let flat = if rng.random_bool(0.4) { rng.random_range(0.1..0.5) } else { 1.0 };
        let strength = log_uniform(rng, 0.06, 0.65) as f32;
        let mut moved = vec![0.0; width * height];
        for y in 0..height {
            let from_y = foot as f64 + (y as f64 - foot as f64 - dy) / flat;
            for x in 0..width {
                let from_x = x as f64 - dx;
                if from_x >= 0.0 && from_y >= 0.0 && (from_x as usize) < width && (from_y as usize) < height {
                    moved[y * width + x] = cover[from_y as usize * width + from_x as usize];
                }
            }
        }
        blurred(&mut moved, (width, height), blur);
        darken(photo, &moved, strength, tint);
    }
    if rng.random_bool(0.4) {
        let (wide, tall) = (rng.random_range(0.1..0.45) * width as f64, log_uniform(rng, 0.004, 0.05) * size);
        let strength = log_uniform(rng, 0.05, 0.5) as f32;
        let twice = rng.random_bool(0.5);
        let spots: &[f64] = if twice { &[0.3, 0.7] } else { &[0.5] };
        let mut spot = vec![0.0_f32; width * height];
        for at in spots {
            let (cx, cy) = (at * width as f64, foot as f64 + 0.3 * tall);
            for (i, value) in spot.iter_mut().enumerate() {
                let (u, v) = (((i % width) as f64 - cx) / wide, ((i / width) as f64 - cy) / tall);
                *value += (-(u * u + v * v) * 1.5).exp() as f32;
            }
        }
        darken(photo, &spot, strength, tint);
    }
}

fn darken(photo: &mut [f32], amount: &[f32], strength: f32, tint: [f32; 3]) {
    for (pixel, amount) in photo.chunks_exact_mut(3).zip(amount) {
        for (value, tint) in pixel.iter_mut().zip(tint) {
            *value *= 1.0 - strength * amount.min(1.0) * (1.3 - tint).clamp(0.0, 1.0).max(0.3);
        }
    }
}

/// Three box filters, about a Gaussian of this standard deviation.
fn blurred(plane: &mut [f32], (width, height): (usize, usize), deviation: f64) {
    let radius = (deviation.round() as usize).clamp(1, width.min(height) / 2 - 1);
    let mut line = vec![0.0; width.max(height)];
    for _ in 0..3 {
        for y in 0..height {
            box_filter(plane, y * width, 1, width, radius, &mut line);
        }
        for x in 0..width {
            box_filter(plane, x, width, height, radius, &mut line);
        }
    }
}

fn box_filter(plane: &mut [f32], start: usize, stride: usize, count: usize, radius: usize, line: &mut [f32]) {
    let at = |i: isize| start + stride * (i.clamp(0, count as isize - 1) as usize);
    let span = radius as isize;
    let mut sum: f32 = (-span..=span).map(|i| plane[at(i)]).sum();
    for i in 0..count {
        line[i] = sum / (2.0 * radius as f32 + 1.0);
        sum += plane[at(i as isize + span + 1)] - plane[at(i as isize - span)];
    }
    for (i, value) in line[..count].iter().enumerate() {
        plane[start + stride * i] = *value;
    }
}

/// Compresses the photo as JPEG, as shops do.
pub(super) fn compress(rng: &mut impl Rng, photo: &mut [f32], (width, height): (usize, usize)) {
    let quality = rng.random_range(25..92);
    let pixels: Vec<u8> = photo.iter().map(|value| (255.0 * value).round() as u8).collect();
    let mut file = Vec::new();
    // Neither step fails on a valid image in memory; if one did, the photo would stay as it is.
    let encoded = JpegEncoder::new_with_quality(&mut file, quality).encode(
        &pixels,
        width as u32,
        height as u32,
        ExtendedColorType::Rgb8,
    );
    let decoded = encoded.and_then(|()| image::load_from_memory_with_format(&file, ImageFormat::Jpeg));
    if let Ok(decoded) = decoded {
        for (value, byte) in photo.iter_mut().zip(decoded.into_rgb8().into_raw()) {
            *value = f32::from(byte) / 255.0;
        }
    }
}

/// Exposure, colour cast, softness and noise.
pub(super) fn camera(rng: &mut impl Rng, photo: &mut [f32], (width, height): (usize, usize)) {
    let exposure = if rng.random_bool(0.5) { 1.0 } else { rng.random_range(0.85..1.1_f32) };
    let cast = [0; 3].map(|_| if rng.random_bool(0.3) { rng.random_range(0.95..1.05_f32) } else { 1.0 });
    let noise = if rng.random_bool(0.5) { 0.0 } else { log_uniform(rng, 0.002, 0.03) as f32 };
    if rng.random_bool(0.3) {
        // A lens that is out of focus, or an image that was enlarged.
        for c in 0..3 {
            let mut plane: Vec<f32> = photo.iter().skip(c).step_by(3).copied().collect();
            let own = plane.clone();
            blurred(&mut plane, (width, height), 1.0);
            let share = 0.35;
            for (i, value) in plane.iter().enumerate() {
                photo[3 * i + c] = own[i] + share * (value - own[i]);
            }
        }
    }
    for pixel in photo.chunks_exact_mut(3) {
        for (value, cast) in pixel.iter_mut().zip(cast) {
            let grain: f32 = if noise > 0.0 { StandardNormal.sample(rng) } else { 0.0 };
            *value = (*value * exposure * cast + noise * grain).clamp(0.0, 1.0);
        }
    }
}
