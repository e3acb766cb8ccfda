//! Textures in two or three colours: noise of several octaves, stripes, checks and waves.

use crate::people::brush::Colour;
use rand::Rng;
use stgan::{Bitmap, Result};

/// A grid of random values with smooth interpolation.
struct Noise {
    side: usize,
    values: Vec<f64>,
}

impl Noise {
    fn new(rng: &mut impl Rng, side: usize) -> Self {
        Self { side, values: (0..side * side).map(|_| rng.random()).collect() }
    }

    /// The value at (x, y), both from 0 to 1.
    fn at(&self, x: f64, y: f64) -> f64 {
        let last = (self.side - 1) as f64;
        let (u, v) = ((x * last).clamp(0.0, last - 1e-9), (y * last).clamp(0.0, last - 1e-9));
        let (i, j) = (u as usize, v as usize);
        let smooth = |t: f64| t * t * (3.0 - 2.0 * t);
        let (a, b) = (smooth(u - i as f64), smooth(v - j as f64));
        let value = |i: usize, j: usize| self.values[j * self.side + i];
        let top = value(i, j) + a * (value(i + 1, j) - value(i, j));
        let bottom = value(i, j + 1) + a * (value(i + 1, j + 1) - value(i, j + 1));
        top + b * (bottom - top)
    }
}

pub(super) fn draw(rng: &mut impl Rng, width: u32, height: u32) -> Result<Bitmap> {
    let octaves: Vec<(Noise, f64)> = (0..rng.random_range(1..6))
        .map(|octave| {
            let side = (rng.random_range(2..5) << octave).min(96) + 1;
            (Noise::new(rng, side as usize), rng.random_range(0.2f64..1.0).powi(octave))
        })
        .collect();
    let total: f64 = octaves.iter().map(|(_, weight)| weight).sum();
    let colours: [Colour; 3] = std::array::from_fn(|_| Colour::muted(rng, 0.9, 0.0..1.0));
    let (kind, angle) = (rng.random_range(0..5), rng.random_range(0.0..std::f64::consts::PI));
    let (turns, wobble) = (rng.random_range(1.0..40.0), rng.random_range(0.0..1.5));
    let grain = if rng.random_bool(0.3) { rng.random_range(0.0..0.2) } else { 0.0 };
    let mut data = Vec::with_capacity(width as usize * height as usize * 4);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
            let noise = octaves.iter().map(|(noise, weight)| weight * noise.at(u, v)).sum::<f64>() / total;
            let along = (u * angle.cos() + v * angle.sin()) * turns + wobble * noise;
            let across = (v * angle.cos() - u * angle.sin()) * turns + wobble * noise;
            let wave = |t: f64| 0.5 + 0.5 * (std::f64::consts::TAU * t).sin();
            let share = match kind {
                0 | 1 => noise,
                2 => wave(along),
                3 => f64::from(u8::from((wave(along) > 0.5) != (wave(across) > 0.5))),
                _ => (wave(along) * wave(across)).powi(3),
            };
            let colour = colours[0].mix(colours[1], share).mix(colours[2], 0.4 * noise);
            let grain = grain * (rng.random::<f64>() - 0.5);
            data.extend(colour.0.map(|c| ((c + grain).clamp(0.0, 1.0) * 255.0).round() as u8));
            data.push(255);
        }
    }
    Bitmap::new(width, height, data)
}
