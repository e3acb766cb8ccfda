//! One tracked face.

use super::{FaceDetector, OneEuro, Smoothing, TrackSettings};
use crate::compose::Foreground;
use crate::homography::DIMENSION;
use crate::locate::{LocatedFace, Photo};
use crate::pose::{GlassesPlane, Placement, RealWidth, TEMPLE_X, glasses_to_canonical};
use crate::tryon::TryOn;
use crate::{Error, Homography, Rect, Result};

/// A tracked face in one video frame, and the glasses on it.
///
/// All coordinates are pixels of the video frame, from its top-left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrackedFace {
    /// Identifies the face for as long as it is tracked. A face that is lost and found again gets a
    /// new id.
    pub id: u32,
    /// The placement of the glasses, smoothed.
    pub placement: Placement,
    /// Maps pixels of the glasses to pixels of the video frame, smoothed; the last entry is 1.
    pub homography: Homography,
    /// The lens centres, the left one in the image first.
    pub lens_centres: [[f64; 2]; 2],
    /// The score of the face, 0 to 1, from the last detection or refinement.
    pub score: f64,
}

/// The maximum factor by which the lens distance may change between two video frames.
const MAX_SCALE_CHANGE: f64 = 1.6;

/// The minimum lens distance, in pixels. Glasses on a smaller face are not recognisable.
const MIN_LENS_DISTANCE: f64 = 4.0;

/// The maximum offset of the refined pupils from the lens centres, in lens distances. Beyond it,
/// the next fit starts at the pupils.
const MAX_OFFSET: f64 = 0.35;

/// Two faces are the same if their lens centres are less than this far apart, in lens distances.
const SAME_FACE_OFFSET: f64 = 0.7;

/// The number of pixels read per pixel of the networks' view, along each axis. Two are enough for
/// nearly the same filtered view as from all pixels.
const PIXELS_PER_VIEW_PIXEL: f64 = 2.0;

#[derive(Clone, Debug)]
pub(super) struct Face {
    id: u32,
    /// The result of the last fit, from which the next one starts.
    plane: GlassesPlane,
    /// The smoothed result.
    smoothed: GlassesPlane,
    filter: OneEuro<4>,
    /// From the last detection or refinement.
    pupils: [[f64; 2]; 2],
    score: f64,
    /// Video frames since the last refinement.
    since_refinement: u32,
    /// Consecutive refinements that found no face.
    misses: u32,
    lost: bool,
}

impl Face {
    /// Starts tracking a detected face.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`].
    pub(crate) fn new(id: u32, found: &LocatedFace, smoothing: Smoothing) -> Result<Self> {
        let plane = GlassesPlane::new(&found.placement())?;
        let (filter, score) = (OneEuro::new(smoothing), found.score);
        let (since_refinement, misses, lost) = (0, 0, false);
        Ok(Self { id, plane, smoothed: plane, filter, pupils: found.pupils, score, since_refinement, misses, lost })
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether both are at the same place, which makes them one face.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        let distance = self.plane.lens_distance().max(other.plane.lens_distance());
        offset(&self.plane.lens_centres(), &other.plane.lens_centres()) < SAME_FACE_OFFSET * distance
    }

    /// Checks that the face is still there, if a check is due: every
    /// [`TrackSettings::refine_every`] video frames, and in every video frame after a miss.
    ///
    /// # Errors
    /// The errors of [`FaceDetector::refine`].
    pub(crate) fn refine<P: Photo>(
        &mut self,
        detector: &impl FaceDetector,
        settings: &TrackSettings,
        image: &P,
    ) -> Result<(), P::Error> {
        self.since_refinement += 1;
        if self.since_refinement < settings.refine_every && self.misses == 0 {
            return Ok(());
        }
        self.since_refinement = 0;
        let Some(found) = detector.refine(image, &self.plane.placement())? else {
            self.misses += 1;
            self.lost = self.misses >= settings.patience;
            return Ok(());
        };
        (self.pupils, self.score, self.misses) = (found.pupils, found.score, 0);
        if offset(&found.pupils, &self.plane.lens_centres()) > MAX_OFFSET * self.plane.lens_distance() {
            self.plane = GlassesPlane::new(&found.placement())?;
        }
        Ok(())
    }

