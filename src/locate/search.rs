//! The looks at a photo with BlazeFace. Which of them a photo needs depends on what the looks
//! before have found:
//!
//! ```text
//!     about 40,000 pixels ──> a large face ──> done, unless there are signs of small faces
//!         │ none
//!         v
//!     88×88 pixels with a margin, in the four orientations: cropped and turned faces
//!         │
//!         v
//!     about 330,000 pixels: small faces ──> no face at all? 40,000 pixels in three orientations
//! ```

use super::blazeface::BlazeFace;
use super::reduced::ReducedPhoto;
use super::{LocatedFace, Photo, Point};
use crate::Result;
use crate::kernels::Map;

/// Approximate numbers of pixels of the first look, and of the second look for small faces. In a
/// photo of 1280×720 pixels, they show faces from 28 and from 10 pixels between the pupils.
const AREA: f64 = 272.0 * 153.0;
const FINE_AREA: f64 = 768.0 * 432.0;

/// Approximate number of pixels of the look for very large and turned faces, and the margin around
/// them. Only with a margin are faces detected that the photo crops.
const THUMBNAIL_AREA: f64 = 88.0 * 88.0;
const THUMBNAIL_MARGIN: usize = 20;

/// The minimum score of a sure face.
const SURE: f64 = 0.7;
/// The minimum inter-pupil distance of a large face, as a fraction of the root of the photo's area.
const LARGE: f64 = 0.1;
/// The maximum inter-pupil distance, as a fraction of the same, up to which the first look shows
/// whole faces. Larger candidates may be parts of a face.
const HUGE: f64 = 0.3;
/// The maximum inter-pupil distance, in pixels of the first look, and the minimum score of a
/// candidate that asks for the second look.
const SMALL: f64 = 12.0;
const SIGN: f64 = 0.25;

/// The looks at one photo.
pub(super) struct Search<'a, P> {
    network: &'a BlazeFace,
    photo: &'a P,
    coarse: ReducedPhoto,
    thumbnail: ReducedPhoto,
    /// Whether the first look showed signs of faces that are too small for it.
    small: bool,
}

impl<'a, P: Photo> Search<'a, P> {
    /// Reads the photo for the first look.
    ///
    /// # Errors
    /// The errors of [`Photo::read`].
    pub(super) fn new(network: &'a BlazeFace, photo: &'a P) -> Result<Self, P::Error> {
        let coarse = ReducedPhoto::new(photo, AREA)?;
        let thumbnail = ReducedPhoto::new(&coarse.bitmap.as_ref(), THUMBNAIL_AREA)?;
        Ok(Self { network, photo, coarse, thumbnail: ReducedPhoto { photo: photo.size(), ..thumbnail }, small: false })
    }

    /// The image of all looks except [`Search::small`].
    pub(super) fn image(&self) -> &ReducedPhoto {
        &self.coarse
    }

    /// Whether a face is so large that the photo is probably a portrait.
    pub(super) fn is_large(&self, face: &LocatedFace) -> bool {
        face.pupil_distance() >= LARGE * self.side()
    }

    /// Whether the first look showed signs of small faces.
    pub(super) fn has_small(&self) -> bool {
        self.small
    }

    /// The first look: upright faces, and the thumbnail if there may be a very large one.
    pub(super) fn upright(&mut self) -> Vec<LocatedFace> {
        let mut found = in_photo(self.network, &self.coarse, 0, 0);
        let limit = SMALL * self.coarse.scale()[0];
        self.small = found.iter().any(|face| face.score >= SIGN && face.pupil_distance() < limit);
        let is_whole = |face: &LocatedFace| {
            face.score >= SURE && self.is_large(face) && face.pupil_distance() <= HUGE * self.side()
        };
        if !found.iter().any(is_whole) {
            found.extend(in_photo(self.network, &self.thumbnail, 0, THUMBNAIL_MARGIN));
        }
        found
    }

