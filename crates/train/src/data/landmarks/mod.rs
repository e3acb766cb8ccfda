//! Landmarks of faces and glasses, and the landmark error.
//!
//! A face and its glasses have eight landmarks each: lens centres, ends, points below the lens
//! centres, points above the lens centres. Of each pair, the subject's right one (on the left of
//! the image) comes first. The landmark error is the mean distance of the first four, in
//! inter-pupil distances.
//!
//! Two kinds of targets exist. The *front* is a stiff flat pair of glasses in the pose of the head
//! ([`from_plane`]). The *visible points* are pupils and temples as seen ([`from_landmarks`]). On
//! a turned head no stiff front meets the visible points, because a temple lies behind the eyes.

mod solve;

pub use solve::{align, solve};

use stgan::internals::pose::{EYE_Y, PUPIL_X, TEMPLE_X};
use stgan::{Homography, Placement, Result};

/// x and y.
pub type Point = [f64; 2];

/// The eight landmarks of a face or of glasses.
pub type Landmarks = [Point; 8];

/// The offset of the points above and below the pupils, in inter-pupil distances.
const OFFSET: f64 = 0.3;

/// The landmarks of glasses in canonical pose.
pub const GLASSES: Landmarks = {
    const DOWN: f64 = OFFSET * 2.0 * PUPIL_X;
    [
        [-PUPIL_X, EYE_Y],
        [PUPIL_X, EYE_Y],
        [-TEMPLE_X, EYE_Y],
        [TEMPLE_X, EYE_Y],
        [-PUPIL_X, EYE_Y + DOWN],
        [PUPIL_X, EYE_Y + DOWN],
        [-PUPIL_X, EYE_Y - DOWN],
        [PUPIL_X, EYE_Y - DOWN],
    ]
};

/// The landmarks of a face, from its irises and temples (each the subject's right one first), in
/// the same units.
///
/// Temples are projected onto the line through the pupils. The points above and below are offset
/// perpendicular to that line by 0.3 inter-pupil distances. On each side this offset is scaled by
/// the distance from the midpoint to the temple, relative to the mean of both sides: on a turned
/// head, the nearer lens is larger.
pub fn from_landmarks(irises: [Point; 2], temples: [Point; 2]) -> Landmarks {
    let [right, left] = irises;
    let eyes = distance(right, left);
    let along = [(left[0] - right[0]) / eyes, (left[1] - right[1]) / eyes];
    let down = [-along[1], along[0]];
    let middle = [0.5 * (right[0] + left[0]), 0.5 * (right[1] + left[1])];
    let reach = temples.map(|t| (t[0] - middle[0]) * along[0] + (t[1] - middle[1]) * along[1]);
    let mean = 0.5 * (reach[0].abs() + reach[1].abs());
    let at = |from: Point, direction: Point, by: f64| [from[0] + by * direction[0], from[1] + by * direction[1]];
    let offset = reach.map(|r| OFFSET * eyes * r.abs() / mean);
    [
        right,
        left,
        at(middle, along, reach[0]),
        at(middle, along, reach[1]),
        at(right, down, offset[0]),
        at(left, down, offset[1]),
        at(right, down, -offset[0]),
        at(left, down, -offset[1]),
    ]
}

/// The points of a stiff front of glasses in an image: what glasses on the face should meet.
///
/// `plane` maps the plane of the glasses to the image: its origin is midway between the lens
/// centres, its unit is the distance between them, x points to the right of the image and y down.
/// `temples` is the width of the head at the temples in that unit. The ends of the front lie on the
/// line through the lens centres, and the points above and below at 0.3 units.
///
/// Returns `None` if a point maps to infinity, if the points are mirrored, or if a number is not
/// finite.
pub fn from_plane(plane: &Homography, temples: f64) -> Option<Landmarks> {
    let end = 0.5 * temples;
    let front: Landmarks = [
        [-0.5, 0.0],
        [0.5, 0.0],
        [-end, 0.0],
        [end, 0.0],
        [-0.5, OFFSET],
        [0.5, OFFSET],
        [-0.5, -OFFSET],
        [0.5, -OFFSET],
    ];
    // All points lie on one side of the horizon.
    let visible = |&[x, y]: &Point| plane.apply_homogeneous([x, y, 1.0])[2] * plane.0[8] > 0.0;
    let points = apply(plane, &front);
    let [across, down] = [[0, 1], [6, 4]].map(|[a, b]: [usize; 2]| [0, 1].map(|k| points[b][k] - points[a][k]));
    let upright = across[0] * down[1] - across[1] * down[0] > 0.0;
    (front.iter().all(visible) && points.iter().flatten().all(|x| x.is_finite()) && upright).then_some(points)
}

/// The height of the nearer lens over that of the farther one, if the head turns like `front`.
///
/// `front` are the landmarks of a stiff front ([`from_plane`]), on which the nearer lens is larger.
pub fn nearer_over_farther(landmarks: &Landmarks, front: &Landmarks) -> f64 {
    let ratio = |l: &Landmarks| distance(l[5], l[7]) / distance(l[4], l[6]);
    if ratio(front) < 1.0 { 1.0 / ratio(landmarks) } else { ratio(landmarks) }
}