    /// Fits the glasses to the face in this video frame, at their real width if it is known.
    ///
    /// Marks the face as lost if its surroundings are outside the image or the fitted pose is
    /// implausible.
    ///
    /// # Errors
    /// The errors of [`Photo::read`], and [`Error::Argument`] for too many updates.
    pub(crate) fn fit<P: Photo>(
        &mut self,
        tryon: &TryOn,
        (glasses, real_width): (&Foreground, Option<RealWidth>),
        image: &P,
        updates: usize,
        time: f64,
    ) -> Result<(), P::Error> {
        let start = self.plane.placement();
        let Some((rect, width, height)) = crop(&start, image.size(), tryon.networks().size().width) else {
            self.lost = true;
            return Ok(());
        };
        let pixels = image.read(rect, width, height)?;
        // The fit treats the crop as a whole photo; warp parameters do not depend on the scale.
        let scale = f64::from(width) / f64::from(rect.width);
        let in_crop = Placement {
            x: (start.x - f64::from(rect.x)) * scale,
            y: (start.y - f64::from(rect.y)) * scale,
            width: start.width * scale,
            rotation: start.rotation,
        };
        let plane = match tryon.fit(pixels.as_ref(), glasses, &in_crop, Some(updates)) {
            Ok(fit) => {
                let params = fit.updates().last().map_or([0.0; DIMENSION], |update| update.params);
                GlassesPlane(start.to_photo()? * Homography::exp(&params.map(|x| -x)))
            }
            Err(error @ Error::Argument { .. }) => return Err(error.into()),
            Err(_) => {
                self.lost = true;
                return Ok(());
            }
        };
        let (before, now) = (self.plane.lens_distance(), plane.lens_distance());
        let steady = (1.0 / MAX_SCALE_CHANGE..MAX_SCALE_CHANGE).contains(&(now / before));
        let plausible = now >= MIN_LENS_DISTANCE && steady && plane.is_plausible();
        // The next fit starts at the width that the networks expect.
        let shown = real_width.map_or(plane, |width| width.applied(&plane, &self.pupils));
        match GlassesPlane::from_corners(&self.filter.filter(shown.corners(), now, time)) {
            Ok(smoothed) if plausible => (self.plane, self.smoothed) = (plane, smoothed),
            _ => self.lost = true,
        }
        Ok(())
    }

    /// The face as reported to the caller.
    ///
    /// # Errors
    /// [`Error::Degenerate`] if the homography cannot be scaled to a last entry of 1.
    pub(crate) fn tracked(&self, glasses: &Foreground) -> Result<TrackedFace> {
        let homography = (self.smoothed.0 * glasses_to_canonical(glasses)).normalized()?;
        let (placement, lens_centres) = (self.smoothed.placement(), self.smoothed.lens_centres());
        Ok(TrackedFace { id: self.id, placement, homography, lens_centres, score: self.score })
    }
}

/// The crop of an image for a fit from `placement`, and the width and height to reduce it to.
///
/// Both sides are divided by the same integer. `None` if the crop lies outside the image.
fn crop(placement: &Placement, size: (u32, u32), view: usize) -> Option<(Rect, u32, u32)> {
    let rect = placement.region(size).ok()?;
    // Image pixels per view pixel; the view is 2 canonical units wide.
    let span = placement.width / TEMPLE_X / view as f64;
    let factor = ((span / PIXELS_PER_VIEW_PIXEL) as u32).clamp(1, rect.width.min(rect.height));
    let (width, height) = (rect.width / factor, rect.height / factor);
    Some((Rect { width: width * factor, height: height * factor, ..rect }, width, height))
}

/// The mean distance between corresponding points of two pairs.
fn offset(a: &[[f64; 2]; 2], b: &[[f64; 2]; 2]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum::<f64>() / 2.0
}
