//! The similarity that moves points closest to other points.

use crate::Homography;

/// The similarity (rotation, scale, translation) that maps `from` closest to `to`, by least
/// squares. All entries are NaN if the points of `from` coincide.
pub fn closest_similarity(from: &[[f64; 2]], to: &[[f64; 2]]) -> Homography {
    let n = from.len() as f64;
    let mean = |points: &[[f64; 2]]| points.iter().fold([0.0; 2], |m, p| [m[0] + p[0] / n, m[1] + p[1] / n]);
    let (a, b) = (mean(from), mean(to));
    let (mut dot, mut cross, mut square) = (0.0, 0.0, 0.0);
    for (p, q) in from.iter().zip(to) {
        let ([px, py], [qx, qy]) = ([p[0] - a[0], p[1] - a[1]], [q[0] - b[0], q[1] - b[1]]);
        dot += px * qx + py * qy;
        cross += px * qy - py * qx;
        square += px * px + py * py;
    }
    let (cos, sin) = (dot / square, cross / square);
    let ([ax, ay], [bx, by]) = (a, b);
    Homography([cos, -sin, bx - cos * ax + sin * ay, sin, cos, by - sin * ax - cos * ay, 0.0, 0.0, 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similarity_is_found_from_points_that_it_moves() {
        let from = [[3.0, 1.0], [-2.0, 4.0], [0.5, -7.0], [6.0, 6.0]];
        let truth = Homography::similarity(1.7, 0.4, -3.0, 12.0);
        let found = closest_similarity(&from, &from.map(|p| truth.apply(p)));
        assert!(found.0.iter().zip(truth.0).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        assert!(!closest_similarity(&[[1.0, 1.0]; 3], &[[0.0, 2.0]; 3]).is_finite());
    }
}