/// The landmarks of a face whose temples are unknown. They are placed as on an average frontal
/// face.
///
/// On a turned head this is inaccurate, so high percentiles of the landmark error are not
/// meaningful for such faces.
pub fn from_pupils([right, left]: [Point; 2]) -> Landmarks {
    let at = |share: f64| [0, 1].map(|k| 0.5 * (right[k] + left[k]) + 0.5 * share * (left[k] - right[k]));
    from_landmarks([right, left], [at(-TEMPLE_X / PUPIL_X), at(TEMPLE_X / PUPIL_X)])
}

/// The landmark error: the mean distance of lens centres and ends, in units of the distance between
/// the lens centres of `target`.
pub fn error(actual: &Landmarks, target: &Landmarks) -> f64 {
    let sum: f64 = actual.iter().zip(target).take(4).map(|(a, b)| distance(*a, *b)).sum();
    sum / 4.0 / distance(target[0], target[1])
}

/// Maps all landmarks by a homography.
pub fn apply(h: &Homography, landmarks: &Landmarks) -> Landmarks {
    landmarks.map(|point| h.apply(point))
}

/// The placement of glasses with the least squared distance of lens centres and ends to `target`.
pub fn placement(target: &Landmarks) -> Placement {
    let n = 4.0;
    let mean = |points: &Landmarks| {
        let sum = points.iter().take(4).fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
        [sum[0] / n, sum[1] / n]
    };
    // The mean of the four points is (0, EYE_Y), the centre of the placement.
    let (from, to) = (mean(&GLASSES), mean(target));
    let (mut dot, mut cross, mut square) = (0.0, 0.0, 0.0);
    for (f, t) in GLASSES.iter().zip(target).take(4) {
        let (fx, fy, tx, ty) = (f[0] - from[0], f[1] - from[1], t[0] - to[0], t[1] - to[1]);
        dot += fx * tx + fy * ty;
        cross += fx * ty - fy * tx;
        square += fx * fx + fy * fy;
    }
    let scale = dot.hypot(cross) / square;
    Placement { x: to[0], y: to[1], width: 2.0 * TEMPLE_X * scale, rotation: cross.atan2(dot).to_degrees() }
}

/// The homography from canonical coordinates of glasses to the image whose landmarks meet those of
/// the face best.
///
/// # Errors
/// Those of [`solve`], and those of [`Placement::to_photo`] if the landmarks have no placement.
pub fn glasses_to_image(target: &Landmarks) -> Result<Homography> {
    let to_image = placement(target).to_photo()?;
    let p = solve(&apply(&to_image.inverse()?, target))?;
    Ok(to_image * Homography::exp(&p.map(|x| -x)))
}

/// The similarity that maps two points to two others. None if the first two coincide or if a number
/// is not finite.
pub fn similarity([a, b]: [Point; 2], [c, d]: [Point; 2]) -> Option<Homography> {
    let (u, v) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let square = u[0] * u[0] + u[1] * u[1];
    let (cos, sin) = ((u[0] * v[0] + u[1] * v[1]) / square, (u[0] * v[1] - u[1] * v[0]) / square);
    let map = Homography([
        cos,
        -sin,
        c[0] - cos * a[0] + sin * a[1],
        sin,
        cos,
        c[1] - sin * a[0] - cos * a[1],
        0.0,
        0.0,
        1.0,
    ]);
    map.0.iter().all(|x| x.is_finite()).then_some(map).filter(|_| cos.hypot(sin) > 0.0)
}

/// The distance between two points.
pub fn distance(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placement_of_a_frontal_face_is_exact() {
        let truth = Placement { x: 120.0, y: 80.0, width: 90.0, rotation: 7.0 };
        let to_photo = truth.to_photo().unwrap();
        let on_photo = apply(&to_photo, &GLASSES);
        let target = from_landmarks([on_photo[0], on_photo[1]], [on_photo[2], on_photo[3]]);
        assert!(error(&on_photo, &target) < 1e-12);
        assert!(on_photo.iter().zip(target).all(|(a, b)| distance(*a, b) < 1e-9));
        let found = placement(&target);
        assert!((found.x - 120.0).abs() < 1e-9 && (found.y - 80.0).abs() < 1e-9);
        assert!((found.width - 90.0).abs() < 1e-9 && (found.rotation - 7.0).abs() < 1e-9);
    }

    #[test]
    fn two_point_pairs_determine_a_similarity() {
        let map = similarity([[1.0, 2.0], [4.0, 6.0]], [[10.0, 0.0], [10.0, 10.0]]).unwrap();
        assert!(distance(map.apply([1.0, 2.0]), [10.0, 0.0]) < 1e-12);
        assert!(distance(map.apply([4.0, 6.0]), [10.0, 10.0]) < 1e-12);
        assert!(similarity([[1.0, 2.0], [1.0, 2.0]], [[0.0, 0.0], [1.0, 0.0]]).is_none());
        assert!(similarity([[1.0, 2.0], [3.0, 2.0]], [[0.0, f64::NAN], [1.0, 0.0]]).is_none());
    }

    #[test]
    fn a_shift_by_one_inter_pupil_distance_is_an_error_of_one() {
        let target = from_landmarks([[10.0, 0.0], [20.0, 0.0]], [[4.0, 3.0], [27.0, 3.0]]);
        assert!((error(&target.map(|[x, y]| [x, y + 10.0]), &target) - 1.0).abs() < 1e-12);
        // The left temple is farther from the midpoint, so the left lens is larger.
        assert!(target[5][1] > target[4][1]);
    }
}
