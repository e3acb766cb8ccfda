//! The homography that aligns the landmarks of glasses with those of a face, or other points with
//! their right places.

use super::{GLASSES, Landmarks, Point};
use stgan::internals::homography::DIMENSION;
use stgan::{Error, Homography, Result};

/// The maximum number of Levenberg–Marquardt iterations. Turned heads need about ten.
const MAX_ITERATIONS: usize = 200;

/// The step of the central differences, whose error is then about 1e-10 because exp is analytic.
const DIFFERENCE_STEP: f64 = 1e-5;

/// The maximum coordinate of a landmark, in canonical units.
const MAX_COORDINATE: f64 = 100.0;

/// The parameters p at which exp(−p) maps the landmarks [`GLASSES`] as close as possible to
/// `target`, in the sense of least squares.
///
/// `target` is in canonical coordinates of the view, as [`crate::data::augment::Example::target`].
/// Eight points determine eight parameters, so the fit is exact for a frontal face and nearly exact
/// for a turned one.
///
/// # Errors
/// Those of [`align`]. [`Error::Degenerate`] too if a lens is mirrored.
pub fn solve(target: &Landmarks) -> Result<[f64; DIMENSION]> {
    let size = super::distance(target[0], target[1]);
    let across = [target[1][0] - target[0][0], target[1][1] - target[0][1]];
    let upright = |below: usize, above: usize| {
        let down = [target[below][0] - target[above][0], target[below][1] - target[above][1]];
        across[0] * down[1] - across[1] * down[0] > 1e-3 * size * size
    };
    let (p, cost) = align(&GLASSES, target)?;
    // An error of half an inter-pupil distance means that these are not landmarks of a face.
    if !upright(4, 6) || !upright(5, 7) || (cost / 8.0).sqrt() > 0.5 * size {
        return degenerate("no homography aligns the glasses with the landmarks");
    }
    Ok(p)
}

/// The parameters p at which exp(−p) maps the points `from` as close as possible to `target`, in
/// the sense of least squares, and the sum of the squared distances. All in canonical coordinates.
///
/// Levenberg–Marquardt starts at the best similarity.
///
/// # Errors
/// [`Error::Degenerate`] if a point is not finite, or if the points of one side are collinear or
/// mirrored.
pub fn align(from: &Landmarks, target: &Landmarks) -> Result<([f64; DIMENSION], f64)> {
    if from.iter().chain(target).flatten().any(|x| !x.is_finite() || x.abs() > MAX_COORDINATE) {
        return degenerate("a landmark is not finite, or far outside the view");
    }
    let Some(mut p) = similarity(from, target) else {
        return degenerate("the landmarks are collinear or mirrored");
    };
    let (mut residuals, mut cost) = distances(&p, from, target);
    let mut damping = 1e-4;
    for _ in 0..MAX_ITERATIONS {
        let (normal, gradient) = normal_equations(&p, from, &residuals);
        let mut improved = false;
        while damping < 1e10 {
            let mut damped = normal;
            for (i, row) in damped.iter_mut().enumerate() {
                row[i] += damping * (normal[i][i] + 1e-9);
            }
            let Some(step) = eliminate(damped, gradient) else {
                damping *= 10.0;
                continue;
            };
            let next: [f64; DIMENSION] = std::array::from_fn(|i| p[i] - step[i]);
            let (r, c) = distances(&next, from, target);
            if c <= cost {
                let small = step.iter().all(|s| s.abs() < 1e-12);
                (p, residuals, cost, improved) = (next, r, c, !small);
                damping = (damping * 0.1).max(1e-12);
                break;
            }
            damping *= 10.0;
        }
        if !improved {
            break;
        }
    }
    if !cost.is_finite() { degenerate("no homography aligns the landmarks") } else { Ok((p, cost)) }
}

fn degenerate<T>(reason: &'static str) -> Result<T> {
    Err(Error::Degenerate(reason))
}

