//! From labels to transparency: known-background matting at the photo's own size.
//!
//! With the colour of the ground known everywhere, a pixel `I = α F + (1 − α) B` needs only one of
//! α and F. Inside the front α is 1. At its border F is the colour of the front nearby. In a lens
//! the least α that explains the pixel is taken.

mod blocks;
mod colour_models;
mod kind;

use super::ground::Ground;
use super::lenses::Lenses;
use super::network::{ARM, BACKGROUND, FRONT, LABELS, LENS};
use crate::{Bitmap, BitmapRef, Result};
pub(crate) use blocks::BlockColours;
use colour_models::ColourModels;

/// The opacity of the reflections on clear lenses, at most.
const REFLECTION: f32 = 0.1;
/// The opacity of tinted lenses, at least and at most.
const TINT: [f32; 2] = [0.3, 0.88];
/// The opacity of mirrored lenses, at least and at most.
const MIRROR: [f32; 2] = [0.8, 0.88];
/// Between these probabilities of the front, its colour decides more and more how far it covers a
/// pixel; above the last two, the pixel is more and more covered whatever its colour.
const BORDER: [f32; 2] = [0.05, 0.3];
const INTERIOR: [f32; 2] = [0.6, 0.95];
pub(crate) type Colour = [f32; 3];

/// Probabilities of the labels, [`LABELS`] values for each pixel of the image.
pub(crate) struct Labelled<'a> {
    pub image: BitmapRef<'a>,
    pub probabilities: &'a [f32],
}

impl Labelled<'_> {
    #[inline]
    fn shares(&self, i: usize) -> &[f32; LABELS] {
        &self.probabilities.as_chunks().0[i]
    }

    #[inline]
    pub(crate) fn label(&self, i: usize) -> usize {
        let all = self.shares(i);
        (1..LABELS).fold(0, |best, label| if all[label] > all[best] { label } else { best })
    }

    /// Whether a pixel shows nothing but ground, with some certainty.
    pub(crate) fn is_ground(&self, i: usize) -> bool {
        self.shares(i)[BACKGROUND] > 0.95
    }

    #[inline]
    fn colour(&self, i: usize) -> Colour {
        let pixel: &[u8; 4] = &self.image.data().as_chunks().0[i];
        [0, 1, 2].map(|c| f32::from(pixel[c]) * (1.0 / 255.0))
    }
}

/// Glasses without ground and arms.
pub(crate) struct Matted {
    /// The glasses with transparency, in the size of the labelled image.
    pub image: Bitmap,
    /// The most probable label of each pixel.
    pub labels: Vec<u8>,
    /// The kind of the lenses.
    pub lenses: Lenses,
}

/// Cuts the glasses out of an image with labels on a known ground.
///
/// # Errors
/// None in practice: the result has the size of the image.
pub(crate) fn cut_out(network: &Labelled, ground: &Ground) -> Result<Matted> {
    let size = (network.image.width() as usize, network.image.height() as usize);
    let backdrop = ground.image();
    let kinds = kind::kinds(network, &backdrop);
    let models = ColourModels::new(network, &backdrop);
    let probabilities = models.weighed(network);
    let labelled = Labelled { image: network.image, probabilities: &probabilities };
    let labels: Vec<u8> = (0..size.0 * size.1).map(|i| labelled.label(i) as u8).collect();
    let behind_lens = arms_behind_lenses(&labels, size.0);
    let mut data = vec![0u8; 4 * size.0 * size.1];
    for (i, out) in data.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let shares = labelled.shares(i);
        let lens_share = shares[LENS] + if behind_lens[i] { shares[ARM] } else { 0.0 };
        if shares[FRONT] + lens_share < BORDER[0] {
            continue;
        }
        let (x, y) = (i % size.0, i / size.0);
        let (colour, ground) = (labelled.colour(i), backdrop[i]);
        let nearby = models.lenses.at(x, y);
        // An arm behind a lens is painted over with the lens nearby.
        let seen = if usize::from(labels[i]) == ARM { nearby.unwrap_or(ground) } else { colour };
        let lens = of_lens(seen, ground, nearby, kinds.lenses);
        // What the front covers where it ends: the lens, or the ground.
        let behind = if lens_share > shares[BACKGROUND] { nearby.unwrap_or(ground) } else { ground };
        let front = Front { share: shares[FRONT], interior: network.shares(i)[FRONT], own: models.fronts.at(x, y) };
        let front = front.at(colour, behind, kinds.translucent_front);
        // The share of the lens in what the front leaves.
        let rest = (1.0 - shares[FRONT]).max(lens_share).max(1e-3);
        *out = joined(front, (lens.0, lens.1 * lens_share / rest));
    }
    let image = Bitmap::new(network.image.width(), network.image.height(), data)?;
    Ok(Matted { image, labels, lenses: kinds.lenses })
}

/// The front over the lens, both as colour and opacity, as straight-alpha bytes.
fn joined((front, covered): (Colour, f32), (lens, opacity): (Colour, f32)) -> [u8; 4] {
    let rest = opacity * (1.0 - covered);
    let alpha = covered + rest;
    if alpha < 1.0 / 255.0 {
        return [0; 4];
    }
    let byte = |value: f32| (255.0 * value.clamp(0.0, 1.0)).round() as u8;
    let colour = |c: usize| byte((front[c] * covered + lens[c] * rest) / alpha);
    [colour(0), colour(1), colour(2), byte(alpha)]
}

/// What is known of the front at a pixel.
struct Front {
    /// The probability that the pixel shows the front, given its colour.
    share: f32,
    /// The network's probability, which does not depend on the pixel's own colour as much.
    interior: f32,
    /// The colour of the front nearby.
    own: Option<Colour>,
}

