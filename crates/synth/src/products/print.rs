//! Printed words: a shop's logo on the ground, the print on a demo lens.

use super::Label;
use rand::Rng;

/// Draws lines of strokes that look like small letters, on the ground or on a lens.
pub(super) fn words(rng: &mut impl Rng, photo: &mut [f32], labels: &[Label], (width, height): (usize, usize)) {
    for (chance, on) in [(0.2, Label::Background), (0.2, Label::Lens)] {
        if !rng.random_bool(chance) {
            continue;
        }
        let tall = rng.random_range(0.015..if on == Label::Background { 0.07 } else { 0.03 }) * height as f64;
        let (letters, ink) = (rng.random_range(3..14), [0; 3].map(|_| rng.random_range(0.0..1.0_f32)));
        let ink = if rng.random_bool(0.6) { [ink[0] * 0.4; 3] } else { ink };
        let alpha = rng.random_range(0.3..1.0_f32);
        let left = rng.random_range(0.0..0.8) * width as f64;
        let top = rng.random_range(0.02..0.92) * height as f64;
        for letter in 0..letters {
            let x = left + f64::from(letter) * tall * 0.8;
            if rng.random_bool(0.15) {
                continue;
            }
            for _ in 0..rng.random_range(2..4) {
                let mut point = || [x + rng.random_range(0.0..0.6) * tall, top + rng.random_range(0.0..1.0) * tall];
                let (from, to) = (point(), point());
                stroke(photo, labels, (width, height), [from, to], (0.1 * tall).max(0.6), on, (ink, alpha));
            }
        }
    }
}

fn stroke(
    photo: &mut [f32],
    labels: &[Label],
    (width, height): (usize, usize),
    [from, to]: [[f64; 2]; 2],
    thick: f64,
    on: Label,
    (ink, alpha): ([f32; 3], f32),
) {
    let low = [from[0].min(to[0]) - thick, from[1].min(to[1]) - thick].map(|v| v.max(0.0) as usize);
    let high = [from[0].max(to[0]) + thick, from[1].max(to[1]) + thick].map(|v| v.max(0.0) as usize);
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = (along[0] * along[0] + along[1] * along[1]).max(1e-9);
    for y in low[1]..high[1].min(height) {
        for x in low[0]..high[0].min(width) {
            let i = y * width + x;
            if labels[i] != on {
                continue;
            }
            let [u, v] = [x as f64 + 0.5 - from[0], y as f64 + 0.5 - from[1]];
            let t = ((u * along[0] + v * along[1]) / length).clamp(0.0, 1.0);
            let far = (u - t * along[0]).hypot(v - t * along[1]);
            let cover = alpha * (thick / 2.0 - far + 0.5).clamp(0.0, 1.0) as f32;
            for (value, ink) in photo[3 * i..3 * i + 3].iter_mut().zip(ink) {
                *value += cover * (ink - *value);
            }
        }
    }
}