/// The parameters of the best similarity S: x ↦ z x + t (complex numbers), so that exp(−p) = S.
/// None if the points of one side are collinear or mirrored.
fn similarity(from: &Landmarks, target: &Landmarks) -> Option<[f64; DIMENSION]> {
    let mean = |points: &Landmarks| [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / 8.0);
    let (middle, place) = (mean(from), mean(target));
    let sum = |term: &dyn Fn(Point, Point) -> f64| -> f64 {
        let centred =
            |(f, t): (&Point, &Point)| term([f[0] - middle[0], f[1] - middle[1]], [t[0] - place[0], t[1] - place[1]]);
        from.iter().zip(target).map(centred).sum()
    };
    // The determinant of the covariance: its sign is that of the best affine map.
    let area =
        sum(&|f, t| f[0] * t[0]) * sum(&|f, t| f[1] * t[1]) - sum(&|f, t| f[0] * t[1]) * sum(&|f, t| f[1] * t[0]);
    let [square, other] = [sum(&|f, _| f[0] * f[0] + f[1] * f[1]), sum(&|_, t| t[0] * t[0] + t[1] * t[1])];
    if area <= 1e-4 * square * other || square * other < 1e-24 {
        return None;
    }
    let zx = sum(&|f, t| f[0] * t[0] + f[1] * t[1]) / square;
    let zy = sum(&|f, t| f[0] * t[1] - f[1] * t[0]) / square;
    let (scale, angle) = (zx.hypot(zy), zy.atan2(zx));
    let (a, b) = (scale.ln(), angle);
    let t = [place[0] - zx * middle[0] + zy * middle[1], place[1] - zy * middle[0] - zx * middle[1]];
    // The translation of the logarithm is t · l / (z − 1) with l = ln z.
    let (dx, dy) = (zx - 1.0, zy);
    let norm = dx * dx + dy * dy;
    let factor = if norm < 1e-16 { [1.0, 0.0] } else { [(a * dx + b * dy) / norm, (b * dx - a * dy) / norm] };
    let shift = [factor[0] * t[0] - factor[1] * t[1], factor[1] * t[0] + factor[0] * t[1]];
    // The matrix [a −b; b a] minus a third of its trace, negated.
    Some([-shift[0], b, -a / 3.0, 0.0, -shift[1], -b, 2.0 * a / 3.0, 0.0])
}

type Residuals = [f64; 16];

fn distances(p: &[f64; DIMENSION], from: &Landmarks, target: &Landmarks) -> (Residuals, f64) {
    let found = points(p, from);
    let residuals: Residuals = std::array::from_fn(|i| found[i] - target[i / 2][i % 2]);
    let cost = residuals.iter().map(|r| r * r).sum::<f64>();
    (residuals, if cost.is_finite() { cost } else { f64::INFINITY })
}

/// The points `from` under exp(−p). A point that crosses the horizon is mapped to
/// infinity.
fn points(p: &[f64; DIMENSION], from: &Landmarks) -> Residuals {
    let map = Homography::exp(&p.map(|x| -x));
    let mut found = [f64::INFINITY; 16];
    for (k, [x, y]) in from.iter().copied().enumerate() {
        let [u, v, w] = map.apply_homogeneous([x, y, 1.0]);
        if w > 1e-6 {
            (found[2 * k], found[2 * k + 1]) = (u / w, v / w);
        }
    }
    found
}

/// JᵀJ and Jᵀr.
fn normal_equations(
    p: &[f64; DIMENSION],
    from: &Landmarks,
    residuals: &Residuals,
) -> ([[f64; DIMENSION]; DIMENSION], [f64; DIMENSION]) {
    let columns: [Residuals; DIMENSION] = std::array::from_fn(|i| {
        let (mut more, mut less) = (*p, *p);
        more[i] += DIFFERENCE_STEP;
        less[i] -= DIFFERENCE_STEP;
        let (more, less) = (points(&more, from), points(&less, from));
        std::array::from_fn(|k| (more[k] - less[k]) / (2.0 * DIFFERENCE_STEP))
    });
    let dot = |a: &Residuals, b: &Residuals| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let normal = std::array::from_fn(|i| std::array::from_fn(|j| dot(&columns[i], &columns[j])));
    (normal, std::array::from_fn(|i| dot(&columns[i], residuals)))
}

