//! Families of transforms: what the parameters θ mean.

use super::matrix::{homography, homography_logarithm, inverse};
use super::spline;
use crate::ops::{affine_grid, homography_grid};
use candle_core::{Result, Tensor, bail};

/// A family of transforms. θ = 0 is the identity in each of them; a transform maps *output* points to *input* points, in
/// canonical coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// (tx, ty): x + tx, y + ty.
    Translation,
    /// (σ, tx, ty): eˢ·x + tx, eˢ·y + ty with s = σ: an upright crop (the paper's equation 2).
    Attention,
    /// (σ, φ, tx, ty): scaled by e^σ and turned by φ radians (from x towards y), then moved.
    Similarity,
    /// (θ1 … θ6): the matrix [[1 + θ1, θ2, θ3], [θ4, 1 + θ5, θ6]] (equation 1, less the identity).
    Affine,
    /// Eight coordinates in sl(3): exp(A(p)), see [`crate::Homography`].
    Homography,
    /// A thin-plate spline through `points` × `points` control points on a regular grid over the output, corner to corner:
    /// their displacements (Δx, Δy), row by row (Bookstein 1989; the paper, section 3.2). Not a group.
    ThinPlateSpline {
        /// Control points along each side, 2 to [`MAX_CONTROL_POINTS`](super::MAX_CONTROL_POINTS).
        points: usize,
    },
}

impl Family {
    /// How many numbers θ has.
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

    /// θ [B, n], if it is that.
    fn check(self, theta: &Tensor) -> Result<()> {
        match theta.dims() {
            [_, n] if *n == self.dimension() => Ok(()),
            _ => bail!("{self:?}: parameters of shape {:?}, expected [B, {}]", theta.shape(), self.dimension()),
        }
    }

    /// The matrices of θ [B, n]: [B, 3, 3] of homographies, [B, 2, 3] of the other groups.
    ///
    /// # Errors
    /// θ of another shape; splines, which have none.
    pub fn matrix(self, theta: &Tensor) -> Result<Tensor> {
        self.check(theta)?;
        let batch = theta.dim(0)?;
        let part = |i: usize| theta.narrow(1, i, 1);
        let entries = match self {
            Self::Homography => return homography(theta),
            Self::ThinPlateSpline { .. } => bail!("{self:?} is not a matrix"),
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

    /// The sampling grid [B, height, width, 2] of θ [B, n], for `size` = (height, width).
    ///
    /// # Errors
    /// θ of another shape, or more control points than [`super::MAX_CONTROL_POINTS`] a side or fewer than 2.
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

    /// The parameters of first `b`, then `a`, both [B, n]: points go through T(a)(T(b)(x, y)). An image warped by `a` and then
    /// by `b` is the image warped by this.
    ///
    /// # Errors
    /// Families that are no groups; homographies whose product has no real logarithm
    /// ([`homography_logarithm`](super::homography_logarithm)).
    pub fn compose(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        self.check(a)?;
        self.check(b)?;
        match self {
            Self::Translation => a + b,
            Self::Homography => homography_logarithm(&self.matrix(a)?.matmul(&self.matrix(b)?)?),
            Self::ThinPlateSpline { .. } => bail!("{self:?}: splines are no group, and have no composition"),
            _ => {
                let (m, n) = (self.matrix(a)?, self.matrix(b)?);
                let linear = m.narrow(2, 0, 2)?.contiguous()?;
                let moved = (linear.matmul(&n.narrow(2, 2, 1)?.contiguous()?)? + m.narrow(2, 2, 1)?)?.squeeze(2)?;
                self.with_translation(a, b, &linear.matmul(&n.narrow(2, 0, 2)?.contiguous()?)?, &moved)
            }
        }
    }

    /// θ of a composition: logarithms add up, matrices do not.
    fn with_translation(self, a: &Tensor, b: &Tensor, linear: &Tensor, moved: &Tensor) -> Result<Tensor> {
        match self {
            Self::Affine => affine_parameters(linear, moved),
            _ => {
                let logarithms = self.dimension() - 2;
                Tensor::cat(&[&(a.narrow(1, 0, logarithms)? + b.narrow(1, 0, logarithms)?)?, moved], 1)
            }
        }
    }

    /// The parameters [B, n] of the transform that undoes θ [B, n].
    ///
    /// # Errors
    /// Families that are no groups. An affine matrix of determinant zero has no inverse; its parameters are not finite.
    pub fn inverse(self, theta: &Tensor) -> Result<Tensor> {
        self.check(theta)?;
        match self {
            Self::Translation | Self::Homography => theta.neg(),
            Self::ThinPlateSpline { .. } => bail!("{self:?}: splines are no group, and have no inverse"),
            Self::Attention | Self::Similarity => {
                // Without its translation.
                let logarithms = self.dimension() - 2;
                let back = theta.narrow(1, 0, logarithms)?.neg()?;
                let moved = theta.narrow(1, logarithms, 2)?;
                let turned = Tensor::cat(&[&back, &moved.zeros_like()?], 1)?;
                let linear = self.matrix(&turned)?.narrow(2, 0, 2)?.contiguous()?;
                let moved = linear.matmul(&moved.unsqueeze(2)?.contiguous()?)?.squeeze(2)?.neg()?;
                Tensor::cat(&[&back, &moved], 1)
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

/// θ [B, 6] of matrices [B, 2, 2] and translations [B, 2].
fn affine_parameters(linear: &Tensor, moved: &Tensor) -> Result<Tensor> {
    let (batch, ..) = linear.dims3()?;
    let identity = Tensor::eye(2, linear.dtype(), linear.device())?;
    let linear = linear.broadcast_sub(&identity.unsqueeze(0)?)?;
    Tensor::cat(&[&linear, &moved.unsqueeze(2)?], 2)?.contiguous()?.reshape((batch, 6))
}
