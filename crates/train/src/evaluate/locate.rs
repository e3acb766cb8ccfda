//! Metrics of the face locator, and of fits that start from located faces.

use super::trials::below;
use super::{MAX_FOUND_ERROR, Summary};
use crate::address::{Stream, rng};
use crate::data::landmarks::{self, GLASSES, distance};
use crate::data::scenes::{Pasted, SceneSettings, Scenes};
use crate::data::{Dataset, Face};
use crate::{Error, Result};
use rand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;
use stgan::{Bitmap, LocatedFace, Locator, TryOn};
use stgan_synth::faceless::Kind;

/// The maximum mean pupil error, in inter-pupil distances, at which a face counts as located.
const MAX_PUPIL_ERROR: f64 = 0.25;
/// The side in pixels of the images into which faces are pasted.
const PASTED_SIZE: usize = 480;
/// The detection thresholds of the reported operating points.
const THRESHOLDS: [f64; 7] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/// Metrics of a face locator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocateReport {
    /// Whole photos of faces without glasses.
    pub photos: ImageGroup,
    /// Aligned images of faces without glasses, pasted anywhere into other images at 5 to 100 % of
    /// their width and a tilt of up to 35°.
    pub pasted: ImageGroup,
    /// Whole photos of people with glasses. Only pupils are measured.
    pub with_glasses: ImageGroup,
    /// False positives by kind of faceless image.
    pub faceless: Vec<FalsePositives>,
    /// The detection threshold of the weights file.
    pub threshold: f64,
    /// Precision, recall and false positive rate at several thresholds.
    pub operating_points: Vec<OperatingPoint>,
    /// Landmark errors of all fits on located faces: placed by the located pupils alone (a
    /// similarity), then after each update.
    pub updates: Vec<Summary>,
    /// The errors in `updates` for the 10 % of the faces that are turned furthest.
    pub updates_turned: Vec<Summary>,
}

/// Metrics of one kind of image with one face each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageGroup {
    /// The number of images.
    pub images: usize,
    /// The share of images whose best detection has a mean pupil error of at most 0.25 inter-pupil
    /// distances.
    pub located: f64,
    /// The mean pupil error of the located faces, in inter-pupil distances.
    pub pupil_error: Option<Summary>,
    /// The number of fits.
    pub fits: usize,
    /// The share of fits with a landmark error of at most 0.15. Fits of faces that are not located
    /// count as failures.
    pub found: f64,
    /// The landmark error after the fit of the faces that are located.
    pub landmark_error: Option<Summary>,
}

/// False positives on one kind of faceless image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FalsePositives {
    /// The kind of image.
    pub kind: String,
    /// The number of images.
    pub images: usize,
    /// The number of images with a detection.
    pub false_positives: usize,
}

/// The metrics at one detection threshold, over all images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// The minimum score of a detection.
    pub threshold: f64,
    /// The share of detections that are faces.
    pub precision: f64,
    /// The share of faces that are detected.
    pub recall: f64,
    /// The share of faceless images with a detection.
    pub false_positive_rate: f64,
}

/// The measurements of one image.
struct MeasuredImage {
    /// The score of every detection, at any threshold, and whether it is the face.
    scores: Vec<(f64, bool)>,
    /// The pupil error of the best detection above the threshold.
    pupil_error: Option<f64>,
    /// For each pair of glasses, the landmark errors as placed and after each update.
    errors: Vec<Vec<f64>>,
    fits: usize,
    turned: bool,
}

