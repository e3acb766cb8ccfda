//! Jitter and latency of tracking, measured on rendered video clips with known pupils.
//!
//! Lens centres are expressed relative to the pupils, in inter-pupil distances, so that motion of
//! the head cancels out. On a still clip with camera noise, the remaining motion is jitter. On a
//! clip in which the head moves along a circle at one inter-pupil distance per second, the mean
//! offset along the direction of motion is latency: constant offsets cancel over a full circle.

use crate::{Error, Result};
use rayon::prelude::*;
use serde::Serialize;
use stgan::compose::Foreground;
use stgan::{FaceDetector, TrackSettings, TrackedFace, Tracker, TryOn};
use stgan_portraits::{Clip, Motion, Portrait};

/// The video and the number of updates of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Conditions {
    /// The width of the video in pixels.
    pub width: u32,
    /// The height of the video in pixels.
    pub height: u32,
    /// Video frames per second, 1 to 1000.
    pub fps: f64,
    /// The standard deviation of the camera noise in grey levels of 255, 0 to 64.
    pub noise: f64,
    /// The number of updates per video frame.
    pub updates: usize,
}

/// Mean and maximum over all portraits and glasses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanWorst {
    /// The mean.
    pub mean: f64,
    /// The maximum.
    pub worst: f64,
}

/// Jitter and latency over all portraits and glasses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrackingReport {
    /// The conditions of the measurement.
    pub conditions: Conditions,
    /// The number of portraits.
    pub portraits: usize,
    /// The number of pairs of glasses.
    pub glasses: usize,
    /// The inter-pupil distance in pixels.
    pub inter_pupil_distance: f64,
    /// The jitter on the still clip: the root mean square distance of the lens centres from their
    /// mean position, in inter-pupil distances.
    pub jitter: MeanWorst,
    /// The jitter without temporal smoothing.
    pub jitter_unsmoothed: MeanWorst,
    /// The latency on the moving clip: the mean distance of the lens centres behind the pupils, in
    /// inter-pupil distances. At one inter-pupil distance per second this equals seconds.
    pub latency: MeanWorst,
    /// The latency without temporal smoothing.
    pub latency_unsmoothed: MeanWorst,
}

/// The start of the still clip that is ignored while the fit converges, in seconds.
const WARM_UP: f64 = 1.0;
/// The measured part of the still clip, in seconds.
const MEASURED: f64 = 3.0;

/// Tracks each portrait with all glasses, on a still and on a moving clip.
///
/// # Errors
/// [`Error::Argument`] if there is nothing to track, if a face is not detected or lost, or if a
/// condition is out of range; the errors of [`Clip::new`] and [`Tracker::advance`].
pub fn jitter_and_latency<F: FaceDetector + Clone + Sync>(
    tryon: &TryOn,
    detector: &F,
    settings: &TrackSettings,
    portraits: &[Portrait],
    glasses: &[Foreground],
    conditions: &Conditions,
) -> Result<TrackingReport> {
    check(portraits, glasses, conditions)?;
    let Conditions { width, height, fps, noise, updates } = *conditions;
    // This practically disables smoothing: α rounds to 1.
    let mut unsmoothed = *settings;
    unsmoothed.smoothing.min_cutoff = 1e9;

    let mut all = [const { Vec::new() }; 4];
    let mut inter_pupil_distance = 0.0;
    for portrait in portraits {
        for (kind, motion) in [Motion::Still, Motion::Circle].into_iter().enumerate() {
            let clip = Clip::new(portrait, width, height, motion)?;
            inter_pupil_distance = clip.inter_pupil_distance();
            // One full circle to converge, then one to measure.
            let (warm_up, length) = match motion {
                Motion::Circle => (clip.duration(), clip.duration()),
                _ => (WARM_UP, MEASURED),
            };
            let video: Vec<_> = (0..((warm_up + length) * fps) as u32)
                .map(|k| f64::from(k) / fps)
                .map(|time| (time, clip.video_frame(time, noise)))
                .collect();
            let track = |(pair, settings): (&Foreground, &TrackSettings)| -> Result<f64> {
                let mut tracker = Tracker::new(tryon.clone(), detector.clone(), pair.clone(), *settings)?;
                let mut course = Vec::new();
                for (time, image) in &video {
                    let faces = tracker.advance(&image.as_ref(), *time, updates)?;
                    let face = faces.first().ok_or_else(|| Error::Argument {
                        name: "portrait",
                        value: format!("{} at {time:.2} s", portrait.id),
                        expected: "a face that is detected and tracked to the end of the clip".into(),
                    })?;
                    if *time >= warm_up {
                        course.push(offsets(face, &clip, *time));
                    }
                }
                Ok(if motion == Motion::Circle { latency(&course, &clip, warm_up, fps) } else { jitter(&course) })
            };
            for (filter, settings) in [settings, &unsmoothed].into_iter().enumerate() {
                let found = glasses.par_iter().map(|pair| track((pair, settings))).collect::<Result<Vec<_>>>()?;
                all[2 * kind + filter].extend(found);
            }
        }
    }
    let [jitter, jitter_unsmoothed, latency, latency_unsmoothed] = all.map(|values| MeanWorst {
        mean: values.iter().sum::<f64>() / values.len() as f64,
        worst: values.iter().copied().fold(0.0, f64::max),
    });
    Ok(TrackingReport {
        conditions: *conditions,
        portraits: portraits.len(),
        glasses: glasses.len(),
        inter_pupil_distance,
        jitter,
        jitter_unsmoothed,
        latency,
        latency_unsmoothed,
    })
}

