//! The similarity that moves points closest to other points.

use crate::data::landmarks::Point;

/// A rotation with a scale, about the mean of some points, and a translation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Similarity {
    /// Cosine and sine of the rotation, times the scale.
    turn: [f64; 2],
    /// The mean of the points, and where it goes.
    means: [Point; 2],
}

impl Similarity {
    /// The least-squares fit that maps `from` to `to`. All entries are NaN if the points of `from`
    /// coincide.
    pub(super) fn closest(from: &[Point], to: &[Point]) -> Self {
        let n = from.len() as f64;
        let mean = |points: &[Point]| points.iter().fold([0.0; 2], |m, p| [m[0] + p[0] / n, m[1] + p[1] / n]);
        let (a, b) = (mean(from), mean(to));
        let (mut dot, mut cross, mut square) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let ([px, py], [qx, qy]) = ([p[0] - a[0], p[1] - a[1]], [q[0] - b[0], q[1] - b[1]]);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            square += px * px + py * py;
        }
        Self { turn: [dot / square, cross / square], means: [a, b] }
    }

    pub(super) fn apply(&self, point: Point) -> Point {
        let ([cos, sin], [a, b]) = (self.turn, self.means);
        let (x, y) = (point[0] - a[0], point[1] - a[1]);
        [b[0] + cos * x - sin * y, b[1] + sin * x + cos * y]
    }

    /// The factor of lengths.
    pub(super) fn scale(&self) -> f64 {
        self.turn[0].hypot(self.turn[1])
    }

    /// The rotation in radians, from x towards y.
    pub(super) fn angle(&self) -> f64 {
        self.turn[1].atan2(self.turn[0])
    }
}