    /// Large faces that lie on their side or stand on their head.
    pub(super) fn large_turned(&self) -> Vec<LocatedFace> {
        self.turned(&self.thumbnail, THUMBNAIL_MARGIN)
    }

    /// Smaller faces that lie on their side or stand on their head.
    pub(super) fn small_turned(&self) -> Vec<LocatedFace> {
        self.turned(&self.coarse, 0)
    }

    fn turned(&self, image: &ReducedPhoto, margin: usize) -> Vec<LocatedFace> {
        (1..4).flat_map(|turn| in_photo(self.network, image, turn, margin)).collect()
    }

    /// The second look, for small upright faces, and its image. `None` if the first look has shown
    /// all pixels of the photo.
    ///
    /// # Errors
    /// The errors of [`Photo::read`].
    pub(super) fn small(&self) -> Result<Option<(ReducedPhoto, Vec<LocatedFace>)>, P::Error> {
        if self.coarse.scale()[0] <= 1.0 {
            return Ok(None);
        }
        let fine = ReducedPhoto::new(self.photo, FINE_AREA)?;
        let found = in_photo(self.network, &fine, 0, 0);
        Ok(Some((fine, found)))
    }

    /// The root of the photo's area.
    fn side(&self) -> f64 {
        let (width, height) = self.photo.size();
        (f64::from(width) * f64::from(height)).sqrt()
    }
}

/// Detects faces in a photo with a margin of zeros that is turned by quarters of a turn first.
fn in_photo(network: &BlazeFace, photo: &ReducedPhoto, turn: usize, margin: usize) -> Vec<LocatedFace> {
    let (map, scale) = (photo.map(margin, network.border()), photo.scale());
    let (height, width) = map.size();
    let found = match turn {
        0 => network.candidates(&map),
        _ => network.candidates(&turned(&map, turn, network.border())),
    };
    let to_photo = |point: Point| {
        let upright = turned_back(point, turn, [width as f64, height as f64]);
        [0, 1].map(|axis| (upright[axis] - margin as f64) * scale[axis])
    };
    found.into_iter().map(|face| LocatedFace { pupils: face.pupils.map(to_photo), ..face }).collect()
}

/// An image turned clockwise by quarters of a turn.
fn turned(map: &Map, turn: usize, border: usize) -> Map {
    let (height, width) = map.size();
    let size = if turn % 2 == 1 { (width, height) } else { (height, width) };
    let channels = map.channels();
    let mut out = Map::new(size, channels, border);
    for y in 0..size.0 {
        for (x, pixel) in out.row_mut(y).chunks_exact_mut(channels).enumerate() {
            let centre = [x as f64 + 0.5, y as f64 + 0.5];
            let [x, y] = turned_back(centre, turn, [width as f64, height as f64]);
            pixel.copy_from_slice(map.pixel(y as usize, x as usize));
        }
    }
    out
}

/// The point of the image, `size` pixels wide and high, that a turn brings to `point`.
fn turned_back([x, y]: Point, turn: usize, [width, height]: [f64; 2]) -> Point {
    match turn {
        0 => [x, y],
        1 => [y, height - x],
        2 => [width - x, height - y],
        _ => [width - y, x],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_an_image_and_turning_points_back_agree() {
        let mut map = Map::new((3, 5), 1, 0);
        for y in 0..3 {
            map.row_mut(y).iter_mut().enumerate().for_each(|(x, value)| *value = (10 * y + x) as f32);
        }
        for turn in 0..4 {
            let out = turned(&map, turn, 2);
            assert_eq!(out.size(), if turn % 2 == 1 { (5, 3) } else { (3, 5) });
            let (height, width) = out.size();
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let [from_x, from_y] = turned_back([x as f64 + 0.5, y as f64 + 0.5], turn, [5.0, 3.0]);
                assert_eq!(out.pixel(y, x), map.pixel(from_y as usize, from_x as usize));
            }
        }
        // Clockwise: the top-left corner becomes the top-right corner.
        assert_eq!(turned(&map, 1, 0).pixel(0, 2), &[0.0]);
    }
}
