//! Homographies (3×3 projective maps of the plane) and their sl(3) coordinates, in plain `f64`.
//!
//! A homography is stored row by row and acts on column vectors:
//!
//! ```text
//!     | h0 h1 h2 |   | x |        u = (h0 x + h1 y + h2) / w
//!     | h3 h4 h5 | · | y |        v = (h3 x + h4 y + h5) / w
//!     | h6 h7 h8 |   | 1 |        w =  h6 x + h7 y + h8
//! ```
//!
//! The parameters p = (p1 … p8) are coordinates in the Lie algebra sl(3), the 3×3 matrices of trace
//! zero (Mei et al. 2008; ST-GAN, section 3.1), and H = exp(A(p)):
//!
//! ```text
//!            | p3      p2     p1 |       p1, p5   translation along x, y
//!     A(p) = | p6   −p3−p7    p5 |       p2, p6   shear and rotation
//!            | p4      p8     p7 |       p3, p7   scale
//!                                        p4, p8   perspective
//! ```
//!
//! In the cascade, H maps an *output* point to the *input* point to sample. Both are in canonical
//! coordinates: [−1, 1] from the first to the last pixel centre, x to the right, y down. A public
//! homography maps pixels of the glasses to pixels of the photo; (0, 0) is the top-left corner of
//! the top-left pixel.

mod logarithm;

use crate::{Error, Result};
use std::ops::Mul;

/// The number of parameters of a homography.
pub const DIMENSION: usize = 8;

/// A homography, a projective map of the plane: the entries h0 … h8 of a 3×3 matrix, row by row.
///
/// It maps (x, y) to (u, v):
///
/// ```text
///     u = (h0 x + h1 y + h2) / w
///     v = (h3 x + h4 y + h5) / w
///     w =  h6 x + h7 y + h8
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Homography(pub [f64; 9]);

impl Homography {
    /// The identity.
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// The homography exp(A(p)) with sl(3) coordinates p = (p1 … p8). Its determinant is 1.
    ///
    /// ```text
    ///            | p3      p2     p1 |
    ///     A(p) = | p6   −p3−p7    p5 |
    ///            | p4      p8     p7 |
    /// ```
    ///
    /// p1 and p5 translate, p2 and p6 shear and rotate, p3 and p7 scale, p4 and p8 add perspective
    /// (Mei et al. 2008; ST-GAN, section 3.1). The exponential is computed by scaling and squaring
    /// with a Taylor series (Moler & Van Loan 2003, method 3), accurate to the last few bits.
    ///
    /// If a parameter is not finite, all entries are NaN; see [`Homography::is_finite`].
    pub fn exp(p: &[f64; DIMENSION]) -> Self {
        let [p1, p2, p3, p4, p5, p6, p7, p8] = *p;
        let a = Self([p3, p2, p1, p6, -p3 - p7, p5, p4, p8, p7]);
        let norm = a.0.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Self([f64::NAN; 9]);
        }
        let halvings = if norm > 0.25 { (norm / 0.25).log2().ceil() as i32 } else { 0 };
        let a = a.scaled(0.5f64.powi(halvings));
        let (mut sum, mut term) = (Self::IDENTITY, Self::IDENTITY);
        // 0.25¹⁴ / 14! < 1e-19
        for n in 1..14 {
            term = (term * a).scaled(1.0 / f64::from(n));
            for (s, t) in sum.0.iter_mut().zip(term.0) {
                *s += t;
            }
        }
        for _ in 0..halvings {
            sum = sum * sum;
        }
        sum
    }

    /// The parameters p with exp(p) = this homography, up to scale: the inverse of
    /// [`Homography::exp`]. `None` if there is no real logarithm, as for a mirrored homography, or
    /// if an entry is not finite.
    pub fn log(&self) -> Option<[f64; DIMENSION]> {
        logarithm::logarithm(self)
    }

    /// The similarity x ↦ scale · R(angle) · x + (tx, ty).
    ///
    /// `angle` is in radians. A positive angle rotates the x axis towards the y axis: clockwise in
    /// an image, in which y points down.
    pub fn similarity(scale: f64, angle: f64, tx: f64, ty: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self([scale * cos, -scale * sin, tx, scale * sin, scale * cos, ty, 0.0, 0.0, 1.0])
    }

    /// The unique homography that maps four points to four points.
    ///
    /// See Hartley & Zisserman, "Multiple View Geometry", section 4.1.
    ///
    /// # Errors
    /// [`Error::Degenerate`] if three of the points lie on a line, a coordinate is not finite, or
    /// the result maps the origin to infinity.
    pub fn from_points(from: &[[f64; 2]; 4], to: &[[f64; 2]; 4]) -> Result<Self> {
        let square_to = |q: &[[f64; 2]; 4]| -> Result<Self> {
            // Columns λ1 q1, λ2 q2, λ3 q3, with λ such that they add up to q4: this matrix maps the
            // projective basis to q1 … q4.
            let basis = Self([q[0][0], q[1][0], q[2][0], q[0][1], q[1][1], q[2][1], 1.0, 1.0, 1.0]);
            let inverse = basis.inverse()?;
            let lambda = inverse.apply_homogeneous([q[3][0], q[3][1], 1.0]);
            let size = lambda.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            if lambda.iter().any(|x| x.abs() <= 1e-12 * size) {
                return Err(Error::Degenerate("three of the four points lie on one line"));
            }
            let mut columns = basis;
            for (i, value) in columns.0.iter_mut().enumerate() {
                *value *= lambda[i % 3];
            }
            Ok(columns)
        };
        (square_to(to)? * square_to(from)?.inverse()?).normalized()
    }

    /// The inverse.
    ///
    /// # Errors
    /// [`Error::Degenerate`] if the determinant is zero relative to the size of the entries or an
    /// entry is not finite.
    pub fn inverse(&self) -> Result<Self> {
        if !self.is_finite() {
            return Err(Error::Degenerate("an entry is not finite"));
        }
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let minors = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let determinant = a * minors[0] + b * minors[3] + c * minors[6];
        // Hadamard's inequality: the determinant is at most the product of the rows' lengths.
        let bound: f64 = self.0.chunks_exact(3).map(|r| r.iter().map(|x| x * x).sum::<f64>().sqrt()).product();
        if determinant.abs() <= 1e-14 * bound || determinant == 0.0 {
            return Err(Error::Degenerate("it has no inverse"));
        }
        Ok(Self(minors).scaled(1.0 / determinant))
    }

    /// Scales the matrix so that its last entry is 1, as CSS `matrix3d` and OpenCV expect. The map
    /// does not change.
    ///
    /// # Errors
    /// [`Error::Degenerate`] if the last entry is zero (the origin maps to infinity) or an entry is
    /// not finite.
    pub fn normalized(&self) -> Result<Self> {
        let last = self.0[8];
        if !self.is_finite() {
            return Err(Error::Degenerate("an entry is not finite"));
        }
        if last.abs() <= 1e-12 * self.0.iter().fold(0.0f64, |m, x| m.max(x.abs())) {
            return Err(Error::Degenerate("it maps the origin to infinity"));
        }
        let mut h = self.scaled(1.0 / last);
        h.0[8] = 1.0;
        Ok(h)
    }

    /// Maps a point. If it maps to infinity, the result is not finite.
    #[inline]
    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [u, v, w] = self.apply_homogeneous([x, y, 1.0]);
        [u / w, v / w]
    }

    /// Maps a homogeneous vector (x, y, w), without the division by w.
    #[inline]
    pub fn apply_homogeneous(&self, [x, y, w]: [f64; 3]) -> [f64; 3] {
        let h = &self.0;
        [h[0] * x + h[1] * y + h[2] * w, h[3] * x + h[4] * y + h[5] * w, h[6] * x + h[7] * y + h[8] * w]
    }

    /// Whether all entries are finite.
    pub fn is_finite(&self) -> bool {
        self.0.iter().all(|x| x.is_finite())
    }

    fn scaled(&self, factor: f64) -> Self {
        Self(self.0.map(|x| x * factor))
    }
}

