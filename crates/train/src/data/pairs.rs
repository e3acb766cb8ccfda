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
    pub(crate) fn error(&self, params: &[f64; DIMENSION]) -> f64 {
        let inverse = Homography::exp(&params.map(|x| -x));
        let distance = |(from, to): (&Point, &Point)| {
            let [x, y] = inverse.apply(*from);
            landmarks::distance([x, self.aspect * y], [to[0], self.aspect * to[1]])
        };
        let sum: f64 = self.foreground.iter().zip(&self.view).take(self.measured).map(distance).sum();
        sum / self.measured as f64 / self.unit
    }
}
