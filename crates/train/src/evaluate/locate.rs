//! How well faces are found, and what the generators add to it.

use super::trials::below;
use super::{FOUND, Summary};
use crate::address::{Stream, rng};
use crate::data::landmarks::{self, GLASSES, Landmarks, distance};
use crate::data::scenes::{SceneSettings, Scenes};
use crate::data::{Dataset, Face};
use crate::{Error, Result};
use rand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;
use stgan::{Bitmap, LocatedFace, Locator, TryOn};
use stgan_synth::faceless::Kind;

/// Pupils are found where their mean error is at most this.
const NEAR: f64 = 0.25;
/// Pixels of a side of the pictures that faces are pasted into.
const PASTED: usize = 480;
const THRESHOLDS: [f64; 7] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocateReport {
    /// Whole photos of bare faces.
    pub photos: Group,
    /// Bare faces, aligned images cut out and pasted anywhere: 5 to 100 % of the width, tilted by up to 35°.
    pub pasted: Group,
    /// Whole photos of people who wear glasses: pupils only.
    pub wearers: Group,
    /// Images without a face.
    pub faceless: Vec<Alarms>,
    /// The threshold of the weights file.
    pub threshold: f64,
    /// What other thresholds would give.
    pub thresholds: Vec<Threshold>,
    /// Anchor errors of all fits on located faces: after the located pupils alone (a similarity), and after each update.
    pub all: Vec<Summary>,
    /// The same of the tenth of the faces that is turned furthest.
    pub turned: Vec<Summary>,
}

/// One kind of picture with one face.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The number of images.
    pub pictures: usize,
    /// The share in which the best of what is located has its pupils where the face has them, within 0.25 eye distances.
    pub located: f64,
    /// Of those, the mean error of the pupils in eye distances.
    pub pupils: Option<Summary>,
    /// The number of fits.
    pub fits: usize,
    /// The share of all fits (a face that is not located has missed all of its own) whose anchor error is at most 0.15.
    pub found: f64,
    /// Anchor errors after the fit, where something was located.
    pub anchors: Option<Summary>,
}

/// Pictures without a face.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarms {
    /// The kind of images.
    pub kind: String,
    /// The number of images.
    pub pictures: usize,
    /// The number that raised an alarm.
    pub alarms: usize,
}

/// What another threshold would give on all of these pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The score from which something counts as a face.
    pub threshold: f64,
    /// The share of detections that are faces.
    pub precision: f64,
    /// The share of faces that are detected.
    pub recall: f64,
    /// Of the faceless pictures, the share with an alarm.
    pub alarms: f64,
}

/// What was located in one picture, whatever the score, and whether each is the face.
struct Looked {
    scores: Vec<(f64, bool)>,
    pupils: Option<f64>,
    /// Of each frame, the anchor errors of all steps.
    errors: Vec<Vec<f64>>,
    fits: usize,
    turned: bool,
}

/// Locates and fits: every frame on every face of `dataset.without_glasses`, `draws` pasted pictures of each, `faceless` pictures without one.
///
/// # Errors
/// [`Error::Argument`] where there is nothing to look at; otherwise as [`Face::image`] and [`TryOn::fit`].
pub fn located(
    tryon: &TryOn,
    locator: &Locator,
    dataset: &Dataset,
    frames: &[Foreground],
    draws: usize,
    faceless: usize,
    seed: u64,
) -> Result<LocateReport> {
    let faces = dataset.without_glasses.faces();
    if faces.is_empty() || frames.is_empty() || draws == 0 {
        let value = format!("{} faces, {} frames, {draws} draws", faces.len(), frames.len());
        return Err(Error::Argument { name: "evaluation", value, expected: "at least one of each".into() });
    }
    let limit = turned_limit(faces);
    let turned = |face: &Face| face.turn().is_some_and(|turn| turn >= limit);
    let look = |image: &Bitmap, target: &Landmarks, turned: bool, frames: &[Foreground]| -> Result<Looked> {
        look(tryon, locator, image, target, turned, frames)
    };
    let of_photos = |faces: &[Face], frames: &[Foreground]| -> Result<Vec<Looked>> {
        let all = faces.par_iter().filter_map(|face| match face.photo() {
            Ok(photo) => photo.map(|(image, target)| look(&image, &target, turned(face), frames)),
            Err(error) => Some(Err(error)),
        });
        all.collect()
    };
    let photos = of_photos(faces, frames)?;
    let wearers = of_photos(dataset.with_glasses.faces(), &[])?;

    let scenes = SceneSettings { people: 0, glasses: 0, faceless: 40, ..SceneSettings::default() };
    let scenes = Scenes::new(dataset, false, &scenes, seed ^ 0x5eed)?;
    let pasted: Vec<Looked> = (0..scenes.faces_without_glasses() * draws)
        .into_par_iter()
        .map(|i| {
            let mut rng = rng(seed, Stream::Pasted(i));
            let (image, target, turn) = scenes.pasted(i / draws, PASTED, &mut rng)?;
            look(&image, &target, turn >= limit, frames)
        })
        .collect::<Result<_>>()?;

    let alarms = alarms(locator, faces, faceless, seed)?;
    let looked: Vec<&Looked> = photos.iter().chain(&pasted).chain(&wearers).collect();
    let steps = |turned: bool| -> Vec<Summary> {
        let fits = || looked.iter().filter(|l| l.turned || !turned).flat_map(|l| &l.errors);
        let count = fits().map(Vec::len).min().unwrap_or(0);
        (0..count).filter_map(|step| Summary::of_some(fits().map(|errors| errors[step]).collect())).collect()
    };
    Ok(LocateReport {
        photos: group(&photos),
        pasted: group(&pasted),
        wearers: group(&wearers),
        faceless: kinds(&alarms, locator.threshold()),
        threshold: locator.threshold(),
        thresholds: thresholds(&looked, &alarms, locator.threshold()),
        all: steps(false),
        turned: steps(true),
    })
}

