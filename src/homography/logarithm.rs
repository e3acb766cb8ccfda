//! The logarithm of a homography: its sl(3) coordinates.

use crate::Homography;
use crate::homography::DIMENSION;

/// The maximum number of square roots. Each halves the logarithm.
const MAX_ROOTS: usize = 12;

/// The coordinates p with exp(A(p)) = `map`, up to scale: the inverse of [`Homography::exp`].
///
/// Inverse scaling and squaring (Higham 2008, section 11.5). `None` if the map has no real
/// logarithm, as a mirrored one, or is not finite.
pub(super) fn logarithm(map: &Homography) -> Option<[f64; DIMENSION]> {
    let scale = determinant(map).cbrt();
    // A negative determinant may only be a negative scale, which has no effect.
    let mut root = scaled(map, 1.0 / scale);
    let mut roots = 0;
    while distance_from_identity(&root) > 0.1 {
        if roots == MAX_ROOTS {
            return None;
        }
        root = square_root(&root)?;
        roots += 1;
    }
    // log(A) = 2 artanh(X), X = (A − 1)(A + 1)⁻¹. ‖X‖ is at most 0.06.
    let x = sum(&root, &Homography::IDENTITY, -1.0) * sum(&root, &Homography::IDENTITY, 1.0).inverse().ok()?;
    let square = x * x;
    let (mut power, mut total) = (x, x);
    for n in [3.0, 5.0, 7.0, 9.0, 11.0] {
        power = power * square;
        total = sum(&total, &power, 1.0 / n);
    }
    let [a, b, c, d, e, f, g, h, i] = scaled(&total, 2.0 * 2f64.powi(roots as i32)).0;
    // Rounding leaves a small trace, which is shared equally.
    let trace = (a + e + i) / 3.0;
    let p = [c, b, a - trace, g, f, d, i - trace, h];
    p.iter().all(|x| x.is_finite()).then_some(p)
}

/// The principal square root, by the iteration of Denman and Beavers.
fn square_root(map: &Homography) -> Option<Homography> {
    let (mut y, mut z) = (*map, Homography::IDENTITY);
    for _ in 0..30 {
        let (next_y, next_z) =
            (scaled(&sum(&y, &z.inverse().ok()?, 1.0), 0.5), scaled(&sum(&z, &y.inverse().ok()?, 1.0), 0.5));
        let change = y.0.iter().zip(next_y.0).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        (y, z) = (next_y, next_z);
        if change < 1e-15 {
            break;
        }
    }
    let error = (y * y).0.iter().zip(map.0).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    (error < 1e-9).then_some(y)
}

fn determinant(map: &Homography) -> f64 {
    let [a, b, c, d, e, f, g, h, i] = map.0;
    a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
}

fn scaled(map: &Homography, by: f64) -> Homography {
    Homography(map.0.map(|x| x * by))
}

/// a + by · b.
fn sum(a: &Homography, b: &Homography, by: f64) -> Homography {
    Homography(std::array::from_fn(|i| a.0[i] + by * b.0[i]))
}

fn distance_from_identity(map: &Homography) -> f64 {
    sum(map, &Homography::IDENTITY, -1.0).0.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_inverts_the_exponential() {
        for k in 0..60 {
            let size = 0.02 * (1 + k) as f64;
            let p: [f64; DIMENSION] = std::array::from_fn(|i| ((k * 8 + i) as f64 * 0.737).sin() * size);
            let map = Homography::exp(&p);
            for factor in [1.0, -3.0] {
                let found = logarithm(&scaled(&map, factor)).unwrap();
                assert!(found.iter().zip(p).all(|(a, b)| (a - b).abs() < 1e-8), "{p:?}: {found:?}");
            }
        }
        assert_eq!(logarithm(&Homography::IDENTITY).unwrap(), [0.0; DIMENSION]);
    }

    #[test]
    fn singular_and_mirrored_maps_have_no_logarithm() {
        let mirror = Homography([-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        for map in [mirror, Homography([0.0; 9]), Homography([f64::NAN; 9])] {
            assert_eq!(logarithm(&map), None, "{map:?}");
        }
    }
}