/// Measures the locator, and fits all glasses to the located faces.
///
/// Each face without glasses is measured in its whole photo and in `draws` pasted images. False
/// positives are counted on `faceless` synthetic images, and on the photos below the faces.
///
/// # Errors
/// [`Error::Argument`] if there is nothing to measure; the errors of [`Face::image`] and
/// [`TryOn::fit`].
pub fn located(
    tryon: &TryOn,
    locator: &Locator,
    dataset: &Dataset,
    glasses: &[Foreground],
    draws: usize,
    faceless: usize,
    seed: u64,
) -> Result<LocateReport> {
    let faces = dataset.without_glasses.faces();
    if faces.is_empty() || glasses.is_empty() || draws == 0 {
        let value = format!("{} faces, {} glasses, {draws} draws", faces.len(), glasses.len());
        return Err(Error::Argument { name: "evaluation", value, expected: "at least one of each".into() });
    }
    let limit = turned_limit(faces);
    let measure = |seen: &Pasted, glasses: &[Foreground]| measure(tryon, locator, seen, limit, glasses);
    let of_photos = |faces: &[Face], glasses: &[Foreground]| -> Result<Vec<MeasuredImage>> {
        let all = faces.par_iter().filter_map(|face| match in_photo(face) {
            Ok(photo) => photo.map(|seen| measure(&seen, glasses)),
            Err(error) => Some(Err(error)),
        });
        all.collect()
    };
    let photos = of_photos(faces, glasses)?;
    let with_glasses = of_photos(dataset.with_glasses.faces(), &[])?;

    let scenes = SceneSettings { people: 0, glasses: 0, faceless: 40, ..SceneSettings::default() };
    let scenes = Scenes::new(dataset, false, &scenes, seed ^ 0x5eed)?;
    let pasted: Vec<MeasuredImage> = (0..scenes.faces_without_glasses() * draws)
        .into_par_iter()
        .map(|i| {
            let mut rng = rng(seed, Stream::Pasted(i));
            measure(&scenes.pasted(i / draws, PASTED_SIZE, &mut rng)?, glasses)
        })
        .collect::<Result<_>>()?;

    let negatives = negatives(locator, faces, faceless, seed)?;
    let measured: Vec<&MeasuredImage> = photos.iter().chain(&pasted).chain(&with_glasses).collect();
    let updates = |turned: bool| -> Vec<Summary> {
        let fits = || measured.iter().filter(|image| image.turned || !turned).flat_map(|image| &image.errors);
        let count = fits().map(Vec::len).min().unwrap_or(0);
        (0..count).filter_map(|update| Summary::of_some(fits().map(|errors| errors[update]).collect())).collect()
    };
    Ok(LocateReport {
        photos: group(&photos),
        pasted: group(&pasted),
        with_glasses: group(&with_glasses),
        faceless: kinds(&negatives, locator.threshold()),
        threshold: locator.threshold(),
        operating_points: operating_points(&measured, &negatives, locator.threshold()),
        updates: updates(false),
        updates_turned: updates(true),
    })
}

/// The kind of each faceless image, and the highest score in it.
fn negatives(locator: &Locator, faces: &[Face], faceless: usize, seed: u64) -> Result<Vec<(String, f64)>> {
    let mut negatives: Vec<(String, f64)> = (0..faceless)
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
    negatives.extend(below);
    Ok(negatives)
}

/// The operating points at [`THRESHOLDS`] and at the threshold of the weights file, `own`.
fn operating_points(measured: &[&MeasuredImage], negatives: &[(String, f64)], own: f64) -> Vec<OperatingPoint> {
    let mut thresholds: Vec<f64> = THRESHOLDS.to_vec();
    thresholds.push(own);
    thresholds.sort_by(f64::total_cmp);
    let point = |threshold: f64| {
        let count = |face: bool| {
            let scores = measured.iter().flat_map(|image| &image.scores);
            scores.filter(|(score, is_face)| *score >= threshold && *is_face == face).count() as f64
        };
        let on_negatives = negatives.iter().filter(|(_, score)| *score >= threshold).count() as f64;
        let (right, wrong) = (count(true), count(false) + on_negatives);
        OperatingPoint {
            threshold,
            precision: right / (right + wrong).max(1.0),
            recall: right / measured.len() as f64,
            false_positive_rate: on_negatives / (negatives.len().max(1)) as f64,
        }
    };
    thresholds.into_iter().map(point).collect()
}

/// Counts false positives by kind of image, in order of first occurrence.
fn kinds(negatives: &[(String, f64)], threshold: f64) -> Vec<FalsePositives> {
    let mut kinds: Vec<FalsePositives> = Vec::new();
    for (kind, score) in negatives {
        let detected = usize::from(*score >= threshold);
        match kinds.iter_mut().find(|k| k.kind == *kind) {
            Some(k) => (k.images, k.false_positives) = (k.images + 1, k.false_positives + detected),
            None => kinds.push(FalsePositives { kind: kind.clone(), images: 1, false_positives: detected }),
        }
    }
    kinds
}

