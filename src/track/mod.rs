//! Tracking: keeps glasses on the faces of a video.
//!
//! ```text
//!     video frame ──> no face tracked, or a search is due? detect faces ──┐
//!         │                                                               v
//!         └──> refine each tracked face ──> pose in the last video frame ──> updates ──> pose
//!                                                      ^                                  │
//!                                                      ├──────────────────────────────────┤
//!                                                                                         v
//!                                                     homography, smoothed <── 1€ filter ─┘
//! ```
//!
//! Each fit starts from the pose in the last video frame. The view is cut around that pose, so p
//! starts at 0. Only the reported homography is smoothed; the next fit starts from the raw pose.
//!
//! Time is an argument, in seconds of any clock. Tracking is deterministic: the same video frames
//! at the same times give the same results.

mod face;
mod smooth;

pub use face::TrackedFace;
pub use smooth::{OneEuro, Smoothing};

use crate::compose::Foreground;
use crate::locate::{LocatedFace, Locator, Photo};
use crate::model::Task;
use crate::pose::{Placement, RealWidth};
use crate::tryon::{MAX_UPDATES, TryOn};
use crate::{Error, Result};
use face::Face;

/// The maximum number of faces tracked at once.
pub const MAX_PEOPLE: usize = 16;

/// Detects faces for a [`Tracker`]. [`Locator`] is the library's own implementation.
pub trait FaceDetector {
    /// Detects all faces in an image, best first. An image without faces gives an empty list.
    ///
    /// # Errors
    /// The errors of reading the image.
    fn detect<P: Photo>(&self, image: &P) -> Result<Vec<LocatedFace>, P::Error>;

    /// Finds a face again near its last known placement; `None` if it is gone.
    ///
    /// It must be fast: a tracker calls it for each tracked face.
    ///
    /// # Errors
    /// The errors of reading the image.
    fn refine<P: Photo>(&self, image: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error>;
}

impl FaceDetector for Locator {
    fn detect<P: Photo>(&self, image: &P) -> Result<Vec<LocatedFace>, P::Error> {
        self.locate_large_in(image)
    }

    fn refine<P: Photo>(&self, image: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error> {
        self.refine_in(image, near)
    }
}

/// The settings of a [`Tracker`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrackSettings {
    /// The maximum number of faces to track, 1 to [`MAX_PEOPLE`].
    pub people: usize,
    /// The filter of the reported pose. Its unit of length is the lens distance.
    pub smoothing: Smoothing,
    /// The number of video frames from one refinement of a face to the next. At least 1.
    pub refine_every: u32,
    /// The number of consecutive refinements without a face after which it is lost. At least 1.
    pub patience: u32,
    /// The seconds between searches for more faces while at least one is tracked. At least 0.
    pub search_every: f64,
    /// The maximum time between two video frames, in seconds. After a longer gap, tracking
    /// restarts. Above 0.
    pub max_gap: f64,
}

impl Default for TrackSettings {
    fn default() -> Self {
        Self {
            people: 1,
            smoothing: Smoothing { min_cutoff: 1.0, beta: 10.0, derivative_cutoff: 1.0 },
            refine_every: 1,
            patience: 2,
            search_every: 0.5,
            max_gap: 1.0,
        }
    }
}

/// Tracks faces through a video and fits a pair of glasses to each.
#[derive(Clone, Debug)]
pub struct Tracker<F = Locator> {
    tryon: TryOn,
    detector: F,
    glasses: Foreground,
    width: Option<RealWidth>,
    settings: TrackSettings,
    /// The longest tracked first.
    faces: Vec<Face>,
    /// The id of the next face.
    next_id: u32,
    /// Size and time of the last video frame.
    last: Option<((u32, u32), f64)>,
    /// The time of the last search.
    searched: f64,
}

impl<F: FaceDetector> Tracker<F> {
    /// Creates a tracker that tracks no face yet.
    ///
    /// # Errors
    /// [`Error::Argument`] for a setting out of its range or not finite, and [`Error::Task`] if the
    /// networks are for another task than glasses.
    pub fn new(tryon: TryOn, detector: F, glasses: Foreground, settings: TrackSettings) -> Result<Self> {
        let TrackSettings { people, smoothing, refine_every, patience, search_every, max_gap } = settings;
        if *tryon.task() != Task::glasses() {
            return Err(Error::Task { actual: tryon.task().name.clone(), expected: "glasses" });
        }
        if !(1..=MAX_PEOPLE).contains(&people) {
            return Err(Error::argument("people", people, format!("1 to {MAX_PEOPLE}")));
        }
        let positive = |name, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => Err(Error::argument(name, value, "a finite number above 0")),
        };
        let not_negative = |name, value: f64| match value.is_finite() && value >= 0.0 {
            true => Ok(()),
            false => Err(Error::argument(name, value, "a finite number, at least 0")),
        };
        let counted = |name, value: u32| match value {
            0 => Err(Error::argument(name, value, "at least 1")),
            _ => Ok(()),
        };
        positive("smoothing.min_cutoff", smoothing.min_cutoff)?;
        not_negative("smoothing.beta", smoothing.beta)?;
        positive("smoothing.derivative_cutoff", smoothing.derivative_cutoff)?;
        counted("refine_every", refine_every)?;
        counted("patience", patience)?;
        not_negative("search_every", search_every)?;
        positive("max_gap", max_gap)?;
        let searched = f64::NEG_INFINITY;
        let (width, faces, last) = (None, Vec::new(), None);
        Ok(Self { tryon, detector, glasses, width, settings, faces, next_id: 0, last, searched })
    }

