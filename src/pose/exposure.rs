//! The exposure of a view, normalised by the pixels in the canonical box: those around the eyes.

use super::CanonicalPose;
use crate::image_size::ImageSize;

/// The level that the bright pixels around the eyes get, from 0 to 1: the median of the training
/// faces.
const LEVEL: f32 = 0.85;

/// The share of the pixels around the eyes that are darker than the bright ones.
const BRIGHT: f32 = 0.9;

/// The range of the gain. A photo at a tenth of its brightness still has the levels of a face.
const GAIN: std::ops::RangeInclusive<f32> = 0.5..=32.0;

/// Scales the colours of a view so that faces have equal exposure, however dim their light.
///
/// `planes` are R, G and B of `size`, from 0 to 1, with the glasses as placed in the canonical pose
/// `pose`. Training and fits use the same function. A photo multiplied by a factor gives
/// the same view, up to the rounding of its pixels. A black view stays black.
///
/// # Panics
/// If `planes` has less than three planes of `size`.
pub fn normalise_exposure(planes: &mut [f32], size: impl Into<ImageSize>, pose: &CanonicalPose) {
    let size = size.into();
    let area = size.area();
    let mut levels = inside_the_box(planes, size, pose);
    if levels.is_empty() {
        return;
    }
    let rank = ((levels.len() - 1) as f32 * BRIGHT).round() as usize;
    let (_, bright, _) = levels.select_nth_unstable_by(rank, f32::total_cmp);
    if *bright <= 0.0 {
        return;
    }
    let gain = (LEVEL / *bright).clamp(*GAIN.start(), *GAIN.end());
    for value in &mut planes[..3 * area] {
        *value = (*value * gain).min(1.0);
    }
}

/// The levels of the pixels in the canonical box: of each its brightest channel, so that coloured
/// light does not saturate.
fn inside_the_box(planes: &[f32], size: ImageSize, pose: &CanonicalPose) -> Vec<f32> {
    let ImageSize { height, width } = size;
    let area = size.area();
    let canonical = |at: usize, side: usize| at as f64 * (2.0 / (side.max(2) - 1) as f64) - 1.0;
    let mut levels = Vec::with_capacity(area);
    for row in (0..height).filter(|&row| (canonical(row, height) - pose.centre_y).abs() <= pose.half_height) {
        for column in (0..width).filter(|&column| canonical(column, width).abs() <= pose.half_width) {
            let channels = [0, 1, 2].map(|plane| planes[plane * area + row * width + column]);
            levels.push(channels.into_iter().fold(0.0, f32::max));
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::GLASSES_POSE;

    const SIZE: usize = 24;

    fn view() -> Vec<f32> {
        (0..3 * SIZE * SIZE).map(|i| 0.1 + 0.8 * ((i * 37 % 101) as f32 / 100.0)).collect()
    }

    #[test]
    fn views_that_differ_by_a_factor_become_equal() {
        let mut bright = view();
        normalise_exposure(&mut bright, SIZE, &GLASSES_POSE);
        for factor in [0.1, 0.3, 0.6] {
            let mut dim: Vec<f32> = view().iter().map(|x| x * factor).collect();
            normalise_exposure(&mut dim, SIZE, &GLASSES_POSE);
            assert!(dim.iter().zip(&bright).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }

    #[test]
    fn pixels_away_from_the_eyes_do_not_count() {
        let (mut plain, mut lamp) = (view(), view());
        for plane in 0..3 {
            lamp[plane * SIZE * SIZE..][..SIZE].fill(1.0);
        }
        normalise_exposure(&mut plain, SIZE, &GLASSES_POSE);
        normalise_exposure(&mut lamp, SIZE, &GLASSES_POSE);
        assert_eq!(plain[SIZE..SIZE * SIZE], lamp[SIZE..SIZE * SIZE]);
    }

    #[test]
    fn black_views_stay_black() {
        let mut black = vec![0.0; 3 * SIZE * SIZE];
        normalise_exposure(&mut black, SIZE, &GLASSES_POSE);
        assert!(black.iter().all(|x| *x == 0.0));
    }
}