impl Front {
    /// Colour and opacity of the front at a pixel of this colour, before `behind`.
    fn at(&self, colour: Colour, behind: Colour, is_translucent: bool) -> (Colour, f32) {
        if self.share < BORDER[0] {
            return (colour, 0.0);
        }
        let own = self.own.unwrap_or(colour);
        let border = smooth(BORDER, self.share);
        if is_translucent {
            let alpha = border * (0.4 + 3.0 * distance(colour, behind)).min(1.0);
            return (unmixed(colour, behind, alpha, own), alpha);
        }
        let covered = covered(colour, own, behind).unwrap_or(self.share) * border;
        let interior = smooth(INTERIOR, self.interior.min(self.share));
        let alpha = covered + interior * (1.0 - covered);
        // Little of the front, and as likely a trace of a shadow.
        if alpha < 0.1 {
            return (own, 0.0);
        }
        (unmixed(colour, behind, alpha, own), alpha)
    }
}

/// Colour and opacity of a lens at a pixel. `nearby` is the mean colour of the lens around it.
fn of_lens(colour: Colour, ground: Colour, nearby: Option<Colour>, lenses: Lenses) -> (Colour, f32) {
    let alpha = match lenses {
        Lenses::Clear => {
            // Prints on the lens are much darker than the lens around them.
            let around = nearby.map_or(1.0, |nearby| least_opacity(nearby, ground) + 0.04);
            (least_opacity(colour, ground).min(around) - 0.03).clamp(0.0, REFLECTION)
        }
        Lenses::Tinted => least_opacity(colour, ground).clamp(TINT[0], TINT[1]),
        Lenses::Mirrored => least_opacity(colour, ground).clamp(MIRROR[0], MIRROR[1]),
        Lenses::Opaque => 1.0,
    };
    (unmixed(colour, ground, alpha.max(0.25), colour), alpha)
}

/// The least opacity that explains a colour before the ground: that of black paint if it is darker,
/// that of white paint if it is lighter.
fn least_opacity(colour: Colour, ground: Colour) -> f32 {
    (0..3)
        .map(|c| {
            let (value, ground) = (colour[c], ground[c]);
            if value < ground { 1.0 - value / ground } else { (value - ground) / (1.0 - ground).max(0.05) }
        })
        .fold(0.0, f32::max)
        .min(1.0)
}

#[inline]
pub(crate) fn distance(a: Colour, b: Colour) -> f32 {
    (a[0] - b[0]).abs().max((a[1] - b[1]).abs()).max((a[2] - b[2]).abs())
}

/// The share of `own` in a mix with `behind` that comes nearest to `colour`; `None` if the two are
/// too alike to tell.
pub(crate) fn covered(colour: Colour, own: Colour, behind: Colour) -> Option<f32> {
    let along = |c: usize| own[c] - behind[c];
    let dot: f32 = (0..3).map(|c| (colour[c] - behind[c]) * along(c)).sum();
    let norm: f32 = (0..3).map(|c| along(c).powi(2)).sum();
    (norm > 0.01).then(|| (dot / norm).clamp(0.0, 1.0))
}

/// The colour F of `colour = α F + (1 − α) behind`; `own` if α is too small to tell.
pub(crate) fn unmixed(colour: Colour, behind: Colour, alpha: f32, own: Colour) -> Colour {
    if alpha < 0.25 {
        return own;
    }
    std::array::from_fn(|c| ((colour[c] - (1.0 - alpha) * behind[c]) / alpha).clamp(0.0, 1.0))
}

/// 0 below the first edge, 1 above the second, smooth in between.
fn smooth([low, high]: [f32; 2], value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// For each pixel whether it shows a lens, or an arm with a lens beside it in its row.
fn arms_behind_lenses(labels: &[u8], width: usize) -> Vec<bool> {
    let mut behind = vec![false; labels.len()];
    let mut after = |cells: &mut dyn Iterator<Item = usize>| {
        let mut last = BACKGROUND;
        for i in cells {
            let label = usize::from(labels[i]);
            if label != ARM {
                last = label;
            }
            behind[i] |= last == LENS;
        }
    };
    for start in (0..labels.len()).step_by(width) {
        after(&mut (start..start + width));
        after(&mut (start..start + width).rev());
    }
    behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opacity_of_black_and_of_white_paint_is_found() {
        let ground = [0.8, 0.6, 0.4];
        for alpha in [0.0, 0.3, 0.9] {
            for paint in [0.0, 1.0] {
                let mixed = ground.map(|g| alpha * paint + (1.0 - alpha) * g);
                assert!((least_opacity(mixed, ground) - alpha).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_border_of_the_front_is_unmixed_from_the_ground() {
        let (own, ground) = ([0.2, 0.1, 0.5], [1.0; 3]);
        for alpha in [0.3, 0.6, 1.0f32] {
            let mixed = std::array::from_fn(|c| alpha * own[c] + (1.0 - alpha) * ground[c]);
            let front = Front { share: 0.6, interior: 0.5, own: Some(own) };
            let (colour, found) = front.at(mixed, ground, false);
            assert!((found - alpha).abs() < 1e-5, "{found}");
            assert!(distance(colour, own) < 1e-5, "{colour:?}");
        }
    }

    #[test]
    fn a_print_on_a_clear_lens_is_not_kept() {
        let (_, alpha) = of_lens([0.1; 3], [1.0; 3], Some([0.99; 3]), Lenses::Clear);
        assert!(alpha < 0.03, "{alpha}");
        let (_, reflection) = of_lens([0.93; 3], [1.0; 3], Some([0.93; 3]), Lenses::Clear);
        assert!(reflection > 0.03 && reflection <= REFLECTION, "{reflection}");
    }
}
