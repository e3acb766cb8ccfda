//! Example images: what the generators add to the located pupils, and the worst fits.

use super::{FitStart, MeasuredFit};
use crate::Result;
use crate::data::Face;
use crate::data::landmarks::{self, GLASSES, Landmarks};
use crate::report::GridImage;
use rayon::prelude::*;
use stgan::compose::{self, Foreground};
use stgan::internals::pose::{glasses_to_canonical, view_to_canonical};
use stgan::internals::resample;
use stgan::{Bitmap, Homography, Locator, Placement, Rect, TryOn};

/// Three images of a face, to compare placement by the located pupils with the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The name of the face in the data set.
    pub id: String,
    /// How far the head is turned ([`Face::turn`]).
    pub turn: f64,
    /// Without glasses, with glasses placed by the located pupils alone, and after the fit.
    ///
    /// If no face is located, all three show no glasses, and the errors of the last two are NaN.
    pub images: [GridImage; 3],
}

/// Compares placement by the located pupils with the fit, for every face that has a whole photo.
///
/// The result is sorted by head turn, largest first. Face `i` gets glasses `i % glasses.len()`. The
/// images have `size × size` pixels.
///
/// # Errors
/// The errors of [`Face::photo`] and [`TryOn::fit`].
pub fn comparisons(
    tryon: &TryOn,
    locator: &Locator,
    faces: &[Face],
    glasses: &[Foreground],
    size: usize,
) -> Result<Vec<Comparison>> {
    let of_face = |(i, face): (usize, &Face)| match (face.photo(), glasses.get(i % glasses.len().max(1))) {
        (Ok(Some((photo, target))), Some(pair)) => Some(compare(tryon, locator, face, (&photo, &target), pair, size)),
        (Err(error), _) => Some(Err(error)),
        _ => None,
    };
    let mut comparisons: Vec<Comparison> = faces.par_iter().enumerate().filter_map(of_face).collect::<Result<_>>()?;
    comparisons.sort_by(|a, b| b.turn.total_cmp(&a.turn));
    Ok(comparisons)
}

fn compare(
    tryon: &TryOn,
    locator: &Locator,
    face: &Face,
    (photo, target): (&Bitmap, &Landmarks),
    glasses: &Foreground,
    size: usize,
) -> Result<Comparison> {
    let head = Head::new(photo, target, size)?;
    let plain = head.without_glasses()?;
    let images = match locator.locate(photo.as_ref())?.first() {
        Some(found) => {
            let fit = tryon.fit(photo.as_ref(), glasses, &found.placement(), None)?;
            [
                plain,
                head.with_glasses(glasses, &fit.homography(0)?)?,
                head.with_glasses(glasses, &fit.homography(fit.updates().len())?)?,
            ]
        }
        None => {
            let missed = GridImage { error: Some(f64::NAN), ..plain.clone() };
            [plain, missed.clone(), missed]
        }
    };
    Ok(Comparison { id: face.id.clone(), turn: face.turn().unwrap_or(0.0), images })
}

/// Draws the worst fit of each of the `count` faces whose worst fits have the largest errors.
///
/// `fits` is the result of [`super::measure`]. Each entry has the id of the face and images of
/// `size × size` pixels: as placed, after each update, and at the least-squares placement.
///
/// # Errors
/// The errors of [`Face::image`] and [`TryOn::fit_from`].
pub fn worst(
    tryon: &TryOn,
    faces: &[Face],
    glasses: &[Foreground],
    fits: &[MeasuredFit],
    count: usize,
    size: usize,
) -> Result<Vec<(String, Vec<GridImage>)>> {
    let error = |fit: &MeasuredFit| fit.errors.last().copied().unwrap_or(0.0);
    let of_face = |face| fits.iter().filter(|fit| fit.face == face).max_by(|a, b| error(a).total_cmp(&error(b)));
    let mut worst: Vec<&MeasuredFit> = (0..faces.len()).filter_map(of_face).collect();
    worst.sort_by(|a, b| error(b).total_cmp(&error(a)));
    worst.truncate(count);
    let images = |fit: &&MeasuredFit| {
        let (face, pair) = (&faces[fit.face], &glasses[fit.glasses]);
        let image = face.image()?;
        let Some(target) = face.reference() else { return Ok((face.id.clone(), Vec::new())) };
        let head = Head::new(&image, target, size)?;
        let FitStart { placement, params } = &fit.start;
        let again = tryon.fit_from(image.as_ref(), pair, placement, params, Some(fit.errors.len() - 1))?;
        let best = tryon.fit(image.as_ref(), pair, &landmarks::placement(target), Some(0))?;
        let updates = (0..=again.updates().len()).map(|k| again.homography(k)).chain([best.homography(0)]);
        Ok((face.id.clone(), updates.map(|h| head.with_glasses(pair, &h?)).collect::<Result<_>>()?))
    };
    worst.par_iter().map(images).collect()
}

/// An upright crop of a face, 20 % wider than the crop of a generator.
struct Head<'a> {
    photo: &'a Bitmap,
    target: &'a Landmarks,
    to_photo: Homography,
    size: usize,
}

impl<'a> Head<'a> {
    fn new(photo: &'a Bitmap, target: &'a Landmarks, size: usize) -> Result<Self> {
        let around = landmarks::placement(target);
        let wide = Placement { width: 1.2 * around.width, ..around };
        Ok(Self { photo, target, to_photo: wide.to_photo()? * view_to_canonical(size), size })
    }

    fn without_glasses(&self) -> Result<GridImage> {
        Ok(GridImage { planes: self.planes(self.photo)?, error: None })
    }

    fn with_glasses(&self, glasses: &Foreground, homography: &Homography) -> Result<GridImage> {
        let mut image = self.photo.clone();
        let whole = Rect { x: 0, y: 0, width: image.width(), height: image.height() };
        compose::blend(glasses, homography, image.data_mut(), whole)?;
        let on_glasses = landmarks::apply(&glasses_to_canonical(glasses).inverse()?, &GLASSES);
        let error = landmarks::error(&landmarks::apply(homography, &on_glasses), self.target);
        Ok(GridImage { planes: self.planes(&image)?, error: Some(error) })
    }

    fn planes(&self, image: &Bitmap) -> Result<Vec<f32>> {
        let mut planes = resample::view(image.as_ref(), &self.to_photo, self.size, self.size)?;
        planes.truncate(3 * self.size * self.size);
        Ok(planes)
    }
}
