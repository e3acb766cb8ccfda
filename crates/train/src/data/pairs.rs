//! Points of a foreground, and where they belong.

use super::landmarks::{self, Landmarks, Point};
use stgan::Homography;
use stgan::internals::homography::DIMENSION;

/// Points of a foreground in canonical pose and their right places in the view, both in canonical
/// coordinates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PointPairs {
    pub foreground: Landmarks,
    pub view: Landmarks,
    /// The number of points, from the first on, that measure the error.
    pub measured: usize,
    /// The length that is an error of 1, in canonical units of x.
    pub unit: f64,
    /// The length of a canonical unit of y, in canonical units of x.
    pub aspect: f64,
}

impl PointPairs {
    /// The landmarks of glasses in canonical pose, and those of a face.
    pub(crate) fn of_face(face: &Landmarks) -> Self {
        let unit = landmarks::distance(face[0], face[1]);
        Self { foreground: landmarks::GLASSES, view: *face, measured: 4, unit, aspect: 1.0 }
    }

    /// The mean distance of the measured points from their places, for warp parameters `params`.
    /// Their mean horizontal offset is multiplied by `horizontal` before.
    pub(crate) fn error(&self, params: &[f64; DIMENSION], horizontal: f64) -> f64 {
        let inverse = Homography::exp(&params.map(|x| -x));
        let offset = |(from, to): (&Point, &Point)| {
            let [x, y] = inverse.apply(*from);
            [x - to[0], self.aspect * (y - to[1])]
        };
        let offsets: Vec<Point> = self.foreground.iter().zip(&self.view).take(self.measured).map(offset).collect();
        let n = self.measured as f64;
        let left_out = (1.0 - horizontal) * offsets.iter().map(|offset| offset[0]).sum::<f64>() / n;
        offsets.iter().map(|[x, y]| (x - left_out).hypot(*y)).sum::<f64>() / n / self.unit
    }

    /// The warp parameters at which all points meet their places, in the sense of least squares.
    ///
    /// # Errors
    /// Those of [`landmarks::align`].
    pub(crate) fn right_params(&self) -> stgan::Result<[f64; DIMENSION]> {
        Ok(landmarks::align(&self.foreground, &self.view)?.0)
    }
}
