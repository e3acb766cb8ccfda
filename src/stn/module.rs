//! The module for any network, and its half without a localisation net.

use super::{Family, spline};
use crate::ops::{Interpolation, Sampler, grid_sample, warp_with};
use candle_core::{Module, Result, Tensor, bail};
use candle_nn::{Init, Linear, VarBuilder};

/// Grid generator and sampler (the paper's sections 3.2 and 3.3): warps feature maps U by given parameters θ.
#[derive(Clone, Debug)]
pub struct Warp {
    family: Family,
    sampler: Sampler,
    size: (usize, usize),
    /// Of a spline: [H · W, K²] in f64.
    basis: Option<Tensor>,
}

impl Warp {
    /// To outputs of `size` = (height, width), with the default sampler (bilinear, zeros outside, `align_corners`).
    ///
    /// # Errors
    /// A size of zero; a spline with too few or too many control points.
    pub fn new(family: Family, size: (usize, usize)) -> Result<Self> {
        if size.0 == 0 || size.1 == 0 {
            bail!("spatial transformer: an output of {}×{} pixels", size.0, size.1);
        }
        Self { family, sampler: Sampler::default(), size, basis: None }.with_sampler(Sampler::default())
    }

    /// The same with another sampler.
    ///
    /// # Errors
    /// As [`Warp::new`].
    pub fn with_sampler(self, sampler: impl Into<Sampler>) -> Result<Self> {
        let sampler = sampler.into();
        let basis = match self.family {
            Family::ThinPlateSpline { points } => Some(spline::basis(points, self.size, sampler.align_corners)?),
            _ => None,
        };
        Ok(Self { sampler, basis, ..self })
    }

    /// The family of transforms.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The sampler.
    pub fn sampler(&self) -> Sampler {
        self.sampler
    }

    /// Rows and columns of the output.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The points of U that the output shows: [B, H, W, 2], for θ [B, n].
    ///
    /// # Errors
    /// θ of another shape.
    pub fn grid(&self, theta: &Tensor) -> Result<Tensor> {
        let align_corners = self.sampler.align_corners;
        let Some(basis) = &self.basis else { return self.family.grid(theta, self.size, align_corners) };
        if theta.rank() != 2 || theta.dim(1)? != self.family.dimension() {
            bail!(
                "{:?}: parameters of shape {:?}, expected [B, {}]",
                self.family,
                theta.shape(),
                self.family.dimension()
            );
        }
        let basis = basis.to_device(theta.device())?.to_dtype(theta.dtype())?;
        spline::grid(theta, &basis, self.size, align_corners)
    }

    /// V [B, C, H, W] of feature maps U [B, C, h, w] and parameters θ [B, n]. Gradients reach both.
    ///
    /// # Errors
    /// Shapes that do not fit each other, other types than f32 and f64.
    pub fn forward(&self, u: &Tensor, theta: &Tensor) -> Result<Tensor> {
        if self.basis.is_some() || self.sampler.interpolation == Interpolation::Area {
            return grid_sample(u, &self.grid(theta)?, self.sampler);
        }
        warp_with(u, &self.family.matrix(theta)?, self.size, self.sampler)
    }
}

/// A spatial transformer: a localisation net finds θ in U, and U is warped by it. A module like any other, before any layer of
/// any network, as often as is wanted.
#[derive(Clone, Debug)]
pub struct SpatialTransformer<L> {
    localisation: L,
    warp: Warp,
}

impl<L: Module> SpatialTransformer<L> {
    /// `localisation` takes U [B, C, h, w] to θ [B, n], n = [`Family::dimension`]; end it with [`identity_layer`] to start at the
    /// identity. The output has `size` = (height, width), whatever the input's.
    ///
    /// # Errors
    /// As [`Warp::new`].
    pub fn new(localisation: L, family: Family, size: (usize, usize)) -> Result<Self> {
        Ok(Self { localisation, warp: Warp::new(family, size)? })
    }

    /// The same with another sampler.
    ///
    /// # Errors
    /// As [`Warp::new`].
    pub fn with_sampler(self, sampler: impl Into<Sampler>) -> Result<Self> {
        Ok(Self { warp: self.warp.with_sampler(sampler)?, ..self })
    }

    /// θ [B, n] of feature maps U [B, C, h, w].
    ///
    /// # Errors
    /// Those of the localisation net.
    pub fn parameters(&self, u: &Tensor) -> Result<Tensor> {
        self.localisation.forward(u)
    }

    /// What follows the localisation net.
    pub fn warp(&self) -> &Warp {
        &self.warp
    }
}

impl<L: Module> Module for SpatialTransformer<L> {
    fn forward(&self, u: &Tensor) -> Result<Tensor> {
        self.warp.forward(u, &self.parameters(u)?)
    }
}

/// A last layer for a localisation net, `inputs` numbers to θ, all zero: whatever comes before it, the transformer starts at the
/// identity. Its own gradient is not zero, so it leaves the identity in the first step; layers before it follow in the second.
///
/// # Errors
/// Those of `vb`.
pub fn identity_layer(inputs: usize, family: Family, vb: VarBuilder) -> Result<Linear> {
    let weight = vb.get_with_hints((family.dimension(), inputs), "weight", Init::Const(0.0))?;
    let bias = vb.get_with_hints(family.dimension(), "bias", Init::Const(0.0))?;
    Ok(Linear::new(weight, Some(bias)))
}
