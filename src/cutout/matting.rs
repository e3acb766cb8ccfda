//! From labels to transparency: known-background matting at the photo's own size.
//!
//! With the colour of the ground known everywhere, a pixel `I = α F + (1 − α) B` needs only one of
//! α and F: inside the front α is 1, at its border F is the colour of the front nearby, in a lens
//! the least α that explains the pixel is taken.

use super::ground::Ground;
use super::lenses::Lenses;
use super::network::{ARM, BACKGROUND, FRONT, LABELS, LENS};
use crate::{Bitmap, BitmapRef, Result};

/// A lens darker than this share of the ground, in the median, is tinted.
const CLEAR: f64 = 0.82;
/// The saturation from which on a bright lens is mirrored.
const COLOURFUL: f64 = 0.35;
/// How opaque the reflections on clear lenses may be.
const REFLECTION: f64 = 0.1;
/// How opaque tinted lenses are at least and at most.
const TINT: [f64; 2] = [0.3, 0.93];
const MIRROR: [f64; 2] = [0.8, 0.95];
/// A front whose colour is nearer than this to the ground's, in the median, is translucent.
const TRANSLUCENT: f64 = 0.1;

/// Probabilities of the labels, [`LABELS`] values for each pixel of the image.
pub(crate) struct Labelled<'a> {
    pub image: BitmapRef<'a>,
    pub probabilities: &'a [f32],
}

impl Labelled<'_> {
    fn probability(&self, i: usize, label: usize) -> f64 {
        f64::from(self.probabilities[LABELS * i + label])
    }

    pub(crate) fn label(&self, i: usize) -> usize {
        let all = &self.probabilities[LABELS * i..LABELS * (i + 1)];
        (0..LABELS).max_by(|&a, &b| all[a].total_cmp(&all[b])).unwrap_or(0)
    }

    /// Whether a pixel shows nothing but ground, with some certainty.
    pub(crate) fn is_ground(&self, i: usize) -> bool {
        self.probability(i, BACKGROUND) > 0.95
    }

    fn colour(&self, i: usize) -> [f64; 3] {
        [0, 1, 2].map(|c| f64::from(self.image.data()[4 * i + c]) / 255.0)
    }
}

/// The glasses without ground and arms, in the image's size.
///
/// # Errors
/// None in practice: the result has the size of the image.
pub(crate) fn cut_out(labelled: &Labelled, ground: &Ground) -> Result<(Bitmap, Lenses)> {
    let (width, height) = (labelled.image.width() as usize, labelled.image.height() as usize);
    let count = width * height;
    let labels: Vec<usize> = (0..count).map(|i| labelled.label(i)).collect();
    let lenses = lens_kind(labelled, ground, &labels);
    let translucent = is_translucent(labelled, ground, &labels);
    let front = nearby(labelled, &labels, FRONT, (width, height), 3);
    let lens = nearby(labelled, &labels, LENS, (width, height), 24);
    let mut data = vec![0u8; 4 * count];
    for i in 0..count {
        let (colour, behind) = (labelled.colour(i), ground.at(i));
        let share = |label: usize| labelled.probability(i, label);
        let (front_share, lens_share) =
            (share(FRONT), share(LENS) + if inside(&labels, i, width) { share(ARM) } else { 0.0 });
        if front_share + lens_share < 0.05 {
            continue;
        }
        // The lens layer: an arm behind it is painted over with the lens nearby.
        let seen = if labels[i] == ARM { lens[i].unwrap_or(behind) } else { colour };
        let (lens_colour, lens_alpha) = of_lens(seen, behind, lenses);
        let over = match labels[i] {
            FRONT => {
                let own = front[i].unwrap_or(colour);
                let alpha = if translucent {
                    (0.4 + 3.0 * distance(colour, behind)).min(1.0)
                } else {
                    covered(colour, own, behind).max(front_share)
                };
                (unmixed(colour, behind, alpha, own), alpha)
            }
            _ => {
                let own = front[i].unwrap_or(colour);
                let alpha =
                    if front[i].is_some() { front_share.min(covered(colour, own, behind)) } else { front_share };
                (own, if alpha < 0.1 { 0.0 } else { alpha })
            }
        };
        let lens_alpha = lens_alpha * lens_share.min(1.0);
        let alpha = over.1 + lens_alpha * (1.0 - over.1);
        if alpha < 1.0 / 255.0 {
            continue;
        }
        let mixed: [f64; 3] =
            std::array::from_fn(|c| (over.0[c] * over.1 + lens_colour[c] * lens_alpha * (1.0 - over.1)) / alpha);
        for (out, value) in data[4 * i..].iter_mut().zip(mixed) {
            *out = (255.0 * value.clamp(0.0, 1.0)).round() as u8;
        }
        data[4 * i + 3] = (255.0 * alpha.min(1.0)).round() as u8;
    }
    Ok((Bitmap::new(labelled.image.width(), labelled.image.height(), data)?, lenses))
}

/// Whether an arm's pixel lies behind a lens: there is lens to its left and to its right.
fn inside(labels: &[usize], i: usize, width: usize) -> bool {
    const REACH: usize = 400;
    let (x, row) = (i % width, i - i % width);
    let until = |mut cells: Box<dyn Iterator<Item = usize>>| {
        cells.find_map(|x| match labels[row + x] {
            LENS => Some(true),
            FRONT => Some(false),
            BACKGROUND => Some(false),
            _ => None,
        })
    };
    let left = until(Box::new((x.saturating_sub(REACH)..x).rev()));
    let right = until(Box::new(x + 1..(x + REACH).min(width)));
    left == Some(true) || right == Some(true)
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|c| (a[c] - b[c]).abs()).fold(0.0, f64::max)
}

