//! The homography that best moves the image of a piece from one view to another.

use stgan::{BitmapRef, Homography};

type Point = [f64; 2];

/// The number of unknowns: a homography whose last entry is 1.
const UNKNOWNS: usize = 8;

/// The homography with the least squared distances to `to`, and their root mean square.
///
/// Returns `None` for fewer than four points, points on a line, numbers that are not finite, and if
/// one of the points lies close to the horizon.
pub fn fit_homography(from: &[Point], to: &[Point]) -> Option<(Homography, f64)> {
    if from.len() < 4 || from.len() != to.len() {
        return None;
    }
    let (normal_from, normal_to) = (normalisation(from)?, normalisation(to)?);
    let pairs: Vec<(Point, Point)> =
        from.iter().zip(to).map(|(a, b)| (normal_from.apply(*a), normal_to.apply(*b))).collect();
    let mut h = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    // Gauss-Newton from the best affine map, in which the last two unknowns stay 0.
    for (iteration, unknowns) in [6].into_iter().chain([UNKNOWNS; 12]).enumerate() {
        let step = gauss_newton(&h, &pairs, unknowns)?;
        h.iter_mut().zip(step).for_each(|(h, s)| *h += s);
        if iteration > 2 && step.iter().all(|s| s.abs() < 1e-10) {
            break;
        }
    }
    let map = normal_to.inverse().ok()? * matrix(&h) * normal_from;
    let map = map.normalized().ok()?;
    let squares = from.iter().zip(to).map(|(a, b)| {
        let c = map.apply(*a);
        (c[0] - b[0]).powi(2) + (c[1] - b[1]).powi(2)
    });
    let rms = (squares.sum::<f64>() / from.len() as f64).sqrt();
    rms.is_finite().then_some((map, rms))
}

fn matrix(h: &[f64; UNKNOWNS]) -> Homography {
    Homography([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0])
}

/// The map to points around the origin at a mean squared distance of 2.
fn normalisation(points: &[Point]) -> Option<Homography> {
    let n = points.len() as f64;
    let mean = points.iter().fold([0.0; 2], |m, p| [m[0] + p[0] / n, m[1] + p[1] / n]);
    let spread = points.iter().map(|p| (p[0] - mean[0]).powi(2) + (p[1] - mean[1]).powi(2)).sum::<f64>() / n;
    let scale = (2.0 / spread).sqrt();
    scale.is_finite().then(|| Homography::similarity(scale, 0.0, -scale * mean[0], -scale * mean[1]))
}

/// One step of Gauss-Newton on the first `unknowns` entries.
fn gauss_newton(h: &[f64; UNKNOWNS], pairs: &[(Point, Point)], unknowns: usize) -> Option<[f64; UNKNOWNS]> {
    const HORIZON: f64 = 0.05;
    let mut system = [[0.0; UNKNOWNS + 1]; UNKNOWNS];
    for &([x, y], target) in pairs {
        let w = h[6] * x + h[7] * y + 1.0;
        if w < HORIZON {
            return None;
        }
        let mapped = [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
        for k in 0..2 {
            let mut row = [0.0; UNKNOWNS];
            row[3 * k..3 * k + 3].copy_from_slice(&[x / w, y / w, 1.0 / w]);
            (row[6], row[7]) = (-mapped[k] * x / w, -mapped[k] * y / w);
            for i in 0..unknowns {
                for j in 0..unknowns {
                    system[i][j] += row[i] * row[j];
                }
                system[i][UNKNOWNS] += row[i] * (target[k] - mapped[k]);
            }
        }
    }
    for (i, row) in system.iter_mut().enumerate() {
        row[i] += if i < unknowns { 1e-12 * pairs.len() as f64 } else { 1.0 };
    }
    solve(system)
}

/// Solves a linear system by elimination with pivots.
fn solve(mut rows: [[f64; UNKNOWNS + 1]; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    for i in 0..UNKNOWNS {
        let pivot = (i..UNKNOWNS).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs()))?;
        rows.swap(i, pivot);
        if rows[i][i].abs() < 1e-14 || !rows[i][i].is_finite() {
            return None;
        }
        let pivot = rows[i];
        for row in rows.iter_mut().skip(i + 1) {
            let factor = row[i] / pivot[i];
            row.iter_mut().zip(pivot).for_each(|(x, p)| *x -= factor * p);
        }
    }
    let mut solution = [0.0; UNKNOWNS];
    for i in (0..UNKNOWNS).rev() {
        let known: f64 = (i + 1..UNKNOWNS).map(|j| rows[i][j] * solution[j]).sum();
        solution[i] = (rows[i][UNKNOWNS] - known) / rows[i][i];
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

/// How much of two silhouettes coincides, in [0, 1]: the area of their intersection over that of
/// their union.
///
/// `to_image` maps pixels of `cutout` to pixels of the image, whose pixels the piece covers by
/// `coverage`, rows of `width` pixels. A map without an inverse gives 0.
pub fn overlap(cutout: BitmapRef, to_image: &Homography, coverage: &[f32], width: usize) -> f64 {
    let Ok(inverse) = to_image.inverse() else { return 0.0 };
    let (mut both, mut either) = (0.0, 0.0);
    for (i, &covered) in coverage.iter().enumerate() {
        let pixel = [(i % width) as f64 + 0.5, (i / width) as f64 + 0.5];
        let covered = f64::from(covered);
        let moved = alpha(cutout, inverse.apply(pixel));
        both += covered.min(moved);
        either += covered.max(moved);
    }
    if either > 0.0 { both / either } else { 0.0 }
}

/// The bilinear alpha at a point, 0 outside.
fn alpha(image: BitmapRef, [x, y]: Point) -> f64 {
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    let (x, y) = (x - 0.5, y - 0.5);
    if !(x > -1.0 && y > -1.0 && x < width as f64 && y < height as f64) {
        return 0.0;
    }
    let at = |i: i64, j: i64| {
        let inside = i >= 0 && j >= 0 && i < width && j < height;
        if inside { f64::from(image.data()[(4 * (j * width + i) + 3) as usize]) / 255.0 } else { 0.0 }
    };
    let (i, j) = (x.floor(), y.floor());
    let (fx, fy) = (x - i, y - j);
    let row = |j: i64| at(i as i64, j) * (1.0 - fx) + at(i as i64 + 1, j) * fx;
    row(j as i64) * (1.0 - fy) + row(j as i64 + 1) * fy
}