/// Gaussian elimination with row pivoting. None if the matrix is singular.
fn eliminate(mut m: [[f64; DIMENSION]; DIMENSION], mut v: [f64; DIMENSION]) -> Option<[f64; DIMENSION]> {
    for k in 0..DIMENSION {
        let pivot = (k..DIMENSION).max_by(|&i, &j| m[i][k].abs().total_cmp(&m[j][k].abs()))?;
        m.swap(k, pivot);
        v.swap(k, pivot);
        if m[k][k].abs() < 1e-300 || !m[k][k].is_finite() {
            return None;
        }
        for i in k + 1..DIMENSION {
            let factor = m[i][k] / m[k][k];
            let upper = m[k];
            for (below, above) in m[i].iter_mut().zip(upper).skip(k) {
                *below -= factor * above;
            }
            v[i] -= factor * v[k];
        }
    }
    for k in (0..DIMENSION).rev() {
        let known: f64 = (k + 1..DIMENSION).map(|j| m[k][j] * v[j]).sum();
        v[k] = (v[k] - known) / m[k][k];
    }
    v.iter().all(|x| x.is_finite()).then_some(v)
}

#[cfg(test)]
mod tests {
    use super::super::{apply, distance, error, from_landmarks};
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::StandardNormal;

    fn glasses_at(p: &[f64; DIMENSION]) -> Landmarks {
        apply(&Homography::exp(&p.map(|x| -x)), &GLASSES)
    }

    fn cost(p: &[f64; DIMENSION], target: &Landmarks) -> f64 {
        distances(p, &GLASSES, target).1
    }

    #[test]
    fn solving_recovers_the_parameters_of_warped_glasses() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for spread in [0.0, 1e-9, 0.02, 0.1, 0.2] {
            for _ in 0..50 {
                let p: [f64; DIMENSION] = std::array::from_fn(|_| spread * rng.sample::<f64, _>(StandardNormal));
                let found = solve(&glasses_at(&p)).unwrap();
                assert!(found.iter().zip(p).all(|(a, b)| (a - b).abs() < 1e-7), "{p:?}: {found:?}");
            }
        }
    }

    #[test]
    fn similarities_are_solved_by_the_initial_guess() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for _ in 0..50 {
            let mut draw = |spread: f64| spread * rng.sample::<f64, _>(StandardNormal);
            let s = Homography::similarity(draw(0.3).exp(), draw(0.5), draw(0.5), draw(0.5));
            let target = apply(&s, &GLASSES);
            assert!(cost(&similarity(&GLASSES, &target).unwrap(), &target) < 1e-20);
            assert!(cost(&solve(&target).unwrap(), &target) < 1e-20);
        }
    }

    #[test]
    fn a_turned_head_is_solved_better_than_by_a_similarity_and_at_a_minimum() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for turn in [0.0, 0.1, 0.25, 0.4, 0.5] {
            for _ in 0..20 {
                let mut y = || -0.19 + 0.03 * rng.sample::<f64, _>(StandardNormal);
                let (irises, temples) = ([[-0.28, y()], [0.28, y()]], [[-0.61 - turn, y()], [0.61 - turn, y()]]);
                let target = from_landmarks(irises, temples);
                let p = solve(&target).unwrap();
                let best = cost(&p, &target);
                assert!(best <= cost(&similarity(&GLASSES, &target).unwrap(), &target));
                assert!(error(&glasses_at(&p), &target) < 0.04 + 0.3 * turn, "{turn}: {p:?}");
                for i in 0..DIMENSION {
                    for by in [-1e-3, 1e-3] {
                        let mut other = p;
                        other[i] += by;
                        assert!(cost(&other, &target) > best, "turned by {turn}, parameter {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn points_that_are_not_a_face_are_rejected() {
        let face = GLASSES;
        let mut broken = vec![[[0.0; 2]; 8], face.map(|[x, _]| [x, 0.0]), face.map(|[_, y]| [0.0, y])];
        broken.push(face.map(|[x, y]| [-x, y]));
        broken.push(face.map(|[x, y]| [x, -y]));
        broken.push(face.map(|[x, y]| [x * 1e6, y * 1e6]));
        for i in 0..8 {
            let mut one = face;
            one[i][0] = f64::NAN;
            broken.push(one);
            one[i][0] = f64::INFINITY;
            broken.push(one);
        }
        let mut torn = face;
        (torn[2], torn[3]) = ([9.0, 9.0], [-9.0, 4.0]);
        broken.push(torn);
        for target in broken {
            assert_eq!(solve(&target).unwrap_err().code(), "degenerate", "{target:?}");
        }
        assert!(distance(face[0], face[1]) > 0.0 && solve(&face).is_ok());
    }
}
