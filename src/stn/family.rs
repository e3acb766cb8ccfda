//! Families of transforms: the meaning of the parameters θ.

use super::matrix::{homography, homography_logarithm, inverse};
use super::spline;
use crate::ops::{affine_grid, homography_grid};
use candle_core::{Result, Tensor, bail};

/// A family of transforms with parameters θ (Jaderberg et al. 2015, section 3.2).
///
/// A transform maps *output* points (x, y) to *input* points, in canonical coordinates. θ = 0 is
/// the identity in every family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// θ = (tx, ty) maps to (x + tx, y + ty).
    Translation,
    /// θ = (σ, tx, ty) maps to (e^σ·x + tx, e^σ·y + ty): an axis-aligned crop (equation 2).
    Attention,
    /// θ = (σ, φ, tx, ty) scales by e^σ, rotates by φ radians (from x towards y) and translates.
    Similarity,
    /// θ = (θ1 … θ6) is the matrix [[1 + θ1, θ2, θ3], [θ4, 1 + θ5, θ6]] (equation 1, minus the
    /// identity).
    Affine,
    /// θ = (p1 … p8) are sl(3) coordinates of the homography exp(A(p)); see
    /// [`Homography::exp`](crate::Homography::exp).
    Homography,
    /// A thin-plate spline (Bookstein 1989; section 3.2).
    ///
    /// θ holds the displacements (Δx, Δy) of `points` × `points` control points, row by row. The
    /// control points are a regular grid from corner to corner of the output. Not a group.
    ThinPlateSpline {
        /// Number of control points along each side, 2 to
        /// [`MAX_CONTROL_POINTS`](super::MAX_CONTROL_POINTS).
        points: usize,
    },
}

impl Family {
    /// The number n of parameters in θ.
    pub fn dimension(self) -> usize {
        match self {
            Self::Translation => 2,
            Self::Attention => 3,
            Self::Similarity => 4,
            Self::Affine => 6,
            Self::Homography => 8,
            Self::ThinPlateSpline { points } => 2 * points * points,
        }
    }

    /// Checks that θ is [B, n].
    fn check(self, theta: &Tensor) -> Result<()> {
        match theta.dims() {
            [_, n] if *n == self.dimension() => Ok(()),
            _ => bail!("{self:?}: parameters of shape {:?}, expected [B, {}]", theta.shape(), self.dimension()),
        }
    }

    /// The matrices of θ [B, n]: [B, 3, 3] for homographies, [B, 2, 3] for the other groups.
    ///
    /// # Errors
    /// If θ has another shape or the family is [`Family::ThinPlateSpline`], which has no matrix.
    pub fn matrix(self, theta: &Tensor) -> Result<Tensor> {
        self.check(theta)?;
        let batch = theta.dim(0)?;
        let part = |i: usize| theta.narrow(1, i, 1);
        let entries = match self {
            Self::Homography => return homography(theta),
            Self::ThinPlateSpline { .. } => bail!("{self:?} has no matrix"),
            Self::Translation => {
                let (zero, one) = (part(0)?.zeros_like()?, part(0)?.ones_like()?);
                [one.clone(), zero.clone(), part(0)?, zero, one, part(1)?]
            }
            Self::Attention => {
                let (scale, zero) = (part(0)?.exp()?, part(0)?.zeros_like()?);
                [scale.clone(), zero.clone(), part(1)?, zero, scale, part(2)?]
            }
            Self::Similarity => {
                let scale = part(0)?.exp()?;
                let (cos, sin) = ((&scale * part(1)?.cos()?)?, (&scale * part(1)?.sin()?)?);
                [cos.clone(), sin.neg()?, part(2)?, sin, cos, part(3)?]
            }
            Self::Affine => [(part(0)? + 1.0)?, part(1)?, part(2)?, part(3)?, (part(4)? + 1.0)?, part(5)?],
        };
        Tensor::cat(&entries, 1)?.reshape((batch, 2, 3))
    }

    /// The sampling grid [B, height, width, 2] of θ [B, n]: the input point (x, y) of every output
    /// pixel, in canonical coordinates. `size` is (height, width).
    ///
    /// If `align_corners` is set, −1 and 1 are the centres of the outermost pixels, otherwise their
    /// outer edges.
    ///
    /// # Errors
    /// If θ has another shape, or a spline has fewer than 2 or more than
    /// [`MAX_CONTROL_POINTS`](super::MAX_CONTROL_POINTS) control points per side.
    pub fn grid(self, theta: &Tensor, size: (usize, usize), align_corners: bool) -> Result<Tensor> {
        match self {
            Self::ThinPlateSpline { points } => {
                self.check(theta)?;
                let basis = spline::basis(points, size, align_corners)?;
                spline::grid(theta, &basis.to_device(theta.device())?.to_dtype(theta.dtype())?, size, align_corners)
            }
            Self::Homography => homography_grid(&self.matrix(theta)?, size, align_corners),
            _ => affine_grid(&self.matrix(theta)?, size, align_corners),
        }
    }

