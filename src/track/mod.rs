//! Live: frames that stay on faces from one picture of a video to the next.
//!
//! ```text
//!     picture ──> nobody there? search it ──────────────┐
//!        │                                              v
//!        └──> around each face: still there? ──> placement on the last picture ──> updates ──> pose
//!                                                       ^                                       │
//!                                                       ├───────────────────────────────────────┤
//!                                                                                               v
//!                                                    homography, smoothed <── one-euro filter ──┘
//! ```
//!
//! Each picture's fit starts where the last one ended, and the view is cut around where the frame now is: p starts at 0
//! again. What is shown is smoothed, what the next fit starts from is not.
//!
//! Time is an argument, in seconds of whatever clock the pictures have: the same pictures at the same times give the same
//! answers.

mod face;
mod smooth;

pub use face::TrackedFace;
pub use smooth::{OneEuro, Smoothing};

use crate::compose::Foreground;
use crate::locate::{LocatedFace, Locator, Photo};
use crate::pose::Placement;
use crate::tryon::{MAX_UPDATES, TryOn};
use crate::{Error, Result};
use face::Face;

/// The most people that are followed at once.
pub const MAX_PEOPLE: usize = 16;

/// What finds faces for a [`Tracker`]: a [`Locator`], or what a test puts in its place.
pub trait FaceDetector {
    /// All faces of a picture, best first.
    ///
    /// # Errors
    /// What reading the picture gives; no face is no error.
    fn detect<P: Photo>(&self, picture: &P) -> Result<Vec<LocatedFace>, P::Error>;

    /// A cheap look at where a face was a moment ago: the face there, or none.
    ///
    /// # Errors
    /// As [`FaceDetector::search`].
    fn refine<P: Photo>(&self, picture: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error>;
}

impl FaceDetector for Locator {
    fn detect<P: Photo>(&self, picture: &P) -> Result<Vec<LocatedFace>, P::Error> {
        self.locate_in(picture, self.threshold())
    }

    fn refine<P: Photo>(&self, picture: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error> {
        self.refine_in(picture, near)
    }
}

/// How a [`Tracker`] goes about it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrackSettings {
    /// At most so many faces, 1 to [`MAX_PEOPLE`].
    pub people: usize,
    /// The filter of what is shown; its unit of length is the eye distance.
    pub smoothing: Smoothing,
    /// Every how many pictures a look says whether a face is still there.
    pub refine_every: u32,
    /// Looks in a row without a face that lose it.
    pub patience: u32,
    /// Seconds between searches for more people while some are followed.
    pub search_every: f64,
    /// Seconds without a picture after which all is searched anew.
    pub gap: f64,
}

impl Default for TrackSettings {
    fn default() -> Self {
        Self {
            people: 1,
            smoothing: Smoothing { rest: 1.0, slope: 10.0, speed: 1.0 },
            refine_every: 1,
            patience: 2,
            search_every: 0.5,
            gap: 1.0,
        }
    }
}

/// Follows faces through a video, with a frame on each.
#[derive(Clone, Debug)]
pub struct Tracker<F = Locator> {
    tryon: TryOn,
    detector: F,
    glasses: Foreground,
    settings: TrackSettings,
    /// The longest followed first.
    faces: Vec<Face>,
    /// Faces so far: each one's number, which does not come back.
    count: u32,
    /// Size and time of the last picture.
    last: Option<((u32, u32), f64)>,
    searched: f64,
}

impl<F: FaceDetector> Tracker<F> {
    /// # Errors
    /// [`Error::Argument`] for settings outside of their ranges.
    pub fn new(tryon: TryOn, detector: F, glasses: Foreground, settings: TrackSettings) -> Result<Self> {
        let check = |name, fine: bool, value: String, expected: &str| match fine {
            true => Ok(()),
            false => Err(Error::argument(name, value, expected)),
        };
        let TrackSettings { people, smoothing, refine_every, patience, search_every, gap } = settings;
        check("people", (1..=MAX_PEOPLE).contains(&people), people.to_string(), "1 to 16")?;
        let Smoothing { rest, slope, speed } = smoothing;
        let finite = [rest, slope, speed, search_every, gap].iter().all(|x| x.is_finite());
        let fine = rest > 0.0 && slope >= 0.0 && speed > 0.0;
        check("smoothing", finite && fine, format!("{smoothing:?}"), "positive, finite numbers")?;
        let often = refine_every > 0 && patience > 0 && search_every >= 0.0 && gap > 0.0;
        check("settings", finite && often, format!("{settings:?}"), "at least one picture, and positive times")?;
        let searched = f64::NEG_INFINITY;
        Ok(Self { tryon, detector, glasses, settings, faces: Vec::new(), count: 0, last: None, searched })
    }

    /// Another frame, on everybody, from the next picture on: faces stay found.
    pub fn set_glasses(&mut self, glasses: Foreground) {
        self.glasses = glasses;
    }

    /// The glasses that faces wear.
    pub fn glasses(&self) -> &Foreground {
        &self.glasses
    }

    /// Looks at the next picture, taken at `time`, and moves frames along with their faces by `steps` updates each. A
    /// picture that comes late, out of order or in another size than the last one begins a new search. Faces that have
    /// been followed for the longest come first; none is no error.
    ///
    /// # Errors
    /// [`Error::Argument`] for a time that is not finite, no step, or more than [`MAX_UPDATES`]; what reading the picture
    /// gives.
    pub fn advance<P: Photo>(&mut self, picture: &P, time: f64, updates: usize) -> Result<Vec<TrackedFace>, P::Error> {
        if !time.is_finite() {
            return Err(Error::argument("time", time, "seconds, a finite number").into());
        }
        if !(1..=MAX_UPDATES).contains(&updates) {
            return Err(Error::argument("updates", updates, format!("1 to {MAX_UPDATES}")).into());
        }
        let size = picture.size();
        let follows = |(before, last): (_, f64)| before == size && time > last && time - last <= self.settings.gap;
        if !self.last.is_some_and(follows) {
            self.faces.clear();
            self.searched = f64::NEG_INFINITY;
        }
        self.last = Some((size, time));

        for face in &mut self.faces {
            face.refine(&self.detector, &self.settings, picture)?;
        }
        self.faces.retain(|face| !face.is_lost());
        let room = self.faces.len() < self.settings.people;
        if self.faces.is_empty() || room && time - self.searched >= self.settings.search_every {
            self.searched = time;
            self.search(picture)?;
        }
        for face in &mut self.faces {
            face.fit(&self.tryon, &self.glasses, picture, updates, time)?;
        }
        self.forget();
        Ok(self.faces.iter().map(|face| face.tracked(&self.glasses)).collect::<Result<_>>()?)
    }

    /// Takes up faces that are not followed yet.
    fn search<P: Photo>(&mut self, picture: &P) -> Result<(), P::Error> {
        for found in self.detector.detect(picture)? {
            // A place that no frame can be at is no face.
            let Ok(face) = Face::new(self.count, &found, self.settings.smoothing) else { continue };
            if self.faces.len() < self.settings.people && !self.faces.iter().any(|other| face.is_at(other)) {
                self.faces.push(face);
                self.count = self.count.wrapping_add(1);
            }
        }
        Ok(())
    }

    /// Drops those that are lost, and of those that have come together all but the first.
    fn forget(&mut self) {
        let mut kept: Vec<Face> = Vec::with_capacity(self.faces.len());
        for face in self.faces.drain(..) {
            if !face.is_lost() && !kept.iter().any(|other| face.is_at(other)) {
                kept.push(face);
            }
        }
        self.faces = kept;
    }
}
