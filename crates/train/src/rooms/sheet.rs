//! Contact sheets of samples.

use super::RoomSample;
use super::evaluate::{Protocol, fit, nearest_place, start};
use super::examples::drop_near;
use crate::Result;
use crate::report::GridImage;
use stgan::internals::resample::{self, Pyramid};
use stgan::{Bitmap, Homography, Placement, TryOn};

/// The columns of a sheet.
pub const SHEET_COLUMNS: [&str; 5] = ["room", "cut-out", "right centre and area", "true homography", "rendered"];

/// The rows of a sheet: for each sample the room, the cut-out, the cut-out put into the room with
/// the right centre and area, with the true homography, and the room rendered with the piece.
///
/// Below the true homography stands its residual in diagonals of the piece.
///
/// # Errors
/// [`stgan::Error::Degenerate`] for a truth without an inverse, which [`super::draw`] does not
/// give.
pub fn sheet_rows(samples: &[RoomSample]) -> Result<Vec<Vec<GridImage>>> {
    samples.iter().map(row).collect()
}

fn row(sample: &RoomSample) -> Result<Vec<GridImage>> {
    let [left, top, right, bottom] = sample.record.bounds;
    let Placement { x, y, width, .. } = drop_near(sample, [0.0; 2], 1.0, 0.0);
    let placed = Homography::similarity(width / (right - left), 0.0, x, y)
        * Homography::similarity(1.0, 0.0, -0.5 * (left + right), -0.5 * (top + bottom));
    let grey = vec![0.8; 3 * (sample.room.width() * sample.room.height()) as usize];
    let room = planes(&sample.room);
    let image = |planes, error| GridImage { planes, error };
    Ok(vec![
        image(room.clone(), None),
        image(over(grey, sample, &Homography::IDENTITY)?, None),
        image(over(room.clone(), sample, &placed)?, None),
        image(over(room, sample, &sample.truth())?, Some(sample.record.residual)),
        image(planes(&sample.real), None),
    ])
}

/// The columns of a sheet of fits before the columns of the updates, and after them.
pub const FIT_COLUMNS: [&str; 2] = ["as placed", "true homography"];

/// The rows of a sheet of fits: for each sample the room with the cut-out as placed by
/// [`Protocol::Dropped`], after each update, and with the true homography. Below stands the
/// distance from the nearest right place, in diagonals.
///
/// # Errors
/// Those of [`super::evaluate()`].
pub fn fit_rows(tryon: &TryOn, updates: usize, samples: &[RoomSample], seed: u64) -> Result<Vec<Vec<GridImage>>> {
    let row = |(item, sample): (usize, &RoomSample)| {
        let start = start(sample, Protocol::Dropped, seed, item);
        let fit = fit(tryon, sample, &sample.room, &start, updates)?;
        let mut maps = (0..=updates).map(|update| fit.homography(update)).collect::<stgan::Result<Vec<_>>>()?;
        maps.push(sample.truth());
        let image = |map: &Homography| -> Result<GridImage> {
            let error = Some(nearest_place(sample, map).1);
            Ok(GridImage { planes: over(planes(&sample.room), sample, map)?, error })
        };
        maps.iter().map(image).collect()
    };
    samples.iter().enumerate().map(row).collect()
}

/// The planes R, G and B of an image.
fn planes(image: &Bitmap) -> Vec<f32> {
    let plane = |channel: usize| image.data().chunks_exact(4).map(move |pixel| f32::from(pixel[channel]) / 255.0);
    (0..3).flat_map(plane).collect()
}

/// Composites the cut-out over the planes of a room.
fn over(mut room: Vec<f32>, sample: &RoomSample, to_room: &Homography) -> Result<Vec<f32>> {
    let (width, height) = (sample.room.width() as usize, sample.room.height() as usize);
    let area = width * height;
    let cutout = resample::planar(&Pyramid::new(sample.cutout.as_ref())?, &to_room.inverse()?, width, height);
    for (i, value) in room.iter_mut().enumerate() {
        *value += (cutout[i] - *value) * cutout[3 * area + i % area];
    }
    Ok(room)
}