    /// Replaces the glasses on all faces, from the next video frame on. Faces keep their ids.
    pub fn set_glasses(&mut self, glasses: Foreground) {
        self.glasses = glasses;
    }

    /// Shows the glasses at their real width from the next video frame on, or with `None` at the
    /// width that the networks fit. [`Fit::with_real_width`](crate::Fit::with_real_width) describes
    /// how; the pupils are those of the last detection or refinement of each face.
    pub fn set_real_width(&mut self, width: Option<RealWidth>) {
        self.width = width;
    }

    /// The glasses on the faces.
    pub fn glasses(&self) -> &Foreground {
        &self.glasses
    }

    /// Processes the next video frame, taken at `time` in seconds, with `updates` updates per face.
    ///
    /// Returns the tracked faces, the longest tracked first; a video frame without faces gives an
    /// empty list. Tracking restarts if the time does not increase, if it increases by more than
    /// [`TrackSettings::max_gap`], or if the size of the video frame changes.
    ///
    /// # Errors
    /// - [`Error::Argument`] for a time that is not finite, and for `updates` not in 1 to
    ///   [`MAX_UPDATES`].
    /// - The errors of reading the video frame.
    pub fn advance<P: Photo>(&mut self, frame: &P, time: f64, updates: usize) -> Result<Vec<TrackedFace>, P::Error> {
        if !time.is_finite() {
            return Err(Error::argument("time", time, "a finite number of seconds").into());
        }
        if !(1..=MAX_UPDATES).contains(&updates) {
            return Err(Error::argument("updates", updates, format!("1 to {MAX_UPDATES}")).into());
        }
        let size = frame.size();
        let continues =
            |(before, last): (_, f64)| before == size && time > last && time - last <= self.settings.max_gap;
        if !self.last.is_some_and(continues) {
            self.faces.clear();
            self.searched = f64::NEG_INFINITY;
        }
        self.last = Some((size, time));

        for face in &mut self.faces {
            face.refine(&self.detector, &self.settings, frame)?;
        }
        self.faces.retain(|face| !face.is_lost());
        let room = self.faces.len() < self.settings.people;
        if self.faces.is_empty() || room && time - self.searched >= self.settings.search_every {
            self.searched = time;
            self.search(frame)?;
        }
        for face in &mut self.faces {
            face.fit(&self.tryon, (&self.glasses, self.width), frame, updates, time)?;
        }
        self.remove_lost_and_duplicates();
        Ok(self.faces.iter().map(|face| face.tracked(&self.glasses)).collect::<Result<_>>()?)
    }

    /// Detects faces, and starts tracking those that are not tracked yet.
    fn search<P: Photo>(&mut self, frame: &P) -> Result<(), P::Error> {
        for found in self.detector.detect(frame)? {
            // Skips detections whose placement is invalid.
            let Ok(face) = Face::new(self.next_id, &found, self.settings.smoothing) else { continue };
            if self.faces.len() < self.settings.people && !self.faces.iter().any(|other| face.is_at(other)) {
                self.faces.push(face);
                self.next_id = self.next_id.wrapping_add(1);
            }
        }
        Ok(())
    }

    /// Removes lost faces. Of faces that have converged to one place, keeps the longest tracked.
    fn remove_lost_and_duplicates(&mut self) {
        let mut kept: Vec<Face> = Vec::with_capacity(self.faces.len());
        for face in self.faces.drain(..) {
            if !face.is_lost() && !kept.iter().any(|other| face.is_at(other)) {
                kept.push(face);
            }
        }
        self.faces = kept;
    }
}
