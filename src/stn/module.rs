//! The spatial transformer module, and its part after the localisation net.

use super::{Family, spline};
use crate::ops::{Interpolation, Sampler, grid_sample, warp_with};
use candle_core::{Module, Result, Tensor, bail};
use candle_nn::{Init, Linear, VarBuilder};

/// Grid generator and sampler: warps feature maps U by given parameters θ (Jaderberg et al. 2015,
/// sections 3.2 and 3.3).
#[derive(Clone, Debug)]
pub struct Warp {
    family: Family,
    sampler: Sampler,
    size: (usize, usize),
    /// For splines: [H · W, K²] in f64.
    basis: Option<Tensor>,
}

impl Warp {
    /// A warp to outputs of `size` = (height, width) pixels, with the default sampler (bilinear,
    /// zeros outside, `align_corners`).
    ///
    /// # Errors
    /// If the output has no pixels, or a spline has too few or too many control points.
    pub fn new(family: Family, size: (usize, usize)) -> Result<Self> {
        if size.0 == 0 || size.1 == 0 {
            bail!("spatial transformer: the output size is {}×{}, expected at least 1×1", size.0, size.1);
        }
        Self { family, sampler: Sampler::default(), size, basis: None }.with_sampler(Sampler::default())
    }

    /// Replaces the sampler.
    ///
    /// # Errors
    /// See [`Warp::new`].
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

    /// The output size (height, width) in pixels.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The sampling grid [B, H, W, 2] of θ [B, n]: the point (x, y) of U for every output pixel, in
    /// canonical coordinates.
    ///
    /// # Errors
    /// If θ has another shape.
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

    /// Warps feature maps U [B, C, h, w] by parameters θ [B, n] to V [B, C, H, W]. Gradients reach
    /// both.
    ///
    /// # Errors
    /// If shapes or types do not match, or the type is neither f32 nor f64.
    pub fn forward(&self, u: &Tensor, theta: &Tensor) -> Result<Tensor> {
        if self.basis.is_some() || self.sampler.interpolation == Interpolation::Area {
            return grid_sample(u, &self.grid(theta)?, self.sampler);
        }
        warp_with(u, &self.family.matrix(theta)?, self.size, self.sampler)
    }
}

/// A spatial transformer: a localisation net predicts θ from U, and U is warped by θ (Jaderberg et
/// al. 2015, section 3).
///
/// It is an ordinary [`Module`]: it can precede any layer, and a network can have several.
#[derive(Clone, Debug)]
pub struct SpatialTransformer<L> {
    localisation: L,
    warp: Warp,
}

impl<L: Module> SpatialTransformer<L> {
    /// A spatial transformer with the default sampler.
    ///
    /// `localisation` maps U [B, C, h, w] to θ [B, n] with n = [`Family::dimension`]. With
    /// [`identity_layer`] as its last layer, training starts at the identity. The output has `size`
    /// = (height, width) pixels, independently of the input size.
    ///
    /// # Errors
    /// See [`Warp::new`].
    pub fn new(localisation: L, family: Family, size: (usize, usize)) -> Result<Self> {
        Ok(Self { localisation, warp: Warp::new(family, size)? })
    }

    /// Replaces the sampler.
    ///
    /// # Errors
    /// See [`Warp::new`].
    pub fn with_sampler(self, sampler: impl Into<Sampler>) -> Result<Self> {
        Ok(Self { warp: self.warp.with_sampler(sampler)?, ..self })
    }

    /// The parameters θ [B, n] that the localisation net predicts for feature maps U [B, C, h, w].
    ///
    /// # Errors
    /// The errors of the localisation net.
    pub fn parameters(&self, u: &Tensor) -> Result<Tensor> {
        self.localisation.forward(u)
    }

    /// The grid generator and sampler that follow the localisation net.
    pub fn warp(&self) -> &Warp {
        &self.warp
    }
}

impl<L: Module> Module for SpatialTransformer<L> {
    fn forward(&self, u: &Tensor) -> Result<Tensor> {
        self.warp.forward(u, &self.parameters(u)?)
    }
}

/// A last layer for a localisation net that maps `inputs` features to θ and is initialised to zero,
/// so that the transformer starts at the identity.
///
/// Its own gradient is not zero, so the first training iteration changes it. The layers before it
/// have a zero gradient until then.
///
/// # Errors
/// The errors of `vb`.
pub fn identity_layer(inputs: usize, family: Family, vb: VarBuilder) -> Result<Linear> {
    let weight = vb.get_with_hints((family.dimension(), inputs), "weight", Init::Const(0.0))?;
    let bias = vb.get_with_hints(family.dimension(), "bias", Init::Const(0.0))?;
    Ok(Linear::new(weight, Some(bias)))
}
