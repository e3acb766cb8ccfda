//! How steadily and how promptly frames follow faces, measured on clips that the project draws itself.
//!
//! Lens centres are told relative to the pupils, in eye distances, so that motion that is followed is no motion. On a still
//! clip with camera noise what is left is trembling. On a clip that goes round at one eye distance a second, what is left
//! along the way is lag: constant errors cancel over a turn.

use crate::{Error, Result};
use rayon::prelude::*;
use serde::Serialize;
use stgan::compose::Foreground;
use stgan::{FaceDetector, TrackSettings, TrackedFace, Tracker, TryOn};
use stgan_portraits::{Clip, Motion, Portrait};

/// What is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Conditions {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures a second.
    pub rate: f64,
    /// Standard deviation of the camera's noise, of 255.
    pub noise: f64,
    /// Updates a picture.
    pub steps: usize,
}

/// Of all portraits and frames, the mean and the worst.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub worst: f64,
}

/// What the clips showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Under which conditions.
    pub conditions: Conditions,
    /// The number of portraits.
    pub portraits: usize,
    /// The number of glasses.
    pub frames: usize,
    /// The eye distance in pixels.
    pub eye_distance: f64,
    /// Root mean square of how far lens centres are from where they are on average, in eye distances, on the still clip;
    /// also as the networks answer, without the filter.
    pub tremble: Figures,
    /// The same without the filter.
    pub tremble_raw: Figures,
    /// How far lens centres are behind on the clip that moves by one eye distance a second, in eye distances; also without
    /// the filter.
    pub lag: Figures,
    /// The same without the filter.
    pub lag_raw: Figures,
}

/// Seconds at the beginning of the still clip that do not count: the fit settles.
const SETTLING: f64 = 1.0;
/// Seconds of the still clip that do.
const MEASURED: f64 = 3.0;

/// Follows each portrait with each frame, on both clips.
///
/// # Errors
/// [`Error::Argument`] where there is nothing to follow, a portrait is not found or gets lost, or for conditions outside of
/// their ranges; otherwise as [`Clip::new`] and [`Tracker::advance`].
pub fn steadiness<F: FaceDetector + Clone + Sync>(
    tryon: &TryOn,
    detector: &F,
    settings: &TrackSettings,
    portraits: &[Portrait],
    frames: &[Foreground],
    conditions: &Conditions,
) -> Result<Report> {
    check(portraits, frames, conditions)?;
    let Conditions { width, height, rate, noise, steps } = *conditions;
    // As good as none: α is 1 to the last digits.
    let mut raw = *settings;
    raw.smoothing.min_cutoff = 1e9;

    let mut all = [const { Vec::new() }; 4];
    let mut eye_distance = 0.0;
    for portrait in portraits {
        for (kind, motion) in [Motion::Still, Motion::Circle].into_iter().enumerate() {
            let clip = Clip::new(portrait, width, height, motion)?;
            eye_distance = clip.eye_distance();
            // Whole turns, after one on which the fit settles.
            let (settling, length) = match motion {
                Motion::Circle => (clip.duration(), clip.duration()),
                _ => (SETTLING, MEASURED),
            };
            let pictures: Vec<_> = (0..((settling + length) * rate) as u32)
                .map(|k| f64::from(k) / rate)
                .map(|time| (time, clip.picture(time, noise)))
                .collect();
            let follow = |(frame, settings): (&Foreground, &TrackSettings)| -> Result<f64> {
                let mut tracker = Tracker::new(tryon.clone(), detector.clone(), frame.clone(), *settings)?;
                let mut course = Vec::new();
                for (time, picture) in &pictures {
                    let faces = tracker.advance(&picture.as_ref(), *time, steps)?;
                    let face = faces.first().ok_or_else(|| Error::Argument {
                        name: "portrait",
                        value: format!("{} at {time:.2} s", portrait.id),
                        expected: "a face that is found and kept".into(),
                    })?;
                    if *time >= settling {
                        course.push(offsets(face, &clip, *time));
                    }
                }
                Ok(if motion == Motion::Circle { lag(&course, &clip, settling, rate) } else { tremble(&course) })
            };
            for (filter, settings) in [settings, &raw].into_iter().enumerate() {
                let found = frames.par_iter().map(|frame| follow((frame, settings))).collect::<Result<Vec<_>>>()?;
                all[2 * kind + filter].extend(found);
            }
        }
    }
    let [tremble, tremble_raw, lag, lag_raw] = all.map(|values| Figures {
        mean: values.iter().sum::<f64>() / values.len() as f64,
        worst: values.iter().copied().fold(0.0, f64::max),
    });
    let (portraits, frames) = (portraits.len(), frames.len());
    Ok(Report { conditions: *conditions, portraits, frames, eye_distance, tremble, tremble_raw, lag, lag_raw })
}

fn check(portraits: &[Portrait], frames: &[Foreground], conditions: &Conditions) -> Result<()> {
    let check = |name, fine: bool, value: String, expected: &str| match fine {
        true => Ok(()),
        false => Err(Error::Argument { name, value, expected: expected.into() }),
    };
    let Conditions { rate, noise, .. } = *conditions;
    check("rate", (1.0..=1000.0).contains(&rate), rate.to_string(), "1 to 1000 pictures a second")?;
    check("noise", (0.0..=64.0).contains(&noise), noise.to_string(), "0 to 64")?;
    let count = format!("{} portraits, {} frames", portraits.len(), frames.len());
    check("evaluation", !portraits.is_empty() && !frames.is_empty(), count, "at least one of each")
}

/// Lens centres relative to the pupils, in eye distances.
fn offsets(face: &TrackedFace, clip: &Clip, time: f64) -> [[f64; 2]; 2] {
    let pupils = clip.eyes(time);
    [0, 1].map(|side| [0, 1].map(|axis| (face.lens_centres[side][axis] - pupils[side][axis]) / clip.eye_distance()))
}

fn mean(course: &[[[f64; 2]; 2]]) -> [[f64; 2]; 2] {
    let count = course.len().max(1) as f64;
    [0, 1].map(|side| [0, 1].map(|axis| course.iter().map(|at| at[side][axis]).sum::<f64>() / count))
}

fn tremble(course: &[[[f64; 2]; 2]]) -> f64 {
    let middle = mean(course);
    let squares = course.iter().flat_map(|at| {
        [0, 1].map(|side| (at[side][0] - middle[side][0]).powi(2) + (at[side][1] - middle[side][1]).powi(2))
    });
    (squares.sum::<f64>() / (2 * course.len().max(1)) as f64).sqrt()
}

/// The mean of how far both lens centres are behind, along the direction of motion.
fn lag(course: &[[[f64; 2]; 2]], clip: &Clip, start: f64, rate: f64) -> f64 {
    const MOMENT: f64 = 1e-3;
    let middle = mean(course);
    let first = (start * rate).ceil();
    let behind = course.iter().enumerate().map(|(k, at)| {
        let time = (first + k as f64) / rate;
        let (before, after) = (clip.eyes(time - MOMENT)[0], clip.eyes(time + MOMENT)[0]);
        let way = [after[0] - before[0], after[1] - before[1]];
        let length = way[0].hypot(way[1]);
        let along = |side: usize| {
            ((at[side][0] - middle[side][0]) * way[0] + (at[side][1] - middle[side][1]) * way[1]) / length
        };
        -0.5 * (along(0) + along(1))
    });
    behind.sum::<f64>() / course.len().max(1) as f64
}
