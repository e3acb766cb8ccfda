//! What becomes of fits that start where there is a face, where there is none, and where the frame is far off.

use super::{Spread, Start};
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

/// What a fit starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Situation {
    /// On a face, as people drop frames.
    Dropped,
    /// On a face, from twice that spread.
    Twice,
    /// On a picture with a face, at least two eye distances beside it, 0.5 to 1.5 times as large as the face wants it.
    Beside,
    /// Centred beyond the picture's edge, by up to 0.6 of its own width.
    Outside,
    /// On a face, 0.1 to 0.35 times as large as it should be.
    Tiny,
    /// On a face, 2.5 to 4 times as large.
    Huge,
    /// Anywhere on a drawn picture without a face.
    Drawn,
    /// Anywhere on what photos show below the face.
    Below,
}

/// One fit.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What the glasses were placed on.
    pub situation: Situation,
    /// The fit.
    pub fit: Fit,
    /// Anchor error after the last update in eye distances; none where there is no face.
    pub error: Option<f64>,
}

impl Situation {
    /// All of them, in order.
    pub const ALL: [Self; 8] =
        [Self::Dropped, Self::Twice, Self::Beside, Self::Outside, Self::Tiny, Self::Huge, Self::Drawn, Self::Below];

    /// What it is called in tables.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Dropped => "face, as dropped",
            Self::Twice => "face, twice that spread",
            Self::Beside => "beside the face",
            Self::Outside => "beyond the picture's edge",
            Self::Tiny => "face, tiny frame",
            Self::Huge => "face, huge frame",
            Self::Drawn => "no face: drawn pictures",
            Self::Below => "no face: photos below it",
        }
    }
}

/// `each` fits of every face in every situation (those without a face once for each face, too), with the frames in turn.
///
/// # Errors
/// [`Error::Argument`] where there is nothing to fit, or a face without landmarks; otherwise as [`Face::image`] and [`TryOn::fit`].
pub fn trials(tryon: &TryOn, faces: &[Face], frames: &[Foreground], each: usize, seed: u64) -> Result<Vec<Trial>> {
    if faces.len() * frames.len() * each == 0 {
        let value = format!("{} faces, {} frames, {each} fits of each", faces.len(), frames.len());
        return Err(Error::Argument { name: "trials", value, expected: "at least one of each".into() });
    }
    let of_face = |(index, face): (usize, &Face)| -> Result<Vec<Trial>> {
        let mut rng = rng(seed, Stream::Trials(index));
        let target = face.target.ok_or_else(|| Error::Argument {
            name: "face",
            value: face.id.clone(),
            expected: "landmarks, to measure the anchor error".into(),
        })?;
        let image = face.image()?;
        // Where there is more of the photo, more of it is beside the face.
        let photo = face.photo()?;
        let (wide, wide_target) = photo.as_ref().map_or((&image, &target), |(photo, target)| (photo, target));
        let below = below(wide, wide_target)?;
        let mut trials = Vec::new();
        for k in 0..each {
            let frame = &frames[(index * each + k) % frames.len()];
            let drawn = Kind::ALL[(index + k) % Kind::ALL.len()];
            for situation in Situation::ALL {
                let (picture, target, start) = match situation {
                    Situation::Dropped => (&image, Some(&target), Spread::Dropped.draw(face, &target, &mut rng)?),
                    Situation::Twice => (&image, Some(&target), Spread::Twice.draw(face, &target, &mut rng)?),
                    Situation::Beside => (wide, Some(wide_target), beside(wide, wide_target, &mut rng)),
                    Situation::Outside => (wide, Some(wide_target), outside(wide, wide_target, &mut rng)),
                    Situation::Tiny => (&image, Some(&target), sized(&target, 0.1..0.35, &mut rng)),
                    Situation::Huge => (&image, Some(&target), sized(&target, 2.5..4.0, &mut rng)),
                    Situation::Drawn => {
                        let width = rng.random_range(200..600);
                        let picture = drawn.draw(&mut rng, width)?;
                        let start = anywhere(&picture, &mut rng);
                        trials.push(trial(tryon, situation, &picture, None, frame, start)?);
                        continue;
                    }
                    Situation::Below => match &below {
                        Some(below) => (below, None, anywhere(below, &mut rng)),
                        None => continue,
                    },
                };
                trials.push(trial(tryon, situation, picture, target, frame, start)?);
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
    picture: &Bitmap,
    target: Option<&Landmarks>,
    frame: &Foreground,
    start: Start,
) -> Result<Trial> {
    let fit = tryon.fit(picture.as_ref(), frame, &start.placement, None)?;
    let last = fit.homography(fit.updates().len())?;
    let on_frame = landmarks::apply(&glasses_to_canonical(frame).inverse()?, &GLASSES);
    let error = target.map(|target| landmarks::error(&landmarks::apply(&last, &on_frame), target));
    Ok(Trial { situation, fit, error })
}

fn start(x: f64, y: f64, width: f64, rotation: f64) -> Start {
    Start { placement: Placement { x, y, width: width.max(1.0), rotation }, params: [0.0; DIMENSION] }
}

fn anywhere(picture: &Bitmap, rng: &mut impl Rng) -> Start {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let share = rng.random_range(0.1..0.6);
    start(rng.random_range(0.0..width), rng.random_range(0.0..height), share * width, rng.random_range(-25.0..25.0))
}

fn beside(picture: &Bitmap, target: &Landmarks, rng: &mut impl Rng) -> Start {
    let (right, eyes) = (landmarks::placement(target), distance(target[0], target[1]));
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    loop {
        // The area is three eye distances wider than the picture, so there is always room.
        let x = rng.random_range(-1.5 * eyes..width + 1.5 * eyes).clamp(0.0, width);
        let y = rng.random_range(-1.5 * eyes..height + 1.5 * eyes).clamp(0.0, height);
        let size = right.width * rng.random_range(0.5..1.5);
        if (x - right.x).hypot(y - right.y) > 2.0 * eyes || eyes > 0.25 * width.min(height) && rng.random_bool(0.01) {
            return start(x, y, size, rng.random_range(-25.0..25.0));
        }
    }
}

fn outside(picture: &Bitmap, target: &Landmarks, rng: &mut impl Rng) -> Start {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
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

fn sized(target: &Landmarks, by: std::ops::Range<f64>, rng: &mut impl Rng) -> Start {
    let right = landmarks::placement(target);
    start(right.x, right.y, right.width * rng.random_range(by), right.rotation)
}

/// What a picture shows below its face: real pixels without a face.
pub(super) fn below(picture: &Bitmap, target: &Landmarks) -> Result<Option<Bitmap>> {
    let eyes = distance(target[0], target[1]);
    let top = (target[0][1].max(target[1][1]) + 2.4 * eyes).ceil().max(0.0) as u32;
    let height = picture.height().saturating_sub(top);
    if height < 48 {
        return Ok(None);
    }
    Ok(Some(picture.as_ref().crop(Rect { x: 0, y: top, width: picture.width(), height })?))
}
