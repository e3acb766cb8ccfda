//! The second network: looks at one place closely, says whether it is a face, and where exactly its pupils are.

use super::detector::sigmoid;
use super::network::chain;
use super::{LocatedFace, Photo, Point, RefinerSpec};
use crate::homography::Homography;
use crate::kernels::{Chain, Instructions, Map};
use crate::model::Parameters;
use crate::pose::{EYE_Y, PUPIL_X, Placement, TEMPLE_X, covered_pixels, square_corners, view_to_canonical};
use crate::resample::Pyramid;
use crate::{Rect, Result};

/// How far from its middle a place is read, in canonical units: the canonical square, its last pixels' outer halves, and the filter's.
const REACH: f64 = 1.1;

/// Where in the canonical square the pupils are taken to be before a look, and what an answer counts in: eye distances.
pub fn expected() -> ([Point; 2], f64) {
    ([[-PUPIL_X, EYE_Y], [PUPIL_X, EYE_Y]], 2.0 * PUPIL_X)
}

/// From the pixels of a `size × size` view to the photo's, with the pupils where `placement` has them.
///
/// # Errors
/// As [`Placement::to_photo`].
pub fn to_view(placement: &Placement, size: usize) -> Result<Homography> {
    Ok(placement.to_photo()? * view_to_canonical(size))
}

/// Some of a photo, as sharp as the refiner's view needs it.
#[derive(Debug)]
pub struct Region {
    pyramid: Pyramid,
    /// From photo pixels.
    from_photo: Homography,
}

impl Region {
    /// The surroundings of a placement, from a source that has one pixel for `scale` of the photo's. None where nothing of
    /// it is there.
    ///
    /// # Errors
    /// [`Error::Placement`] for values that are not finite or of no size, and what reading gives.
    pub(super) fn of<P: Photo>(
        source: &P,
        scale: [f64; 2],
        placement: &Placement,
        size: usize,
    ) -> Result<Option<Self>, P::Error> {
        let to_photo = placement.to_photo()?;
        let corners = square_corners(&to_photo, REACH).map(|[x, y]| [x / scale[0], y / scale[1]]);
        let [Some((x, width)), Some((y, height))] = covered_pixels(&corners, source.size()) else { return Ok(None) };
        // No sharper than the view, so that one lookup makes a pixel of it.
        let span = span(placement, size);
        let reduced = |length: u32, scale: f64| ((f64::from(length) / (span / scale).max(1.0)).ceil() as u32).max(1);
        let bitmap = source.read(Rect { x, y, width, height }, reduced(width, scale[0]), reduced(height, scale[1]))?;
        let factors = [f64::from(bitmap.width()) / f64::from(width), f64::from(bitmap.height()) / f64::from(height)];
        let from_photo = Homography([
            factors[0] / scale[0],
            0.0,
            -f64::from(x) * factors[0],
            0.0,
            factors[1] / scale[1],
            -f64::from(y) * factors[1],
            0.0,
            0.0,
            1.0,
        ]);
        Ok(Some(Self { pyramid: Pyramid::new(bitmap.as_ref())?, from_photo }))
    }
}

/// Photo pixels to one of the view.
pub(super) fn span(placement: &Placement, size: usize) -> f64 {
    placement.width / TEMPLE_X / (size.max(2) - 1) as f64
}

/// The refiner, ready for use.
#[derive(Debug)]
pub(super) struct Refiner {
    chain: Chain,
    size: usize,
}

impl Refiner {
    pub(crate) fn new(spec: &RefinerSpec, parameters: &Parameters, instructions: Instructions) -> Result<Self> {
        Ok(Self { chain: chain(&spec.layers(), parameters, instructions)?, size: spec.size })
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Looks at the view of a placement. None where the placement has no size.
    pub(crate) fn look(&self, region: &Region, placement: &Placement) -> Option<LocatedFace> {
        let to_photo = placement.to_photo().ok()?;
        let map = region.from_photo * to_photo * view_to_canonical(self.size);
        let mut view = Map::new((self.size, self.size), 3, self.chain.border());
        let mut row = vec![[0.0; 4]; self.size];
        for y in 0..self.size {
            region.pyramid.sample_row(&map, 0, y as u32, &mut row);
            for (out, [r, g, b, alpha]) in view.row_mut(y).chunks_exact_mut(3).zip(&row) {
                out.copy_from_slice(&[r - 0.5 * alpha, g - 0.5 * alpha, b - 0.5 * alpha]);
            }
        }
        let answers = self.chain.run(&view);
        let answer = answers.pixel(0, 0);
        let (eyes, unit) = expected();
        let at = |k: usize| {
            let [x, y] = eyes[k];
            to_photo.apply([x + unit * f64::from(answer[1 + 2 * k]), y + unit * f64::from(answer[2 + 2 * k])])
        };
        let found = LocatedFace { pupils: [at(0), at(1)], score: sigmoid(answer[0]) };
        (found.eye_distance() > 1e-3 && found.pupils.iter().flatten().all(|x| x.is_finite())).then_some(found)
    }
}
