//! The poses of stiff, flat glasses in front of a camera.
//!
//! A general homography can tear glasses apart: it shears them, or makes one lens much higher than
//! the other. The image of stiff glasses has seven degrees of freedom: rotation, size and position
//! in the image, and the distance from the camera. With x and y in lens distances, R the rotation,
//! s the size, m the position relative to the principal point and k the lens distance over the
//! distance from the camera:
//!
//! ```text
//!     image = (s · R (x, y, 0)_xy + m) / (1 + k · R (x, y, 0)_z)
//! ```

use super::{EYE_Y, GlassesPlane, PUPIL_X, TEMPLE_X};
use crate::Homography;

/// The largest turn of a head to a side, and up or down, in radians.
const MAX_YAW: f64 = 60.0 / 180.0 * std::f64::consts::PI;
const MAX_PITCH: f64 = 45.0 / 180.0 * std::f64::consts::PI;

/// The largest lens distance over the distance from the camera: an arm's length is about 1/9, and a
/// phone 25 cm from the face 1/4.
const MAX_NEARNESS: f64 = 0.25;

/// The smallest focal length in longer sides of the image: a field of view of 100°.
///
/// There is no largest one. A crop, of which the camera is unknown, looks like a photo through a
/// longer lens.
const MIN_FOCAL_LENGTH: f64 = 0.4195;

/// The offset of the points above and below the lens centres, in lens distances.
const REACH: f64 = 0.3;

/// The end of the front, in lens distances.
const END: f64 = 0.5 * TEMPLE_X / PUPIL_X;

/// The points of the front that determine its pose, in lens distances: lens centres, ends, points
/// below and above the lens centres.
const FRONT: [[f64; 2]; 8] =
    [[-0.5, 0.0], [0.5, 0.0], [-END, 0.0], [END, 0.0], [-0.5, REACH], [0.5, REACH], [-0.5, -REACH], [0.5, -REACH]];

/// Two coordinates of each point.
const RESIDUALS: usize = 2 * FRONT.len();

/// s · cos(roll), s · sin(roll), m (x, y), yaw, pitch, k.
const UNKNOWNS: usize = 7;
const YAW: usize = 4;
const PITCH: usize = 5;
const NEARNESS: usize = 6;

type Unknowns = [f64; UNKNOWNS];

/// The maximum number of Levenberg–Marquardt iterations. Poses of turned heads need about six.
const MAX_ITERATIONS: usize = 20;

/// A pose that stiff glasses can have, near an arbitrary one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StiffPose {
    /// The plane of the glasses in that pose.
    pub plane: GlassesPlane,
    /// The mean distance between the points of the front in both poses: lens centres, ends, points
    /// above and below the lens centres. The unit is the lens distance of [`StiffPose::plane`].
    pub moved: f64,
}

impl GlassesPlane {
    /// The pose of stiff glasses in front of a camera that is nearest to this plane, on an image of
    /// `size` (width, height) pixels.
    ///
    /// The camera has a field of view of at most 100° over the longer side and looks at the centre
    /// of the image. The head is turned by at most 60° and tilted by at most 45°, at least four
    /// lens distances away. Such a pose is its own nearest one.
    ///
    /// Returns `None` if the plane is mirrored, maps a point of the front to infinity, or is not
    /// finite.
    pub fn stiff(&self, size: (u32, u32)) -> Option<StiffPose> {
        let unit = 2.0 * PUPIL_X;
        let to_image = self.0 * Homography::similarity(unit, 0.0, 0.0, EYE_Y);
        let horizon = to_image.0[8];
        let mut seen = [[0.0; 2]; FRONT.len()];
        for (seen, [x, y]) in seen.iter_mut().zip(FRONT) {
            let [u, v, w] = to_image.apply_homogeneous([x, y, 1.0]);
            let before_horizon = w * horizon > 0.0;
            if !before_horizon {
                return None;
            }
            *seen = [u / w, v / w];
        }
        // Coordinates relative to the principal point, in units of the size of the front.
        let centre = [0.5 * f64::from(size.0), 0.5 * f64::from(size.1)];
        let scale = spread(&seen) / spread(&FRONT);
        if !scale.is_finite() || scale <= 0.0 {
            return None;
        }
        let seen = seen.map(|point| [0, 1].map(|k| (point[k] - centre[k]) / scale));
        let focal_length = MIN_FOCAL_LENGTH * f64::from(size.0.max(size.1)) / scale;
        let (unknowns, cost) = nearest(&seen, focal_length)?;

        let to_pixels = Homography::similarity(scale, 0.0, centre[0], centre[1]);
        let from_canonical = Homography::similarity(1.0 / unit, 0.0, 0.0, -EYE_Y / unit);
        let plane = GlassesPlane(to_pixels * homography(&unknowns) * from_canonical);
        let found = points(&unknowns);
        let distance = |[a, b]: [f64; 2], [c, d]: [f64; 2]| (a - c).hypot(b - d);
        let total: f64 = found.iter().zip(seen).map(|(a, b)| distance(*a, b)).sum();
        let moved = total / FRONT.len() as f64 / distance(found[0], found[1]);
        (cost.is_finite() && moved.is_finite()).then_some(StiffPose { plane, moved })
    }
}