/// The share of `own` in a mix with `behind` that comes nearest to `colour`.
fn covered(colour: [f64; 3], own: [f64; 3], behind: [f64; 3]) -> f64 {
    let along = |c: usize| own[c] - behind[c];
    let dot: f64 = (0..3).map(|c| (colour[c] - behind[c]) * along(c)).sum();
    let norm: f64 = (0..3).map(|c| along(c).powi(2)).sum();
    // Own colour and ground are alike: the pixel says nothing.
    if norm < 0.01 { 1.0 } else { (dot / norm).clamp(0.0, 1.0) }
}

fn unmixed(colour: [f64; 3], behind: [f64; 3], alpha: f64, own: [f64; 3]) -> [f64; 3] {
    if alpha < 0.25 {
        return own;
    }
    std::array::from_fn(|c| ((colour[c] - (1.0 - alpha) * behind[c]) / alpha).clamp(0.0, 1.0))
}

/// Colour and opacity of a lens at a pixel.
fn of_lens(colour: [f64; 3], behind: [f64; 3], lenses: Lenses) -> ([f64; 3], f64) {
    // The least opacity that explains the pixel: black paint if it is darker than the ground, white
    // if it is lighter.
    let darker = (0..3).map(|c| 1.0 - colour[c] / behind[c]).fold(0.0, f64::max);
    let lighter = (0..3).map(|c| (colour[c] - behind[c]) / (1.0 - behind[c]).max(0.05)).fold(0.0, f64::max);
    let least = darker.max(lighter).clamp(0.0, 1.0);
    let alpha = match lenses {
        Lenses::Clear => (least - 0.03).clamp(0.0, REFLECTION),
        Lenses::Tinted => least.clamp(TINT[0], TINT[1]),
        Lenses::Mirrored => least.clamp(MIRROR[0], MIRROR[1]),
        Lenses::Opaque => 1.0,
    };
    (unmixed(colour, behind, alpha.max(0.25), colour), alpha)
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

fn lens_kind(labelled: &Labelled, ground: &Ground, labels: &[usize]) -> Lenses {
    let (mut transmission, mut saturation) = (Vec::new(), Vec::new());
    let sure = |&i: &usize| labels[i] == LENS && labelled.probability(i, LENS) > 0.8;
    for i in (0..labels.len()).filter(sure) {
        let (colour, behind) = (labelled.colour(i), ground.at(i));
        let ratio = (0..3).map(|c| colour[c] / behind[c]).fold(f64::INFINITY, f64::min);
        transmission.push(ratio);
        let [low, high] = colour.iter().fold([1.0f64, 0.0f64], |[low, high], v| [low.min(*v), high.max(*v)]);
        saturation.push(if high > 0.45 { (high - low) / high } else { 0.0 });
    }
    match (median(&mut transmission), median(&mut saturation)) {
        (Some(transmission), _) if transmission > CLEAR => Lenses::Clear,
        (Some(_), Some(saturation)) if saturation > COLOURFUL => Lenses::Mirrored,
        (Some(_), _) => Lenses::Tinted,
        _ => Lenses::Clear,
    }
}

fn is_translucent(labelled: &Labelled, ground: &Ground, labels: &[usize]) -> bool {
    let sure = |&i: &usize| labels[i] == FRONT && labelled.probability(i, FRONT) > 0.8;
    let mut off: Vec<f64> =
        (0..labels.len()).filter(sure).map(|i| distance(labelled.colour(i), ground.at(i))).collect();
    median(&mut off).is_some_and(|off| off < TRANSLUCENT)
}

/// For each pixel the mean colour of the sure pixels of a label within about `reach` pixels: by
/// running sums over a square.
fn nearby(
    labelled: &Labelled,
    labels: &[usize],
    label: usize,
    (width, height): (usize, usize),
    reach: usize,
) -> Vec<Option<[f64; 3]>> {
    // Sums of colour and count over all pixels above and to the left.
    let pitch = width + 1;
    let mut sums = vec![[0.0f64; 4]; pitch * (height + 1)];
    for y in 0..height {
        let mut row = [0.0; 4];
        for x in 0..width {
            let i = y * width + x;
            if labels[i] == label && labelled.probability(i, label) > 0.9 {
                let colour = labelled.colour(i);
                for (sum, value) in row.iter_mut().zip(colour.into_iter().chain([1.0])) {
                    *sum += value;
                }
            }
            let above = sums[y * pitch + x + 1];
            sums[(y + 1) * pitch + x + 1] = std::array::from_fn(|k| above[k] + row[k]);
        }
    }
    let at = |x: usize, y: usize| sums[y * pitch + x];
    (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
            let (a, b, c, d) = (at(left, top), at(right, top), at(left, bottom), at(right, bottom));
            let sum: [f64; 4] = std::array::from_fn(|k| d[k] - b[k] - c[k] + a[k]);
            (sum[3] > 0.5).then(|| [0, 1, 2].map(|k| sum[k] / sum[3]))
        })
        .collect()
}
