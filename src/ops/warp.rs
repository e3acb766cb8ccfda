//! Warps by matrices, with grid and sampler fused: no grid is stored, and only the part of each
//! output row that can map into the image is visited.

use super::grid::{affine_grid, homography_grid};
use super::primitives::{self, Backward};
use super::sample::{Geometry, MatrixLookup, Operands, gradients, refuse_nearest, sample};
use super::storage::{dispatch, slice, tensors};
use super::{Interpolation, Sampler, grid_sample};
use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor, WithDType, bail};

/// Warps `image` [B, C, h, w] by matrices `h` to [B, C, height, width] with the default sampler:
/// bilinear, zero outside, `align_corners`. `size` is (height, width).
///
/// # Errors
/// See [`warp_with`].
pub fn warp(image: &Tensor, h: &Tensor, size: (usize, usize)) -> Result<Tensor> {
    warp_with(image, h, size, Sampler::default())
}

/// Warps `image` [B, C, h, w] by `matrix` to [B, C, height, width].
///
/// `matrix` is affine [B, 2, 3] or a homography [B, 3, 3]. It maps output points to input points,
/// both in canonical coordinates. The result equals [`affine_grid`](crate::stn::affine_grid) or
/// [`homography_grid`](crate::stn::homography_grid), followed by
/// [`grid_sample`](super::grid_sample).
///
/// Gradients reach the image and the matrix; the backward pass is not differentiable itself. A
/// point that is not finite gives zero and no gradient, and so do all points of a matrix that is
/// not finite.
///
/// # Errors
/// If shapes or types do not match, an image has no pixels, or the type is neither f32 nor f64. The
/// backward pass fails for [`Interpolation::Nearest`] if `matrix` needs a gradient.
pub fn warp_with(
    image: &Tensor,
    matrix: &Tensor,
    (height, width): (usize, usize),
    sampler: impl Into<Sampler>,
) -> Result<Tensor> {
    let (batch, _, rows, columns) = image.dims4()?;
    let fits = [[batch, 2, 3], [batch, 3, 3]].iter().any(|shape| matrix.dims() == shape);
    if !fits || [rows, columns, height, width].contains(&0) {
        bail!(
            "warp: image {:?} and matrix {:?} to {height}×{width} pixels, expected [B, C, h, w] and [B, 2, 3] or [B, 3, 3]",
            image.shape(),
            matrix.shape()
        );
    }
    let op = WarpOp { output: (height, width), sampler: sampler.into() };
    if op.sampler.interpolation == Interpolation::Area {
        // The box of a pixel depends on neighbouring points, so a grid is needed.
        return grid_sample(image, &op.grid(matrix)?, op.sampler);
    }
    if primitives::has_kernels(image) {
        return image.contiguous()?.apply_op2(&matrix.contiguous()?, op);
    }
    let value = primitives::grid_sample(&image.detach(), &op.grid(&matrix.detach())?, op.sampler)?;
    primitives::with_backward(op, image, matrix, value)
}

struct WarpOp {
    output: (usize, usize),
    sampler: Sampler,
}

impl WarpOp {
    fn grid(&self, matrix: &Tensor) -> Result<Tensor> {
        let grid = if matrix.dim(1)? == 2 { affine_grid } else { homography_grid };
        grid(matrix, self.output, self.sampler.align_corners)
    }

    fn geometry(&self, (_, _, height, width): (usize, usize, usize, usize)) -> Geometry {
        Geometry::new((height, width), self.output, self.sampler)
    }
}

impl CustomOp2 for WarpOp {
    fn name(&self) -> &'static str {
        "warp"
    }

    fn cpu_fwd(&self, image: &CpuStorage, li: &Layout, h: &CpuStorage, lh: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &WarpOp,
            (image, li): (&CpuStorage, &Layout),
            (h, lh): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (image, lookup) = (slice::<T>("warp", image, li)?, slice::<T>("warp", h, lh)?);
            let shape = li.shape().dims4()?;
            let operands = Operands { image, shape: shape.into(), lookup };
            Ok(sample::<T, MatrixLookup>(operands, &op.geometry(shape)))
        }
        let (batch, channels, ..) = li.shape().dims4()?;
        let out = dispatch!("warp", image, run, self, (image, li), (h, lh));
        Ok((out, Shape::from((batch, channels, self.output.0, self.output.1))))
    }

    fn bwd(
        &self,
        image: &Tensor,
        h: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        self.backward(image, h, gradient)
    }
}

impl Backward for WarpOp {
    fn name(&self) -> &'static str {
        CustomOp2::name(self)
    }

    fn backward(&self, image: &Tensor, h: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        refuse_nearest(self.sampler, h)?;
        let wanted = (image.track_op(), h.track_op());
        if !primitives::has_kernels(image) {
            let (image, h) = (image.detach(), h.detach());
            let grid = self.grid(&h)?;
            let (to_image, to_grid) = primitives::grid_sample_grads(&image, &grid, gradient, self.sampler, wanted)?;
            let to_matrix =
                to_grid.map(|to_grid| primitives::matrix_grad(&h, &grid, &to_grid, self.sampler.align_corners));
            return Ok((to_image, to_matrix.transpose()?));
        }
        fn run<T: WithDType>(
            [image, lookup, gradient]: [&[T]; 3],
            shape: [usize; 4],
            geometry: &Geometry,
            wanted: (bool, bool),
        ) -> (Option<Vec<T>>, Option<Vec<T>>) {
            gradients::<T, MatrixLookup>(Operands { image, shape, lookup }, gradient, geometry, wanted)
        }
        let shape = image.dims4()?;
        let geometry = self.geometry(shape);
        match image.dtype() {
            DType::F32 => tensors::<f32>([image, h], gradient, |t| run(t, shape.into(), &geometry, wanted)),
            _ => tensors::<f64>([image, h], gradient, |t| run(t, shape.into(), &geometry, wanted)),
        }
    }
}
