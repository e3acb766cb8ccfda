//! One face that is followed.

use super::{FaceDetector, OneEuro, Smoothing, TrackSettings};
use crate::compose::Foreground;
use crate::homography::DIMENSION;
use crate::locate::{LocatedFace, Photo};
use crate::pose::{Placement, Plane, glasses_to_canonical};
use crate::tryon::TryOn;
use crate::{Error, Homography, Rect, Result};

/// A face and its frame on one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrackedFace {
    /// Whose it is: the same for as long as the face is followed.
    pub id: u32,
    /// Where the frame is, smoothed.
    pub placement: Placement,
    /// From frame pixels to the picture's, smoothed; row-major, its last entry 1.
    pub homography: Homography,
    /// The lens centres in the picture's pixels, its left one first.
    pub lens_centres: [[f64; 2]; 2],
    /// How sure the last look was that a face is there, 0 to 1.
    pub score: f64,
}

/// A frame whose eye distance changed by more than this factor from one picture to the next went astray.
const LARGEST_CHANGE: f64 = 1.6;

/// Eyes nearer to each other, in pixels, are no face that a frame could be seen on.
const SMALLEST: f64 = 4.0;

/// A look whose eyes are farther than this from where the frame is, in eye distances, is where the next fit starts.
const ASTRAY: f64 = 0.35;

/// Two faces nearer than this, in eye distances, are one.
const SAME: f64 = 0.7;

/// Picture pixels that are read for one of the networks' view, each way: what they filter is then near to what they would
/// see of the whole picture, and no more is fetched than that takes.
const DETAIL: f64 = 2.0;

#[derive(Clone, Debug)]
pub(super) struct Face {
    id: u32,
    /// Where the last fit left the frame, and where the next one starts.
    pose: Plane,
    /// What is shown.
    shown: Plane,
    filter: OneEuro<4>,
    score: f64,
    /// Pictures since the last look.
    unseen: u32,
    /// Looks in a row without a face.
    doubts: u32,
    lost: bool,
}

impl Face {
    /// # Errors
    /// As [`Placement::to_photo`].
    pub(crate) fn new(id: u32, found: &LocatedFace, smoothing: Smoothing) -> Result<Self> {
        let pose = Plane::of(&found.placement())?;
        let (filter, score) = (OneEuro::new(smoothing), found.score);
        Ok(Self { id, pose, shown: pose, filter, score, unseen: 0, doubts: 0, lost: false })
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether two are the same face.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        let apart = self.pose.eye_distance().max(other.pose.eye_distance());
        offset(&self.pose.lens_centres(), &other.pose.lens_centres()) < SAME * apart
    }

    /// Looks whether the face is still there, where that is due: every few pictures, and at once while in doubt.
    ///
    /// # Errors
    /// As [`FaceDetector::refine`].
    pub(crate) fn refine<P: Photo>(
        &mut self,
        detector: &impl FaceDetector,
        settings: &TrackSettings,
        picture: &P,
    ) -> Result<(), P::Error> {
        self.unseen += 1;
        if self.unseen < settings.refine_every && self.doubts == 0 {
            return Ok(());
        }
        self.unseen = 0;
        let Some(found) = detector.refine(picture, &self.pose.placement())? else {
            self.doubts += 1;
            self.lost = self.doubts >= settings.patience;
            return Ok(());
        };
        (self.score, self.doubts) = (found.score, 0);
        if offset(&found.pupils, &self.pose.lens_centres()) > ASTRAY * self.pose.eye_distance() {
            self.pose = Plane::of(&found.placement())?;
        }
        Ok(())
    }

    /// Moves the frame along with the face. A fit that makes no sense, or a face that has left the picture, is lost.
    ///
    /// # Errors
    /// What reading the picture gives; [`Error::Argument`] as [`TryOn::fit`].
    pub(crate) fn fit<P: Photo>(
        &mut self,
        tryon: &TryOn,
        glasses: &Foreground,
        picture: &P,
        updates: usize,
        time: f64,
    ) -> Result<(), P::Error> {
        let start = self.pose.placement();
        let Some((rect, width, height)) = part(&start, picture.size(), tryon.spec().size) else {
            self.lost = true;
            return Ok(());
        };
        let pixels = picture.read(rect, width, height)?;
        // As if those pixels were all there is: a photo of its own, and the frame placed on that.
        let scale = f64::from(width) / f64::from(rect.width);
        let there = Placement {
            x: (start.x - f64::from(rect.x)) * scale,
            y: (start.y - f64::from(rect.y)) * scale,
            width: start.width * scale,
            rotation: start.rotation,
        };
        let pose = match tryon.fit(pixels.as_ref(), glasses, &there, Some(updates)) {
            Ok(fit) => {
                let params = fit.updates().last().map_or([0.0; DIMENSION], |update| update.params);
                Plane(start.to_photo()? * Homography::exp(&params.map(|x| -x)))
            }
            Err(error @ Error::Argument { .. }) => return Err(error.into()),
            Err(_) => {
                self.lost = true;
                return Ok(());
            }
        };
        let (before, now) = (self.pose.eye_distance(), pose.eye_distance());
        let steady = (1.0 / LARGEST_CHANGE..LARGEST_CHANGE).contains(&(now / before));
        let sound = now >= SMALLEST && steady && pose.is_likely();
        match Plane::from_corners(&self.filter.filter(pose.corners(), now, time)) {
            Ok(shown) if sound => (self.pose, self.shown) = (pose, shown),
            _ => self.lost = true,
        }
        Ok(())
    }

    /// What is shown of it.
    ///
    /// # Errors
    /// [`Error::Degenerate`] where the frame would be drawn through infinity.
    pub(crate) fn tracked(&self, glasses: &Foreground) -> Result<TrackedFace> {
        let homography = (self.shown.0 * glasses_to_canonical(glasses)).normalized()?;
        let (placement, lens_centres) = (self.shown.placement(), self.shown.lens_centres());
        Ok(TrackedFace { id: self.id, placement, homography, lens_centres, score: self.score })
    }
}

/// What to read of a picture for a fit that starts there: a part of it, and the size to reduce that to, by the same whole
/// number along both sides. None where nothing of the picture is there.
fn part(placement: &Placement, size: (u32, u32), view: usize) -> Option<(Rect, u32, u32)> {
    let rect = placement.region(size).ok()?;
    // Picture pixels to one of the view, which shows 2 canonical units.
    let span = placement.width / crate::pose::TEMPLE_X / view as f64;
    let factor = ((span / DETAIL) as u32).clamp(1, rect.width.min(rect.height));
    let (width, height) = (rect.width / factor, rect.height / factor);
    Some((Rect { width: width * factor, height: height * factor, ..rect }, width, height))
}

/// The mean distance of two pairs of eyes.
fn offset(a: &[[f64; 2]; 2], b: &[[f64; 2]; 2]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum::<f64>() / 2.0
}
