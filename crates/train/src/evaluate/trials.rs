//! Fits in several situations: near a face, far from it, and on images without a face.

use super::{FitStart, Spread};
use crate::address::{Stream, rng};
use crate::data::Face;
use crate::data::landmarks::{self, GLASSES, Landmarks, distance};
use crate::{Error, Result};
use rand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use stgan::compose::Foreground;
use stgan::internals::homography::DIMENSION;
use stgan::internals::pose::glasses_to_canonical;
use stgan::{Bitmap, Fit, Placement, Rect, TryOn};
use stgan_synth::faceless::Kind;

/// The situation in which a fit starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Situation {
    /// On a face, from [`Spread::Dropped`].
    Dropped,
    /// On a face, from [`Spread::Double`].
    Double,
    /// Beside a face, more than two inter-pupil distances away, at 0.5 to 1.5 times the correct
    /// size.
    Beside,
    /// Centred outside the image, by up to 0.6 times the width of the glasses.
    Outside,
    /// On a face, at 0.1 to 0.35 times the correct size.
    Tiny,
    /// On a face, at 2.5 to 4 times the correct size.
    Huge,
    /// Anywhere on a synthetic image without a face.
    Synthetic,
    /// Anywhere on the part of a photo below the face.
    Below,
}

/// A fit in one situation.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The situation.
    pub situation: Situation,
    /// The fit.
    pub fit: Fit,
    /// The landmark error after the last update in inter-pupil distances; `None` without a face.
    pub error: Option<f64>,
}

impl Situation {
    /// All situations, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Dropped,
        Self::Double,
        Self::Beside,
        Self::Outside,
        Self::Tiny,
        Self::Huge,
        Self::Synthetic,
        Self::Below,
    ];

    /// The name in tables.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Dropped => "face, spread `dropped`",
            Self::Double => "face, spread `double`",
            Self::Beside => "beside the face",
            Self::Outside => "centred outside the image",
            Self::Tiny => "face, tiny glasses",
            Self::Huge => "face, huge glasses",
            Self::Synthetic => "no face: synthetic image",
            Self::Below => "no face: photo below it",
        }
    }
}

/// Runs `each` fits per face in every situation, cycling through the glasses.
///
/// The situations without a face are also run `each` times per face.
///
/// # Errors
/// [`Error::Argument`] if there is nothing to fit or if a face has no landmarks; the errors of
/// [`Face::image`] and [`TryOn::fit`].
pub fn trials(tryon: &TryOn, faces: &[Face], glasses: &[Foreground], each: usize, seed: u64) -> Result<Vec<Trial>> {
    if faces.len() * glasses.len() * each == 0 {
        let value = format!("{} faces, {} glasses, {each} fits of each", faces.len(), glasses.len());
        return Err(Error::Argument { name: "trials", value, expected: "at least one of each".into() });
    }
    let of_face = |(index, face): (usize, &Face)| -> Result<Vec<Trial>> {
        let mut rng = rng(seed, Stream::Trials(index));
        let target = *face.reference().ok_or_else(|| Error::Argument {
            name: "face",
            value: face.id.clone(),
            expected: "landmarks, which the landmark error needs".into(),
        })?;
        let image = face.image()?;
        // The whole photo, if there is one, has more room beside the face.
        let photo = face.photo_with(&target)?;
        let (wide, wide_target) = photo.as_ref().map_or((&image, &target), |(photo, target)| (photo, target));
        let below = below(wide, wide_target)?;
        let mut trials = Vec::new();
        for k in 0..each {
            let pair = &glasses[(index * each + k) % glasses.len()];
            let kind = Kind::ALL[(index + k) % Kind::ALL.len()];
            for situation in Situation::ALL {
                let (image, target, start) = match situation {
                    Situation::Dropped => (&image, Some(&target), Spread::Dropped.draw(face, &target, &mut rng)?),
                    Situation::Double => (&image, Some(&target), Spread::Double.draw(face, &target, &mut rng)?),
                    Situation::Beside => (wide, Some(wide_target), beside(wide, wide_target, &mut rng)),
                    Situation::Outside => (wide, Some(wide_target), outside(wide, wide_target, &mut rng)),
                    Situation::Tiny => (&image, Some(&target), sized(&target, 0.1..0.35, &mut rng)),
                    Situation::Huge => (&image, Some(&target), sized(&target, 2.5..4.0, &mut rng)),
                    Situation::Synthetic => {
                        let width = rng.random_range(200..600);
                        let image = kind.draw(&mut rng, width)?;
                        let start = anywhere(&image, &mut rng);
                        trials.push(trial(tryon, situation, &image, None, pair, start)?);
                        continue;
                    }
                    Situation::Below => match &below {
                        Some(below) => (below, None, anywhere(below, &mut rng)),
                        None => continue,
                    },
                };
                trials.push(trial(tryon, situation, image, target, pair, start)?);
            }
        }
        Ok(trials)
    };
    let all: Vec<Vec<Trial>> = faces.par_iter().enumerate().map(of_face).collect::<Result<_>>()?;
    Ok(all.into_iter().flatten().collect())
}