/// The root mean square distance of points from their centre.
fn spread(points: &[[f64; 2]; FRONT.len()]) -> f64 {
    let count = FRONT.len() as f64;
    let mean = [0, 1].map(|k| points.iter().map(|p| p[k]).sum::<f64>() / count);
    (points.iter().map(|p| (p[0] - mean[0]).powi(2) + (p[1] - mean[1]).powi(2)).sum::<f64>() / count).sqrt()
}

/// The homography from lens distances to image coordinates.
fn homography(&[a, b, x, y, yaw, pitch, k]: &Unknowns) -> Homography {
    let ((sin_yaw, cos_yaw), (sin_pitch, cos_pitch)) = (yaw.sin_cos(), pitch.sin_cos());
    // The images of the two axes of the plane, before the roll.
    let (across, down) = ([cos_yaw, 0.0, -sin_yaw], [sin_pitch * sin_yaw, cos_pitch, sin_pitch * cos_yaw]);
    let rolled = |[u, v, _]: [f64; 3]| [a * u - b * v, b * u + a * v];
    let ([h0, h3], [h1, h4]) = (rolled(across), rolled(down));
    Homography([h0, h1, x, h3, h4, y, k * across[2], k * down[2], 1.0])
}

fn points(unknowns: &Unknowns) -> [[f64; 2]; FRONT.len()] {
    let map = homography(unknowns);
    FRONT.map(|point| map.apply(point))
}

/// The limits of the unknowns.
struct Limits {
    nearness: f64,
}