    /// The parameters [B, n] of the composition T(a) ∘ T(b), which applies `b` first.
    ///
    /// Warping an image by the result equals warping it by `a` and then by `b`.
    ///
    /// # Errors
    /// If `a` or `b` is not [B, n], the family is not a group, or a product of homographies has no
    /// real logarithm ([`homography_logarithm`](super::homography_logarithm)).
    pub fn compose(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(a)?;
        self.check(b)?;
        match self {
            Self::Translation => a + b,
            Self::Homography => homography_logarithm(&self.matrix(a)?.matmul(&self.matrix(b)?)?),
            Self::ThinPlateSpline { .. } => bail!("{self:?} is not a group: splines cannot be composed"),
            _ => {
                let (m, n) = (self.matrix(a)?, self.matrix(b)?);
                let linear = m.narrow(2, 0, 2)?.contiguous()?;
                let moved = (linear.matmul(&n.narrow(2, 2, 1)?.contiguous()?)? + m.narrow(2, 2, 1)?)?.squeeze(2)?;
                self.with_translation(a, b, &linear.matmul(&n.narrow(2, 0, 2)?.contiguous()?)?, &moved)
            }
        }
    }

    /// θ of a composition with this linear part and translation. Scale and rotation parameters are
    /// logarithms, which add up.
    fn with_translation(self, a: &Tensor, b: &Tensor, linear: &Tensor, moved: &Tensor) -> Result<Tensor> {
        match self {
            Self::Affine => affine_parameters(linear, moved),
            _ => {
                let logarithms = self.dimension() - 2;
                Tensor::cat(&[&(a.narrow(1, 0, logarithms)? + b.narrow(1, 0, logarithms)?)?, moved], 1)
            }
        }
    }

    /// The parameters [B, n] of the inverse transform of θ [B, n].
    ///
    /// The result is not finite if an affine matrix is singular.
    ///
    /// # Errors
    /// If θ has another shape or the family is not a group.
    pub fn inverse(self, theta: &Tensor) -> Result<Tensor> {
        self.check(theta)?;
        match self {
            Self::Translation | Self::Homography => theta.neg(),
            Self::ThinPlateSpline { .. } => bail!("{self:?} is not a group: splines have no inverse"),
            Self::Attention | Self::Similarity => {
                let logarithms = self.dimension() - 2;
                let inverse = theta.narrow(1, 0, logarithms)?.neg()?;
                let translation = theta.narrow(1, logarithms, 2)?;
                let untranslated = Tensor::cat(&[&inverse, &translation.zeros_like()?], 1)?;
                let linear = self.matrix(&untranslated)?.narrow(2, 0, 2)?.contiguous()?;
                let translation = linear.matmul(&translation.unsqueeze(2)?.contiguous()?)?.squeeze(2)?.neg()?;
                Tensor::cat(&[&inverse, &translation], 1)
            }
            Self::Affine => {
                let batch = theta.dim(0)?;
                let third = Tensor::new(&[[[0f32, 0.0, 1.0]]], theta.device())?.to_dtype(theta.dtype())?;
                let third = third.broadcast_as((batch, 1, 3))?.contiguous()?;
                let m = inverse(&Tensor::cat(&[&self.matrix(theta)?, &third], 1)?)?;
                let linear = m.narrow(1, 0, 2)?.narrow(2, 0, 2)?.contiguous()?;
                affine_parameters(&linear, &m.narrow(1, 0, 2)?.narrow(2, 2, 1)?.squeeze(2)?)
            }
        }
    }
}

/// The affine parameters θ [B, 6] of linear parts [B, 2, 2] and translations [B, 2].
fn affine_parameters(linear: &Tensor, moved: &Tensor) -> Result<Tensor> {
    let (batch, ..) = linear.dims3()?;
    let identity = Tensor::eye(2, linear.dtype(), linear.device())?;
    let linear = linear.broadcast_sub(&identity.unsqueeze(0)?)?;
    Tensor::cat(&[&linear, &moved.unsqueeze(2)?], 2)?.contiguous()?.reshape((batch, 6))
}