/// The 90th percentile of the head turns: the minimum of the 10 % that are turned furthest.
fn turned_limit(faces: &[Face]) -> f64 {
    let mut turns: Vec<f64> = faces.iter().map(|face| face.turn().unwrap_or(0.0)).collect();
    turns.sort_by(f64::total_cmp);
    turns.get((0.9 * turns.len() as f64) as usize).copied().unwrap_or(f64::INFINITY)
}

/// A face in its whole photo. None if the data set has no photo or no landmarks.
fn in_photo(face: &Face) -> Result<Option<Pasted>> {
    let turn = face.turn().unwrap_or(0.0);
    let Some((image, target)) = face.photo()? else { return Ok(None) };
    let reference = face.reference().zip(face.full_photo.as_ref());
    let reference = reference.map_or(target, |(points, photo)| landmarks::apply(&photo.from_aligned, points));
    Ok(Some(Pasted { image, target, reference, turn }))
}

fn measure(
    tryon: &TryOn,
    locator: &Locator,
    Pasted { image, target, reference, turn }: &Pasted,
    limit: f64,
    glasses: &[Foreground],
) -> Result<MeasuredImage> {
    let eyes = distance(target[0], target[1]);
    let off =
        |face: &LocatedFace| 0.5 * (distance(face.pupils[0], target[0]) + distance(face.pupils[1], target[1])) / eyes;
    let scores: Vec<(f64, bool)> = locator
        .locate_in(&image.as_ref(), 0.0)?
        .iter()
        .map(|face| (face.score, off(face) <= MAX_PUPIL_ERROR))
        .collect();
    // As for a user: the best detection above the threshold, if there is one.
    let best = locator.locate(image.as_ref())?.into_iter().next();
    let errors = match &best {
        Some(face) => {
            let errors = |pair: &Foreground| -> Result<Vec<f64>> {
                let fit = tryon.fit(image.as_ref(), pair, &face.placement(), None)?;
                let on_glasses = landmarks::apply(&glasses_to_canonical(pair).inverse()?, &GLASSES);
                (0..=fit.updates().len())
                    .map(|k| Ok(landmarks::error(&landmarks::apply(&fit.homography(k)?, &on_glasses), reference)))
                    .collect()
            };
            glasses.iter().map(errors).collect::<Result<_>>()?
        }
        None => Vec::new(),
    };
    Ok(MeasuredImage {
        scores,
        pupil_error: best.as_ref().map(off),
        errors,
        fits: glasses.len(),
        turned: *turn >= limit,
    })
}

fn group(measured: &[MeasuredImage]) -> ImageGroup {
    let pupils = measured.iter().filter_map(|image| image.pupil_error).filter(|error| *error <= MAX_PUPIL_ERROR);
    let pupils: Vec<f64> = pupils.collect();
    let last: Vec<f64> =
        measured.iter().flat_map(|image| &image.errors).filter_map(|errors| errors.last().copied()).collect();
    let fits: usize = measured.iter().map(|image| image.fits).sum();
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    ImageGroup {
        images: measured.len(),
        located: share(pupils.len(), measured.len()),
        fits,
        found: share(last.iter().filter(|error| **error <= MAX_FOUND_ERROR).count(), fits),
        pupil_error: Summary::of_some(pupils),
        landmark_error: Summary::of_some(last),
    }
}

/// The highest score of any detection in an image; 0 if there is none.
fn highest(locator: &Locator, image: &Bitmap) -> Result<f64> {
    Ok(locator.locate_in(&image.as_ref(), 0.0)?.iter().map(|face| face.score).fold(0.0, f64::max))
}

/// The part of a whole photo below the face: real pixels without a face.
fn below_the_face(face: &Face) -> Result<Option<Bitmap>> {
    face.photo()?.map_or(Ok(None), |(photo, target)| below(&photo, &target))
}
