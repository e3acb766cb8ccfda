//! Samplers: interpolate an image at the points of a grid (Jaderberg et al. 2015, section 3.3).
//!
//! - `filter`: interpolation weights;
//! - `geometry`: conversion of canonical coordinates to pixels, and padding;
//! - `padded`: the memory layout of images;
//! - `lookup`: the input point of each output pixel, from a grid or a matrix;
//! - `kernel`: the loops;
//! - `area`: area filtering.

mod area;
mod filter;
mod geometry;
mod kernel;
mod lookup;
mod padded;

pub(super) use area::MAX_BOX;
pub(super) use geometry::{Axis, Geometry, MAX_REFLECTED};
pub(super) use kernel::{Operands, gradients, sample};
pub(super) use lookup::MatrixLookup;

use super::primitives::{self, Backward};
use super::storage::{dispatch, slice, tensors};
use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor, WithDType, bail};
use lookup::GridLookup;

/// The interpolation between pixel centres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest pixel; a point halfway between two goes to the one with the even index.
    ///
    /// The grid has no gradient, and a backward pass that needs one fails.
    Nearest,
    /// Linear between the two neighbours on each axis (Jaderberg et al. 2015, equation 5).
    #[default]
    Bilinear,
    /// Cubic convolution over four neighbours on each axis (Keys 1981) with a = −0.75.
    Bicubic,
    /// Bilinear where the grid magnifies the image; where it shrinks the image, the mean over the
    /// axis-aligned box that an output pixel covers, 1 to 32 pixels wide.
    ///
    /// The width of a box along an image axis is the length of the grid's derivative along that
    /// axis, estimated from the neighbouring output pixels. Gradients pass through the widths.
    Area,
}

/// The values outside the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Zero.
    #[default]
    Zeros,
    /// The nearest border pixel.
    Border,
    /// The image, mirrored repeatedly at the centres of its outermost pixels (with `align_corners`)
    /// or at their outer edges. Points more than 2²⁰ pixels away give zero.
    Reflection,
}

/// A sampler: interpolation, padding and the meaning of canonical coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// The interpolation between pixel centres.
    pub interpolation: Interpolation,
    /// The values outside the image.
    pub padding: Padding,
    /// Whether −1 and 1 are the centres of the outermost pixels (`true`) or their outer edges
    /// (`false`), for the image and for the output.
    pub align_corners: bool,
}

impl Default for Sampler {
    /// Bilinear, zeros outside, `align_corners`.
    fn default() -> Self {
        Self { interpolation: Interpolation::Bilinear, padding: Padding::Zeros, align_corners: true }
    }
}

impl From<Interpolation> for Sampler {
    fn from(interpolation: Interpolation) -> Self {
        Self { interpolation, ..Self::default() }
    }
}

impl Sampler {
    /// Sets [`Sampler::align_corners`].
    pub fn with_align_corners(self, align_corners: bool) -> Self {
        Self { align_corners, ..self }
    }
}

/// Samples `image` [B, C, h, w] at the points of `grid` [B, H, W, 2] to [B, C, H, W].
///
/// The grid's last axis is (x, y) in canonical coordinates. Gradients reach the image and the grid;
/// the backward pass is not differentiable itself. A point that is not finite gives zero and no
/// gradient. Exactly on a pixel centre, the derivative is the one to the right or below.
///
/// # Errors
/// If shapes or types do not match, an image has no pixels, or the type is neither f32 nor f64. The
/// backward pass fails for [`Interpolation::Nearest`] if the grid needs a gradient.
pub fn grid_sample(image: &Tensor, grid: &Tensor, sampler: impl Into<Sampler>) -> Result<Tensor> {
    let (batch, _, height, width) = image.dims4()?;
    let (grid_batch, _, _, two) = grid.dims4()?;
    if batch != grid_batch || two != 2 || height == 0 || width == 0 {
        bail!(
            "grid-sample: image {:?} and grid {:?}, expected [B, C, h, w] and [B, H, W, 2]",
            image.shape(),
            grid.shape()
        );
    }
    let op = GridSampleOp { sampler: sampler.into() };
    if primitives::has_kernels(image) {
        return image.contiguous()?.apply_op2(&grid.contiguous()?, op);
    }
    let value = primitives::grid_sample(&image.detach(), &grid.detach(), op.sampler)?;
    primitives::with_backward(op, image, grid, value)
}

struct GridSampleOp {
    sampler: Sampler,
}

/// Fails if nearest-neighbour sampling needs a gradient for the lookup: it would be zero
/// everywhere.
pub(super) fn refuse_nearest(sampler: Sampler, lookup: &Tensor) -> Result<()> {
    if sampler.interpolation == Interpolation::Nearest && lookup.track_op() {
        bail!("sampler: nearest has no gradient for the grid; detach the grid or use another interpolation");
    }
    Ok(())
}

impl CustomOp2 for GridSampleOp {
    fn name(&self) -> &'static str {
        "grid-sample"
    }

    fn cpu_fwd(&self, image: &CpuStorage, li: &Layout, grid: &CpuStorage, lg: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            sampler: Sampler,
            (image, li): (&CpuStorage, &Layout),
            (grid, lg): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (image, lookup) = (slice::<T>("grid-sample", image, li)?, slice::<T>("grid-sample", grid, lg)?);
            let (batch, channels, h, w) = li.shape().dims4()?;
            let (_, height, width, _) = lg.shape().dims4()?;
            let geometry = Geometry::new((h, w), (height, width), sampler);
            let operands = Operands { image, shape: [batch, channels, h, w], lookup };
            Ok(match sampler.interpolation {
                Interpolation::Area => area::sample(operands, &geometry),
                _ => sample::<T, GridLookup<T>>(operands, &geometry),
            })
        }
        let ((batch, channels, ..), (_, height, width, _)) = (li.shape().dims4()?, lg.shape().dims4()?);
        let out = dispatch!("grid-sample", image, run, self.sampler, (image, li), (grid, lg));
        Ok((out, Shape::from((batch, channels, height, width))))
    }

    fn bwd(
        &self,
        image: &Tensor,
        grid: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        self.backward(image, grid, gradient)
    }
}

impl Backward for GridSampleOp {
    fn name(&self) -> &'static str {
        CustomOp2::name(self)
    }

    fn backward(&self, image: &Tensor, grid: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        refuse_nearest(self.sampler, grid)?;
        let wanted = (image.track_op(), grid.track_op());
        if !primitives::has_kernels(image) {
            return primitives::grid_sample_grads(&image.detach(), &grid.detach(), gradient, self.sampler, wanted);
        }
        let (_, _, h, w) = image.dims4()?;
        let (_, height, width, _) = grid.dims4()?;
        let geometry = Geometry::new((h, w), (height, width), self.sampler);
        fn run<T: WithDType>(
            tensors: [&[T]; 3],
            shape: [usize; 4],
            geometry: &Geometry,
            wanted: (bool, bool),
        ) -> (Option<Vec<T>>, Option<Vec<T>>) {
            let [image, lookup, gradient] = tensors;
            let operands = Operands { image, shape, lookup };
            match geometry.sampler.interpolation {
                Interpolation::Area => area::gradients(operands, gradient, geometry, wanted),
                _ => gradients::<T, GridLookup<T>>(operands, gradient, geometry, wanted),
            }
        }
        let shape = image.dims4()?.into();
        match image.dtype() {
            DType::F32 => tensors::<f32>([image, grid], gradient, |t| run(t, shape, &geometry, wanted)),
            _ => tensors::<f64>([image, grid], gradient, |t| run(t, shape, &geometry, wanted)),
        }
    }
}
