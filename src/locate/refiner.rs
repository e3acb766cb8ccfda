//! The refiner (landmark network): predicts a score and the exact pupils from the view of one
//! candidate.

use super::detector::OUTPUTS;
use super::face::sigmoid;
use super::network::chain;
use super::{FaceAttributes, LocatedFace, Photo, Point, RefinerSpec};
use crate::homography::Homography;
use crate::kernels::{Chain, Instructions, Map};
use crate::model::Parameters;
use crate::pose::{EYE_Y, PUPIL_X, Placement, TEMPLE_X, covered_pixels, square_corners, view_to_canonical};
use crate::resample::Pyramid;
use crate::{Rect, Result};

/// Half the side of the square that is read, in canonical units: the canonical square, the outer
/// halves of its outermost pixels, and the margin of the filter.
const REACH: f64 = 1.1;

/// The pupils of the canonical pose, in canonical coordinates, and their distance.
///
/// The refiner predicts the offset of each pupil from these, in units of that distance.
pub fn canonical_pupils() -> ([Point; 2], f64) {
    ([[-PUPIL_X, EYE_Y], [PUPIL_X, EYE_Y]], 2.0 * PUPIL_X)
}

/// The map from pixels of the `size × size` view around `placement` to photo pixels.
///
/// # Errors
/// The errors of [`Placement::to_photo`].
pub fn view_to_photo(placement: &Placement, size: usize) -> Result<Homography> {
    Ok(placement.to_photo()? * view_to_canonical(size))
}

/// The part of a photo around a placement, at the resolution of the refiner's view.
#[derive(Debug)]
pub struct Region {
    pyramid: Pyramid,
    /// Photo pixels to pixels of the pyramid.
    from_photo: Homography,
}

impl Region {
    /// Reads the surroundings of a placement from a source image with 1 / `scale` pixels per photo
    /// pixel. `None` if they lie outside the image.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`] and of [`Photo::read`].
    pub(super) fn new<P: Photo>(
        source: &P,
        scale: [f64; 2],
        placement: &Placement,
        size: usize,
    ) -> Result<Option<Self>, P::Error> {
        let to_photo = placement.to_photo()?;
        let corners = square_corners(&to_photo, REACH).map(|[x, y]| [x / scale[0], y / scale[1]]);
        let [Some((x, width)), Some((y, height))] = covered_pixels(&corners, source.size()) else { return Ok(None) };
        // At the view's own resolution, a view pixel takes one bilinear lookup.
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

/// The number of photo pixels per view pixel.
pub(super) fn span(placement: &Placement, size: usize) -> f64 {
    placement.width / TEMPLE_X / (size.max(2) - 1) as f64
}

/// The refiner, ready for inference.
#[derive(Debug)]
pub(super) struct Refiner {
    chain: Chain,
    size: usize,
    attributes: bool,
}

impl Refiner {
    pub(crate) fn new(spec: &RefinerSpec, parameters: &Parameters, instructions: Instructions) -> Result<Self> {
        let chain = chain(&spec.layers(), parameters, instructions)?;
        Ok(Self { chain, size: spec.size, attributes: spec.attributes })
    }

    /// The side of the view, in pixels.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Runs the network on the view of a placement. `None` if the placement is invalid, the
    /// predicted pupils coincide or are not finite.
    pub(crate) fn refine(&self, region: &Region, placement: &Placement) -> Option<LocatedFace> {
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
        let outputs = self.chain.run(&view);
        let output = outputs.pixel(0, 0);
        let (pupils, unit) = canonical_pupils();
        let pupil = |k: usize| {
            let [x, y] = pupils[k];
            to_photo.apply([x + unit * f64::from(output[1 + 2 * k]), y + unit * f64::from(output[2 + 2 * k])])
        };
        let attributes = self.attributes.then(|| FaceAttributes::from_outputs(&output[OUTPUTS..]));
        let found = LocatedFace { pupils: [pupil(0), pupil(1)], score: sigmoid(output[0]), attributes };
        (found.pupil_distance() > 1e-3 && found.pupils.iter().flatten().all(|x| x.is_finite())).then_some(found)
    }
}
