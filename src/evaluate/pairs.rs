//! What the generators add to located eyes, to look at.

use crate::compose::{self, Foreground};
use crate::data::Face;
use crate::data::anchors::{self, Anchors, FRAME};
use crate::locate::Locator;
use crate::tryon::{Placement, TryOn, frame_to_canonical, view_to_canonical};
use crate::{Bitmap, Homography, Rect, Result, resample};
use rayon::prelude::*;

/// A photo's face three times: bare, with the frame where the located pupils alone put it, and after the generators.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub id: String,
    /// How far the head is turned ([`Face::turn`]).
    pub turn: f64,
    /// Three planes of `size × size` pixels, R, G and B; an error in eye distances. The same bare picture three times where nothing
    /// was located, with errors that are not a number.
    pub pictures: [(Vec<f32>, Option<f64>); 3],
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
    (photo, target): (&Bitmap, &Anchors),
    frame: &Foreground,
    size: usize,
) -> Result<Pair> {
    // What all three show: the head, upright, a bit more of it than a generator sees.
    let around = anchors::placement(target);
    let wide = Placement { width: 1.2 * around.width, ..around };
    let to_photo = wide.to_photo()? * view_to_canonical(size);
    let shown = |image: &Bitmap| -> Result<Vec<f32>> {
        let mut planes = resample::view(image.as_ref(), &to_photo, size, size)?;
        planes.truncate(3 * size * size);
        Ok(planes)
    };
    let with_frame = |h: &Homography| -> Result<(Vec<f32>, Option<f64>)> {
        let mut image = photo.clone();
        let whole = Rect { x: 0, y: 0, width: photo.width(), height: photo.height() };
        compose::blend(frame, h, image.data_mut(), whole)?;
        let on_frame = anchors::apply(&frame_to_canonical(frame).inverse()?, &FRAME);
        Ok((shown(&image)?, Some(anchors::error(&anchors::apply(h, &on_frame), target))))
    };
    let bare = shown(photo)?;
    let pictures = match locator.locate(photo.as_ref())?.first() {
        Some(found) => {
            let fit = tryon.fit(photo.as_ref(), frame, &found.placement(), None)?;
            [(bare, None), with_frame(&fit.homography(0)?)?, with_frame(&fit.homography(fit.steps())?)?]
        }
        None => [(bare.clone(), None), (bare.clone(), Some(f64::NAN)), (bare, Some(f64::NAN))],
    };
    Ok(Pair { id: face.id.clone(), turn: face.turn().unwrap_or(0.0), pictures })
}
