//! What lenses and front are made of, by the colours of their sure pixels.

use super::{Colour, Labelled, distance};
use crate::cutout::lenses::Lenses;
use crate::cutout::network::{FRONT, LENS};

/// A lens darker than this share of the ground, in the median, is tinted.
const CLEAR: f32 = 0.86;
/// The saturation from which on a bright lens is mirrored.
const COLOURFUL: f32 = 0.35;
/// Darker lenses have no colour to speak of.
const BRIGHT: f32 = 0.45;
/// A front whose colour is nearer than this to the ground's, in the median, is translucent.
const TRANSLUCENT: f32 = 0.1;
/// The probability of a sure pixel.
const SURE: f32 = 0.8;

/// Samples every seventh pixel: the medians need no more.
const STEP: usize = 7;

pub(super) struct Kinds {
    pub lenses: Lenses,
    pub translucent_front: bool,
}

pub(super) fn kinds(labelled: &Labelled, backdrop: &[Colour]) -> Kinds {
    let (mut transmission, mut saturation, mut contrast) = (Vec::new(), Vec::new(), Vec::new());
    // A step that is no divisor of usual widths, so that no column is missed.
    for (i, &ground) in backdrop.iter().enumerate().step_by(STEP) {
        let shares = labelled.shares(i);
        if shares[FRONT] > SURE {
            contrast.push(distance(labelled.colour(i), ground));
        }
        if shares[LENS] > SURE {
            let colour = labelled.colour(i);
            transmission.push((0..3).map(|c| colour[c] / ground[c]).fold(f32::INFINITY, f32::min));
            let (low, high) = (colour.into_iter().fold(1.0, f32::min), colour.into_iter().fold(0.0, f32::max));
            saturation.push(if high > BRIGHT { (high - low) / high } else { 0.0 });
        }
    }
    let lenses = match (median(&mut transmission), median(&mut saturation)) {
        (Some(transmission), _) if transmission > CLEAR => Lenses::Clear,
        (Some(_), Some(saturation)) if saturation > COLOURFUL => Lenses::Mirrored,
        (Some(_), _) => Lenses::Tinted,
        (None, _) => Lenses::Clear,
    };
    Kinds { lenses, translucent_front: median(&mut contrast).is_some_and(|contrast| contrast < TRANSLUCENT) }
}

fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}