/// `a * b` applies `b` first.
impl Mul for Homography {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        Self(std::array::from_fn(|i| {
            let (row, column) = (3 * (i / 3), i % 3);
            a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6]
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &Homography, b: &Homography, tolerance: f64) -> bool {
        a.0.iter().zip(b.0).all(|(x, y)| (x - y).abs() <= tolerance)
    }

    #[test]
    fn exponential_of_negated_parameters_is_the_inverse() {
        for k in 0..40 {
            let p: [f64; 8] = std::array::from_fn(|i| ((k * 8 + i) as f64 * 0.737).sin() * 0.1 * (1 + k % 9) as f64);
            let product = Homography::exp(&p) * Homography::exp(&p.map(|x| -x));
            assert!(close(&product, &Homography::IDENTITY, 1e-11), "{p:?}: {product:?}");
            let inverse = Homography::exp(&p).inverse().unwrap();
            assert!(close(&inverse, &Homography::exp(&p.map(|x| -x)), 1e-11));
        }
    }

    #[test]
    fn single_parameters_translate_and_rotate() {
        let shift = Homography::exp(&[0.3, 0.0, 0.0, 0.0, -0.2, 0.0, 0.0, 0.0]);
        let moved = shift.apply([0.5, 0.5]);
        assert!((moved[0] - 0.8).abs() < 1e-15 && (moved[1] - 0.3).abs() < 1e-15);
        let turn = Homography::exp(&[0.0, -0.4, 0.0, 0.0, 0.0, 0.4, 0.0, 0.0]);
        assert!(close(&turn, &Homography::similarity(1.0, 0.4, 0.0, 0.0), 1e-15));
    }

    #[test]
    fn from_points_maps_each_point_to_its_counterpart() {
        let from = [[0.0, 0.0], [100.0, 0.0], [100.0, 40.0], [0.0, 40.0]];
        let to = [[10.0, 12.0], [90.0, 20.0], [95.0, 61.0], [5.0, 48.0]];
        let h = Homography::from_points(&from, &to).unwrap();
        assert_eq!(h.0[8], 1.0);
        for (a, b) in from.iter().zip(to) {
            let c = h.apply(*a);
            assert!((c[0] - b[0]).abs() < 1e-10 && (c[1] - b[1]).abs() < 1e-10);
        }
        let on_a_line = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.0, 5.0]];
        assert_eq!(Homography::from_points(&on_a_line, &to).unwrap_err().code(), "degenerate");
        assert!(Homography::from_points(&[[f64::NAN; 2]; 4], &to).is_err());
    }

    #[test]
    fn singular_matrices_have_no_inverse() {
        assert!(Homography([1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 0.0, 0.0, 1.0]).inverse().is_err());
        assert!(Homography([0.0; 9]).inverse().is_err());
        assert!(Homography([f64::INFINITY; 9]).inverse().is_err());
        assert!(Homography::exp(&[f64::NAN; 8]).inverse().is_err());
        assert!(Homography([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).normalized().is_err());
    }
}