/// The highest score in each picture without a face, with the kind of picture.
fn alarms(locator: &Locator, faces: &[Face], faceless: usize, seed: u64) -> Result<Vec<(String, f64)>> {
    let mut alarms: Vec<(String, f64)> = (0..faceless)
        .into_par_iter()
        .map(|i| {
            let mut rng = rng(seed, Stream::Faceless(i));
            let kind = Kind::ALL[i % Kind::ALL.len()];
            let width = rng.random_range(200..800);
            let image = kind.draw(&mut rng, width)?;
            Ok((kind.name().to_owned(), highest(locator, &image)?))
        })
        .collect::<Result<_>>()?;
    let below: Vec<(String, f64)> = faces
        .par_iter()
        .filter_map(|face| below_the_face(face).transpose())
        .map(|image| Ok(("photos below the face".to_owned(), highest(locator, &image?)?)))
        .collect::<Result<_>>()?;
    alarms.extend(below);
    Ok(alarms)
}

/// What other thresholds would give, and that of the weights file.
fn thresholds(looked: &[&Looked], alarms: &[(String, f64)], own: f64) -> Vec<Threshold> {
    let mut thresholds: Vec<f64> = THRESHOLDS.to_vec();
    thresholds.push(own);
    thresholds.sort_by(f64::total_cmp);
    let threshold = |threshold: f64| {
        let count = |right: bool| {
            let scores = looked.iter().flat_map(|l| &l.scores);
            scores.filter(|(score, is_face)| *score >= threshold && *is_face == right).count() as f64
        };
        let raised = alarms.iter().filter(|(_, score)| *score >= threshold).count() as f64;
        let (right, wrong) = (count(true), count(false) + raised);
        Threshold {
            threshold,
            precision: right / (right + wrong).max(1.0),
            recall: right / looked.len() as f64,
            alarms: raised / (alarms.len().max(1)) as f64,
        }
    };
    thresholds.into_iter().map(threshold).collect()
}

/// How many pictures of each kind raise an alarm, in the order in which the kinds come.
fn kinds(alarms: &[(String, f64)], threshold: f64) -> Vec<Alarms> {
    let mut kinds: Vec<Alarms> = Vec::new();
    for (kind, score) in alarms {
        let raised = usize::from(*score >= threshold);
        match kinds.iter_mut().find(|k| k.kind == *kind) {
            Some(k) => (k.pictures, k.alarms) = (k.pictures + 1, k.alarms + raised),
            None => kinds.push(Alarms { kind: kind.clone(), pictures: 1, alarms: raised }),
        }
    }
    kinds
}

/// From what turn on a face is among the tenth that is turned furthest.
fn turned_limit(faces: &[Face]) -> f64 {
    let mut turns: Vec<f64> = faces.iter().map(|face| face.turn().unwrap_or(0.0)).collect();
    turns.sort_by(f64::total_cmp);
    turns.get((0.9 * turns.len() as f64) as usize).copied().unwrap_or(f64::INFINITY)
}

fn look(
    tryon: &TryOn,
    locator: &Locator,
    image: &Bitmap,
    target: &Landmarks,
    turned: bool,
    frames: &[Foreground],
) -> Result<Looked> {
    let eyes = distance(target[0], target[1]);
    let off =
        |face: &LocatedFace| 0.5 * (distance(face.pupils[0], target[0]) + distance(face.pupils[1], target[1])) / eyes;
    let scores: Vec<(f64, bool)> =
        locator.locate_in(&image.as_ref(), 0.0)?.iter().map(|face| (face.score, off(face) <= NEAR)).collect();
    // What a user gets: the best, and none where none is sure enough.
    let best = locator.locate(image.as_ref())?.into_iter().next();
    let errors = match &best {
        Some(face) => {
            let of_frame = |frame: &Foreground| -> Result<Vec<f64>> {
                let fit = tryon.fit(image.as_ref(), frame, &face.placement(), None)?;
                let on_frame = landmarks::apply(&glasses_to_canonical(frame).inverse()?, &GLASSES);
                (0..=fit.updates().len())
                    .map(|k| Ok(landmarks::error(&landmarks::apply(&fit.homography(k)?, &on_frame), target)))
                    .collect()
            };
            frames.iter().map(of_frame).collect::<Result<_>>()?
        }
        None => Vec::new(),
    };
    Ok(Looked { scores, pupils: best.as_ref().map(off), errors, fits: frames.len(), turned })
}

fn group(looked: &[Looked]) -> Group {
    let pupils: Vec<f64> = looked.iter().filter_map(|l| l.pupils).filter(|off| *off <= NEAR).collect();
    let last: Vec<f64> = looked.iter().flat_map(|l| &l.errors).filter_map(|errors| errors.last().copied()).collect();
    let fits: usize = looked.iter().map(|l| l.fits).sum();
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    Group {
        pictures: looked.len(),
        located: share(pupils.len(), looked.len()),
        fits,
        found: share(last.iter().filter(|error| **error <= FOUND).count(), fits),
        pupils: Summary::of_some(pupils),
        anchors: Summary::of_some(last),
    }
}

fn highest(locator: &Locator, image: &Bitmap) -> Result<f64> {
    Ok(locator.locate_in(&image.as_ref(), 0.0)?.iter().map(|face| face.score).fold(0.0, f64::max))
}

/// What a whole photo shows below its face: real pixels without a face.
fn below_the_face(face: &Face) -> Result<Option<Bitmap>> {
    face.photo()?.map_or(Ok(None), |(photo, target)| below(&photo, &target))
}