fn trial(
    tryon: &TryOn,
    situation: Situation,
    image: &Bitmap,
    target: Option<&Landmarks>,
    glasses: &Foreground,
    start: FitStart,
) -> Result<Trial> {
    let fit = tryon.fit(image.as_ref(), glasses, &start.placement, None)?;
    let last = fit.homography(fit.updates().len())?;
    let on_glasses = landmarks::apply(&glasses_to_canonical(glasses).inverse()?, &GLASSES);
    let error = target.map(|target| landmarks::error(&landmarks::apply(&last, &on_glasses), target));
    Ok(Trial { situation, fit, error })
}

fn start(x: f64, y: f64, width: f64, rotation: f64) -> FitStart {
    FitStart { placement: Placement { x, y, width: width.max(1.0), rotation }, params: [0.0; DIMENSION] }
}

fn anywhere(image: &Bitmap, rng: &mut impl Rng) -> FitStart {
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let share = rng.random_range(0.1..0.6);
    start(rng.random_range(0.0..width), rng.random_range(0.0..height), share * width, rng.random_range(-25.0..25.0))
}

fn beside(image: &Bitmap, target: &Landmarks, rng: &mut impl Rng) -> FitStart {
    let (correct, unit) = (landmarks::placement(target), distance(target[0], target[1]));
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    loop {
        // The area is three inter-pupil distances wider than the image, so there is always room.
        let x = rng.random_range(-1.5 * unit..width + 1.5 * unit).clamp(0.0, width);
        let y = rng.random_range(-1.5 * unit..height + 1.5 * unit).clamp(0.0, height);
        let size = correct.width * rng.random_range(0.5..1.5);
        if (x - correct.x).hypot(y - correct.y) > 2.0 * unit || unit > 0.25 * width.min(height) && rng.random_bool(0.01)
        {
            return start(x, y, size, rng.random_range(-25.0..25.0));
        }
    }
}

fn outside(image: &Bitmap, target: &Landmarks, rng: &mut impl Rng) -> FitStart {
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let size = landmarks::placement(target).width * rng.random_range(0.5..1.5);
    let beyond = size * rng.random_range(0.0..0.6);
    let (x, y) = match rng.random_range(0..4) {
        0 => (-beyond, rng.random_range(0.0..height)),
        1 => (width + beyond, rng.random_range(0.0..height)),
        2 => (rng.random_range(0.0..width), -beyond),
        _ => (rng.random_range(0.0..width), height + beyond),
    };
    start(x, y, size, rng.random_range(-25.0..25.0))
}

fn sized(target: &Landmarks, by: std::ops::Range<f64>, rng: &mut impl Rng) -> FitStart {
    let correct = landmarks::placement(target);
    start(correct.x, correct.y, correct.width * rng.random_range(by), correct.rotation)
}

/// The part of an image below the face: real pixels without a face. `None` if it is too small.
pub(super) fn below(image: &Bitmap, target: &Landmarks) -> Result<Option<Bitmap>> {
    let unit = distance(target[0], target[1]);
    let top = (target[0][1].max(target[1][1]) + 2.4 * unit).ceil().max(0.0) as u32;
    let height = image.height().saturating_sub(top);
    if height < 48 {
        return Ok(None);
    }
    Ok(Some(image.as_ref().crop(Rect { x: 0, y: top, width: image.width(), height })?))
}
