//! Fits to look at: what the generators add to located eyes, and those that went worst.

use super::{Measured, Start};
use crate::Result;
use crate::data::Face;
use crate::data::landmarks::{self, GLASSES, Landmarks};
use rayon::prelude::*;
use stgan::compose::{self, Foreground};
use stgan::internals::pose::{glasses_to_canonical, view_to_canonical};
use stgan::internals::resample;
use stgan::{Bitmap, Homography, Locator, Placement, Rect, TryOn};

/// Three planes of `size × size` pixels, R, G and B; an anchor error in eye distances where a frame is to be seen.
pub type Shown = (Vec<f32>, Option<f64>);

/// A photo's face three times: bare, with the frame where the located pupils alone put it, and after the generators.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Its name in the data set.
    pub id: String,
    /// How far the head is turned ([`Face::turn`]).
    pub turn: f64,
    /// The same bare picture three times where nothing was located, with errors that are not a number.
    pub pictures: [Shown; 3],
}

/// One pair of every face that has a photo, the one whose head is turned furthest first. Each face gets another of the frames.
///
/// # Errors
/// As [`Face::photo`] and [`TryOn::fit`].
pub fn pairs(
    tryon: &TryOn,
    locator: &Locator,
    faces: &[Face],
    frames: &[Foreground],
    size: usize,
) -> Result<Vec<Pair>> {
    let of_face = |(i, face): (usize, &Face)| match (face.photo(), frames.get(i % frames.len().max(1))) {
        (Ok(Some((photo, target))), Some(frame)) => Some(pair(tryon, locator, face, (&photo, &target), frame, size)),
        (Err(error), _) => Some(Err(error)),
        _ => None,
    };
    let mut pairs: Vec<Pair> = faces.par_iter().enumerate().filter_map(of_face).collect::<Result<_>>()?;
    pairs.sort_by(|a, b| b.turn.total_cmp(&a.turn));
    Ok(pairs)
}

fn pair(
    tryon: &TryOn,
    locator: &Locator,
    face: &Face,
    (photo, target): (&Bitmap, &Landmarks),
    frame: &Foreground,
    size: usize,
) -> Result<Pair> {
    let head = Head::of(photo, target, size)?;
    let bare = head.bare()?;
    let pictures = match locator.locate(photo.as_ref())?.first() {
        Some(found) => {
            let fit = tryon.fit(photo.as_ref(), frame, &found.placement(), None)?;
            [
                bare,
                head.wearing(frame, &fit.homography(0)?)?,
                head.wearing(frame, &fit.homography(fit.updates().len())?)?,
            ]
        }
        None => [bare.clone(), (bare.0.clone(), Some(f64::NAN)), (bare.0, Some(f64::NAN))],
    };
    Ok(Pair { id: face.id.clone(), turn: face.turn().unwrap_or(0.0), pictures })
}

/// The fit of `fits`, which [`super::measure`] made, that ended farthest off, for each of the `count` faces where that is farthest: the face's
/// id and the frame as placed, after each update, and as the best placement would have it.
///
/// # Errors
/// As [`Face::image`] and [`TryOn::fit_from`].
pub fn worst(
    tryon: &TryOn,
    faces: &[Face],
    frames: &[Foreground],
    fits: &[Measured],
    count: usize,
    size: usize,
) -> Result<Vec<(String, Vec<Shown>)>> {
    let error = |fit: &Measured| fit.errors.last().copied().unwrap_or(0.0);
    let of_face = |face| fits.iter().filter(|fit| fit.face == face).max_by(|a, b| error(a).total_cmp(&error(b)));
    let mut worst: Vec<&Measured> = (0..faces.len()).filter_map(of_face).collect();
    worst.sort_by(|a, b| error(b).total_cmp(&error(a)));
    worst.truncate(count);
    let course = |fit: &&Measured| {
        let (face, frame) = (&faces[fit.face], &frames[fit.frame]);
        let image = face.image()?;
        let Some(target) = &face.target else { return Ok((face.id.clone(), Vec::new())) };
        let head = Head::of(&image, target, size)?;
        let Start { placement, params } = &fit.start;
        let again = tryon.fit_from(image.as_ref(), frame, placement, params, Some(fit.errors.len() - 1))?;
        let best = tryon.fit(image.as_ref(), frame, &landmarks::placement(target), Some(0))?;
        let steps = (0..=again.updates().len()).map(|step| again.homography(step)).chain([best.homography(0)]);
        Ok((face.id.clone(), steps.map(|h| head.wearing(frame, &h?)).collect::<Result<_>>()?))
    };
    worst.par_iter().map(course).collect()
}

/// Somebody to be shown upright, a bit more of them than a generator sees.
struct Head<'a> {
    photo: &'a Bitmap,
    target: &'a Landmarks,
    to_photo: Homography,
    size: usize,
}

impl<'a> Head<'a> {
    fn of(photo: &'a Bitmap, target: &'a Landmarks, size: usize) -> Result<Self> {
        let around = landmarks::placement(target);
        let wide = Placement { width: 1.2 * around.width, ..around };
        Ok(Self { photo, target, to_photo: wide.to_photo()? * view_to_canonical(size), size })
    }

    fn bare(&self) -> Result<Shown> {
        Ok((self.planes(self.photo)?, None))
    }

    fn wearing(&self, frame: &Foreground, homography: &Homography) -> Result<Shown> {
        let mut image = self.photo.clone();
        let whole = Rect { x: 0, y: 0, width: image.width(), height: image.height() };
        compose::blend(frame, homography, image.data_mut(), whole)?;
        let on_frame = landmarks::apply(&glasses_to_canonical(frame).inverse()?, &GLASSES);
        Ok((self.planes(&image)?, Some(landmarks::error(&landmarks::apply(homography, &on_frame), self.target))))
    }

    fn planes(&self, image: &Bitmap) -> Result<Vec<f32>> {
        let mut planes = resample::view(image.as_ref(), &self.to_photo, self.size, self.size)?;
        planes.truncate(3 * self.size * self.size);
        Ok(planes)
    }
}