impl Limits {
    /// The range of an unknown.
    fn of(&self, unknown: usize) -> (f64, f64) {
        match unknown {
            YAW => (-MAX_YAW, MAX_YAW),
            PITCH => (-MAX_PITCH, MAX_PITCH),
            NEARNESS => (0.0, self.nearness),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    fn clamp(&self, unknowns: Unknowns) -> Unknowns {
        std::array::from_fn(|i| {
            let (low, high) = self.of(i);
            unknowns[i].clamp(low, high)
        })
    }
}

/// The unknowns with the smallest squared distance to `seen`, and that distance. `focal_length` is
/// the smallest one.
fn nearest(seen: &[[f64; 2]; FRONT.len()], focal_length: f64) -> Option<(Unknowns, f64)> {
    let (start, size) = affine_start(seen)?;
    let limits = Limits { nearness: MAX_NEARNESS.min(size / focal_length) };
    // Without perspective, a front turned one way looks like one that is turned the other way.
    let mut flipped = start;
    (flipped[YAW], flipped[PITCH]) = (-start[YAW], -start[PITCH]);
    let [a, b] = [start, flipped].map(|start| refine(seen, limits.clamp(start), &limits));
    Some(if b.1 < a.1 { b } else { a })
}

/// The pose without perspective, from the best affine map; and its size. `None` if it is mirrored
/// or has no area.
fn affine_start(seen: &[[f64; 2]; FRONT.len()]) -> Option<(Unknowns, f64)> {
    let count = FRONT.len() as f64;
    let mean = [0, 1].map(|k| seen.iter().map(|p| p[k]).sum::<f64>() / count);
    // The front is symmetric, so the two axes are independent.
    let column = |axis: usize| {
        let square: f64 = FRONT.iter().map(|p| p[axis] * p[axis]).sum();
        [0, 1].map(|k| FRONT.iter().zip(seen).map(|(p, q)| p[axis] * q[k]).sum::<f64>() / square)
    };
    let (across, down) = (column(0), column(1));
    // The map is a rotation times an upper triangular matrix.
    let length = across[0].hypot(across[1]);
    let (cos, sin) = (across[0] / length, across[1] / length);
    let (shear, height) = (cos * down[0] + sin * down[1], cos * down[1] - sin * down[0]);
    let upright = height > 0.0 && length > 0.0;
    if !upright {
        return None;
    }
    // That matrix is s · (cos yaw, sin yaw · sin pitch; 0, cos pitch).
    let sum = length * length + height * height + shear * shear;
    let product = length * height;
    let size = (0.5 * (sum + (sum * sum - 4.0 * product * product).max(0.0).sqrt())).sqrt();
    let (yaw, pitch) = ((length / size).min(1.0).acos(), (height / size).min(1.0).acos());
    let pitch = if shear < 0.0 { -pitch } else { pitch };
    let start = [size * cos, size * sin, mean[0], mean[1], yaw, pitch, 0.5 * MAX_NEARNESS];
    start.iter().all(|x| x.is_finite()).then_some((start, size))
}

type Differences = [f64; RESIDUALS];

fn differences(unknowns: &Unknowns, seen: &[[f64; 2]; FRONT.len()]) -> (Differences, f64) {
    let found = points(unknowns);
    let all: Differences = std::array::from_fn(|i| found[i / 2][i % 2] - seen[i / 2][i % 2]);
    (all, all.iter().map(|r| r * r).sum())
}

/// Levenberg–Marquardt within the limits. An unknown that is at its limit stays there as long as
/// the gradient points outwards.
fn refine(seen: &[[f64; 2]; FRONT.len()], start: Unknowns, limits: &Limits) -> (Unknowns, f64) {
    const STEP: f64 = 1e-6;
    let (mut unknowns, (mut residuals, mut cost)) = (start, differences(&start, seen));
    let mut damping = 1e-3;
    for _ in 0..MAX_ITERATIONS {
        let jacobian: [Differences; UNKNOWNS] = std::array::from_fn(|i| {
            let (mut more, mut less) = (unknowns, unknowns);
            more[i] += STEP;
            less[i] -= STEP;
            let (more, less) = (differences(&more, seen).0, differences(&less, seen).0);
            std::array::from_fn(|r| (more[r] - less[r]) / (2.0 * STEP))
        });
        let dot = |a: &Differences, b: &Differences| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let gradient: Unknowns = std::array::from_fn(|i| dot(&jacobian[i], &residuals));
        let fixed: [bool; UNKNOWNS] = std::array::from_fn(|i| {
            let (low, high) = limits.of(i);
            (unknowns[i] <= low && gradient[i] > 0.0) || (unknowns[i] >= high && gradient[i] < 0.0)
        });
        let mut improved = false;
        while damping < 1e8 {
            let normal: [Unknowns; UNKNOWNS] = std::array::from_fn(|i| {
                std::array::from_fn(|j| match (i == j, fixed[i] || fixed[j]) {
                    (true, true) => 1.0,
                    (false, true) => 0.0,
                    (same, false) => {
                        let value = dot(&jacobian[i], &jacobian[j]);
                        if same { value + damping * (value + 1e-6) } else { value }
                    }
                })
            });
            let free = std::array::from_fn(|i| if fixed[i] { 0.0 } else { gradient[i] });
            let step = solve(normal, free);
            let next = step.map(|step| limits.clamp(std::array::from_fn(|i| unknowns[i] - step[i])));
            let better = next.map(|next| (next, differences(&next, seen))).filter(|(_, (_, other))| *other < cost);
            if let Some((next, (r, c))) = better {
                improved = cost - c > 1e-14 * cost.max(1e-14);
                (unknowns, residuals, cost) = (next, r, c);
                damping *= 0.1;
                break;
            }
            damping *= 10.0;
        }
        if !improved {
            break;
        }
    }
    (unknowns, cost)
}

/// Solves a symmetric positive definite system by Cholesky decomposition. `None` if it is not
/// positive definite.
fn solve(mut m: [Unknowns; UNKNOWNS], mut v: Unknowns) -> Option<Unknowns> {
    for i in 0..UNKNOWNS {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| m[i][k] * m[j][k]).sum();
            let rest = m[i][j] - sum;
            let positive = rest > 0.0;
            if i == j && !positive {
                return None;
            }
            m[i][j] = if i == j { rest.sqrt() } else { rest / m[j][j] };
        }
        let known: f64 = (0..i).map(|k| m[i][k] * v[k]).sum();
        v[i] = (v[i] - known) / m[i][i];
    }
    for i in (0..UNKNOWNS).rev() {
        let known: f64 = (i + 1..UNKNOWNS).map(|k| m[k][i] * v[k]).sum();
        v[i] = (v[i] - known) / m[i][i];
    }
    Some(v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::homography::DIMENSION;

    const PHOTO: (u32, u32) = (800, 600);

    /// The plane of a head in that pose, in front of a camera of 20° to 100°.
    fn plane(k: usize) -> GlassesPlane {
        let at = |i: usize, range: f64| range * ((k * 9 + i) as f64 * 1.37).sin();
        let size = 90.0 + at(0, 50.0);
        let roll = at(1, 0.5);
        let nearness = 0.5 * size / (MIN_FOCAL_LENGTH * 800.0) * (1.0 + at(2, 0.9));
        let place = [at(3, 200.0), at(4, 150.0)];
        let unknowns = [
            size * roll.cos(),
            size * roll.sin(),
            place[0],
            place[1],
            at(5, 0.9 * MAX_YAW),
            at(6, 0.9 * MAX_PITCH),
            nearness.min(0.9 * MAX_NEARNESS),
        ];
        let unit = 2.0 * PUPIL_X;
        let from_canonical = Homography::similarity(1.0 / unit, 0.0, 0.0, -EYE_Y / unit);
        GlassesPlane(Homography::similarity(1.0, 0.0, 400.0, 300.0) * homography(&unknowns) * from_canonical)
    }

    fn warped(plane: &GlassesPlane, p: &[f64; DIMENSION]) -> GlassesPlane {
        GlassesPlane(plane.0 * Homography::exp(p))
    }

    /// The height of the left side over that of the right one.
    fn wedge(plane: &GlassesPlane) -> f64 {
        let corners = plane.corners();
        let side = |a: usize, b: usize| (corners[b][0] - corners[a][0]).hypot(corners[b][1] - corners[a][1]);
        side(0, 3) / side(1, 2)
    }

    #[test]
    fn poses_of_stiff_glasses_stay_as_they_are() {
        for k in 0..400 {
            let stiff = plane(k).stiff(PHOTO).unwrap();
            assert!(stiff.moved < 1e-4, "{k}: {}", stiff.moved);
        }
        let placed = super::super::Placement { x: 90.0, y: 50.0, width: 120.0, rotation: 170.0 };
        let placed = GlassesPlane::new(&placed).unwrap();
        assert!(placed.stiff(PHOTO).unwrap().moved < 1e-9);
    }

    #[test]
    fn torn_glasses_become_stiff_or_are_refused() {
        for k in 0..400 {
            let p: [f64; DIMENSION] = std::array::from_fn(|i| 0.5 * ((k * 8 + i) as f64 * 0.911).sin());
            let torn = warped(&plane(k), &p);
            let Some(stiff) = torn.stiff(PHOTO) else { continue };
            // The result is stiff up to the estimate of its size, on which the nearness depends.
            let again = stiff.plane.stiff(PHOTO).unwrap();
            assert!(again.moved < 0.05, "{k}: {stiff:?}, {again:?}");
            let wedge = wedge(&stiff.plane);
            assert!((0.4..2.5).contains(&wedge), "{k}: {wedge}");
        }
    }

    #[test]
    fn the_wedges_of_turned_heads_are_flattened() {
        // One lens is 1.5 times as high as the other, as no stiff front at 25 cm is.
        let placed = super::super::Placement { x: 400.0, y: 300.0, width: 150.0, rotation: 0.0 };
        let torn = warped(&GlassesPlane::new(&placed).unwrap(), &[0.0, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0]);
        let stiff = torn.stiff(PHOTO).unwrap();
        let [before, after] = [&torn, &stiff.plane].map(|plane| wedge(plane).ln().abs());
        assert!(before > 0.3 && after < 0.7 * before, "{before}, {after}");
        assert!((0.005..0.15).contains(&stiff.moved), "{}", stiff.moved);
    }

    #[test]
    fn mirrored_streaked_and_infinite_planes_have_no_stiff_pose_or_are_far_from_it() {
        let good = plane(3);
        let mirror = GlassesPlane(good.0 * Homography([-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
        let horizon = GlassesPlane(good.0 * Homography([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 3.0, 0.0, 1.0]));
        for bad in [mirror, horizon, GlassesPlane(Homography([f64::NAN; 9])), GlassesPlane(Homography([0.0; 9]))] {
            assert_eq!(bad.stiff(PHOTO), None, "{bad:?}");
        }
        let streak = GlassesPlane(good.0 * Homography([1.0, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 1.0]));
        assert!(streak.stiff(PHOTO).is_none_or(|stiff| stiff.moved > 0.15));
    }
}