fn check(portraits: &[Portrait], glasses: &[Foreground], conditions: &Conditions) -> Result<()> {
    let check = |name, fine: bool, value: String, expected: &str| match fine {
        true => Ok(()),
        false => Err(Error::Argument { name, value, expected: expected.into() }),
    };
    let Conditions { fps, noise, .. } = *conditions;
    check("fps", (1.0..=1000.0).contains(&fps), fps.to_string(), "1 to 1000 video frames per second")?;
    check("noise", (0.0..=64.0).contains(&noise), noise.to_string(), "0 to 64 grey levels")?;
    let count = format!("{} portraits, {} glasses", portraits.len(), glasses.len());
    check("evaluation", !portraits.is_empty() && !glasses.is_empty(), count, "at least one of each")
}

/// The lens centres relative to the pupils, in inter-pupil distances.
fn offsets(face: &TrackedFace, clip: &Clip, time: f64) -> [[f64; 2]; 2] {
    let pupils = clip.pupils(time);
    let unit = clip.inter_pupil_distance();
    [0, 1].map(|side| [0, 1].map(|axis| (face.lens_centres[side][axis] - pupils[side][axis]) / unit))
}

fn mean(course: &[[[f64; 2]; 2]]) -> [[f64; 2]; 2] {
    let count = course.len().max(1) as f64;
    [0, 1].map(|side| [0, 1].map(|axis| course.iter().map(|at| at[side][axis]).sum::<f64>() / count))
}

/// The root mean square distance of both lens centres from their mean position.
fn jitter(course: &[[[f64; 2]; 2]]) -> f64 {
    let middle = mean(course);
    let squares = course.iter().flat_map(|at| {
        [0, 1].map(|side| (at[side][0] - middle[side][0]).powi(2) + (at[side][1] - middle[side][1]).powi(2))
    });
    (squares.sum::<f64>() / (2 * course.len().max(1)) as f64).sqrt()
}

/// The mean distance of both lens centres behind the pupils, along the direction of motion.
fn latency(course: &[[[f64; 2]; 2]], clip: &Clip, start: f64, fps: f64) -> f64 {
    /// Half the time step of the numerical derivative, in seconds.
    const HALF_STEP: f64 = 1e-3;
    let middle = mean(course);
    let first = (start * fps).ceil();
    let behind = course.iter().enumerate().map(|(k, at)| {
        let time = (first + k as f64) / fps;
        let (before, after) = (clip.pupils(time - HALF_STEP)[0], clip.pupils(time + HALF_STEP)[0]);
        let way = [after[0] - before[0], after[1] - before[1]];
        let length = way[0].hypot(way[1]);
        let along = |side: usize| {
            ((at[side][0] - middle[side][0]) * way[0] + (at[side][1] - middle[side][1]) * way[1]) / length
        };
        -0.5 * (along(0) + along(1))
    });
    behind.sum::<f64>() / course.len().max(1) as f64
}
