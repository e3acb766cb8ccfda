//! Lookups in an image at the points of a grid: the sampler of the spatial transformer (Jaderberg et al. 2015, section 3.3).

use super::primitives::{self, Backward};
use super::storage::{dispatch, for_each_chunk, slice};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, WithDType, bail};

/// How a value between pixel centres comes from its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest pixel, halves to even. No gradient reaches the grid.
    Nearest,
    /// Linear between the two neighbours on each axis (equation 5 of the paper).
    #[default]
    Bilinear,
    /// Cubic convolution over four neighbours on each axis (Keys 1981) with a = −0.75.
    Bicubic,
}

/// Samples `image` [B, C, h, w] at `grid` [B, H, W, 2] to [B, C, H, W].
///
/// The grid's last axis is (x, y) in canonical coordinates: −1 and 1 are the centres of the first and the last pixel.
/// Outside of the image every pixel is zero; a point that is not finite gives zero, and no gradient.
/// Gradients reach the image and the grid; the backward pass itself is not differentiable.
pub fn grid_sample(image: &Tensor, grid: &Tensor, interpolation: Interpolation) -> Result<Tensor> {
    let (batch, _, height, width) = image.dims4()?;
    let (grid_batch, _, _, two) = grid.dims4()?;
    if batch != grid_batch || two != 2 || height == 0 || width == 0 {
        bail!("grid-sample: image {:?} and grid {:?} do not fit", image.shape(), grid.shape());
    }
    let op = GridSample { interpolation };
    if primitives::has_kernels(image) {
        return image.contiguous()?.apply_op2(&grid.contiguous()?, op);
    }
    let value = primitives::grid_sample(&image.detach(), &grid.detach(), interpolation)?;
    primitives::with_backward(op, image, grid, value)
}

struct GridSample {
    interpolation: Interpolation,
}

struct GridSampleImageGrad {
    interpolation: Interpolation,
    image: Shape,
}

struct GridSampleGridGrad {
    interpolation: Interpolation,
}

/// The weights of the neighbours of a point, and their derivatives, along one axis.
trait Filter {
    /// Neighbours that count; the first `TAPS` of the arrays are used.
    const TAPS: usize;
    /// How far before the pixel at the floor (or, for the nearest, the rounding) of the coordinate the first one lies.
    const BEFORE: isize;
    fn origin(coordinate: f64) -> f64;
    fn weights(fraction: f64) -> [f64; 4];
    fn derivatives(fraction: f64) -> [f64; 4];
}

struct Nearest;
struct Bilinear;
struct Bicubic;

impl Filter for Nearest {
    const TAPS: usize = 1;
    const BEFORE: isize = 0;

    fn origin(coordinate: f64) -> f64 {
        coordinate.round_ties_even()
    }

    fn weights(_: f64) -> [f64; 4] {
        [1.0, 0.0, 0.0, 0.0]
    }

    fn derivatives(_: f64) -> [f64; 4] {
        [0.0; 4]
    }
}

impl Filter for Bilinear {
    const TAPS: usize = 2;
    const BEFORE: isize = 0;

    #[inline(always)]
    fn origin(coordinate: f64) -> f64 {
        coordinate.floor()
    }

    #[inline(always)]
    fn weights(t: f64) -> [f64; 4] {
        [1.0 - t, t, 0.0, 0.0]
    }

    #[inline(always)]
    fn derivatives(_: f64) -> [f64; 4] {
        [-1.0, 1.0, 0.0, 0.0]
    }
}

impl Bicubic {
    const A: f64 = -0.75;
}

impl Filter for Bicubic {
    const TAPS: usize = 4;
    const BEFORE: isize = 1;

    fn origin(coordinate: f64) -> f64 {
        coordinate.floor()
    }

    fn weights(t: f64) -> [f64; 4] {
        let near = |x: f64| ((Self::A + 2.0) * x - (Self::A + 3.0)) * x * x + 1.0;
        let far = |x: f64| ((Self::A * x - 5.0 * Self::A) * x + 8.0 * Self::A) * x - 4.0 * Self::A;
        [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
    }

    fn derivatives(t: f64) -> [f64; 4] {
        let near = |x: f64| (3.0 * (Self::A + 2.0) * x - 2.0 * (Self::A + 3.0)) * x;
        let far = |x: f64| (3.0 * Self::A * x - 10.0 * Self::A) * x + 8.0 * Self::A;
        [far(t + 1.0), near(t), -near(1.0 - t), -far(2.0 - t)]
    }
}

/// The neighbours of one coordinate that lie on the axis: `first + i` for the weights of `range`.
struct Axis {
    first: isize,
    range: std::ops::Range<usize>,
    fraction: f64,
}

impl Axis {
    /// `canonical` in [−1, 1] over `size` pixel centres; none where no neighbour is inside.
    #[inline(always)]
    fn new<F: Filter>(canonical: f64, size: usize) -> Option<Self> {
        let coordinate = (canonical + 1.0) * 0.5 * (size as f64 - 1.0);
        // Also false for NaN.
        if !(coordinate > -3.0 && coordinate < size as f64 + 2.0) {
            return None;
        }
        let origin = F::origin(coordinate);
        let first = origin as isize - F::BEFORE;
        let start = (-first).max(0) as usize;
        let end = (size as isize - first).clamp(0, F::TAPS as isize) as usize;
        (start < end).then_some(Self { first, range: start..end, fraction: coordinate - origin })
    }
}

/// Both axes of a grid point.
#[inline(always)]
fn axes<F: Filter, T: WithDType>(point: &[T], (height, width): (usize, usize)) -> Option<(Axis, Axis)> {
    Some((Axis::new::<F>(point[0].to_f64(), width)?, Axis::new::<F>(point[1].to_f64(), height)?))
}

/// Σ weights ⊗ pixels of one plane.
#[inline(always)]
fn lookup<T: WithDType>(plane: &[T], width: usize, x: &Axis, y: &Axis, wx: &[f64; 4], wy: &[f64; 4]) -> f64 {
    let mut sum = 0.0;
    for j in y.range.clone() {
        let row = (y.first + j as isize) as usize * width;
        let mut line = 0.0;
        for i in x.range.clone() {
            line += wx[i] * plane[row + (x.first + i as isize) as usize].to_f64();
        }
        sum += wy[j] * line;
    }
    sum
}

fn sample<F: Filter, T: WithDType>(image: &[T], image_shape: [usize; 4], grid: &[T], points: usize) -> Vec<T> {
    let [_, channels, height, width] = image_shape;
    let mut out = vec![T::from_f64(0.0); image_shape[0] * channels * points];
    for_each_chunk(
        &mut out,
        channels * points,
        || (),
        |(), item, out| {
            let image = &image[item * channels * height * width..][..channels * height * width];
            for (k, point) in grid[item * points * 2..][..points * 2].chunks_exact(2).enumerate() {
                let Some((x, y)) = axes::<F, T>(point, (height, width)) else { continue };
                let (wx, wy) = (F::weights(x.fraction), F::weights(y.fraction));
                for (channel, plane) in image.chunks_exact(height * width).enumerate() {
                    out[channel * points + k] = T::from_f64(lookup(plane, width, &x, &y, &wx, &wy));
                }
            }
        },
    );
    out
}

fn image_grad<F: Filter, T: WithDType>(image_shape: [usize; 4], grid: &[T], gradient: &[T], points: usize) -> Vec<T> {
    let [batch, channels, height, width] = image_shape;
    let mut out = vec![T::from_f64(0.0); batch * channels * height * width];
    for_each_chunk(
        &mut out,
        channels * height * width,
        || (),
        |(), item, out| {
            let gradient = &gradient[item * channels * points..][..channels * points];
            for (k, point) in grid[item * points * 2..][..points * 2].chunks_exact(2).enumerate() {
                let Some((x, y)) = axes::<F, T>(point, (height, width)) else { continue };
                let (wx, wy) = (F::weights(x.fraction), F::weights(y.fraction));
                for (channel, plane) in out.chunks_exact_mut(height * width).enumerate() {
                    let value = gradient[channel * points + k].to_f64();
                    for j in y.range.clone() {
                        let row = (y.first + j as isize) as usize * width;
                        for i in x.range.clone() {
                            plane[row + (x.first + i as isize) as usize] += T::from_f64(value * wx[i] * wy[j]);
                        }
                    }
                }
            }
        },
    );
    out
}

fn grid_grad<F: Filter, T: WithDType>(
    image: &[T],
    image_shape: [usize; 4],
    grid: &[T],
    gradient: &[T],
    points: usize,
) -> Vec<T> {
    let [batch, channels, height, width] = image_shape;
    let mut out = vec![T::from_f64(0.0); batch * points * 2];
    for_each_chunk(
        &mut out,
        points * 2,
        || (),
        |(), item, out| {
            let image = &image[item * channels * height * width..][..channels * height * width];
            let gradient = &gradient[item * channels * points..][..channels * points];
            let grid = &grid[item * points * 2..][..points * 2];
            for (k, (point, out)) in grid.chunks_exact(2).zip(out.chunks_exact_mut(2)).enumerate() {
                let Some((x, y)) = axes::<F, T>(point, (height, width)) else { continue };
                let (wx, wy) = (F::weights(x.fraction), F::weights(y.fraction));
                let (dx, dy) = (F::derivatives(x.fraction), F::derivatives(y.fraction));
                let (mut along_x, mut along_y) = (0.0, 0.0);
                for (channel, plane) in image.chunks_exact(height * width).enumerate() {
                    let value = gradient[channel * points + k].to_f64();
                    along_x += value * lookup(plane, width, &x, &y, &dx, &wy);
                    along_y += value * lookup(plane, width, &x, &y, &wx, &dy);
                }
                // From pixels to canonical coordinates.
                out[0] = T::from_f64(along_x * 0.5 * (width as f64 - 1.0));
                out[1] = T::from_f64(along_y * 0.5 * (height as f64 - 1.0));
            }
        },
    );
    out
}

/// Calls a kernel with the filter that the interpolation names.
macro_rules! with_filter {
    ($interpolation:expr, $kernel:ident, $($argument:expr),*) => {
        match $interpolation {
            Interpolation::Nearest => $kernel::<Nearest, T>($($argument),*),
            Interpolation::Bilinear => $kernel::<Bilinear, T>($($argument),*),
            Interpolation::Bicubic => $kernel::<Bicubic, T>($($argument),*),
        }
    };
}

impl CustomOp2 for GridSample {
    fn name(&self) -> &'static str {
        "grid-sample"
    }

    fn cpu_fwd(&self, image: &CpuStorage, li: &Layout, grid: &CpuStorage, lg: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &GridSample,
            image: &CpuStorage,
            li: &Layout,
            grid: &CpuStorage,
            lg: &Layout,
        ) -> Result<Vec<T>> {
            let (image, grid) = (slice::<T>("grid-sample", image, li)?, slice::<T>("grid-sample", grid, lg)?);
            let (_, height, width, _) = lg.shape().dims4()?;
            Ok(with_filter!(op.interpolation, sample, image, li.shape().dims4()?.into(), grid, height * width))
        }
        let ((batch, channels, ..), (_, height, width, _)) = (li.shape().dims4()?, lg.shape().dims4()?);
        let out = dispatch!("grid-sample", image, run, self, image, li, grid, lg);
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

impl Backward for GridSample {
    fn name(&self) -> &'static str {
        CustomOp2::name(self)
    }

    fn backward(&self, image: &Tensor, grid: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (interpolation, kernels) = (self.interpolation, primitives::has_kernels(image));
        let (to_image, to_grid) = (image.track_op(), grid.track_op());
        let (image, grid, gradient) =
            (image.detach().contiguous()?, grid.detach().contiguous()?, gradient.contiguous()?);
        let image_grad = || {
            if kernels {
                let op = GridSampleImageGrad { interpolation, image: image.shape().clone() };
                return grid.apply_op2_no_bwd(&gradient, &op);
            }
            primitives::grid_sample_image_grad(image.dims(), &grid, &gradient, interpolation)
        };
        let grid_grad = || {
            if kernels {
                return image.apply_op3_no_bwd(&grid, &gradient, &GridSampleGridGrad { interpolation });
            }
            primitives::grid_sample_grid_grad(&image, &grid, &gradient, interpolation)
        };
        Ok((to_image.then(image_grad).transpose()?, to_grid.then(grid_grad).transpose()?))
    }
}

impl CustomOp2 for GridSampleImageGrad {
    fn name(&self) -> &'static str {
        "grid-sample-image-grad"
    }

    fn cpu_fwd(&self, grid: &CpuStorage, lg: &Layout, g: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &GridSampleImageGrad,
            grid: &CpuStorage,
            lg: &Layout,
            g: &CpuStorage,
            l: &Layout,
        ) -> Result<Vec<T>> {
            let (grid, g) = (slice::<T>(op.name(), grid, lg)?, slice::<T>(op.name(), g, l)?);
            let (_, height, width, _) = lg.shape().dims4()?;
            Ok(with_filter!(op.interpolation, image_grad, op.image.dims4()?.into(), grid, g, height * width))
        }
        Ok((dispatch!(self.name(), grid, run, self, grid, lg, g, l), self.image.clone()))
    }
}

impl CustomOp3 for GridSampleGridGrad {
    fn name(&self) -> &'static str {
        "grid-sample-grid-grad"
    }

    fn cpu_fwd(
        &self,
        image: &CpuStorage,
        li: &Layout,
        grid: &CpuStorage,
        lg: &Layout,
        g: &CpuStorage,
        l: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &GridSampleGridGrad,
            (image, li): (&CpuStorage, &Layout),
            (grid, lg): (&CpuStorage, &Layout),
            (g, l): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let name = op.name();
            let (image, grid, g) = (slice::<T>(name, image, li)?, slice::<T>(name, grid, lg)?, slice::<T>(name, g, l)?);
            let (_, height, width, _) = lg.shape().dims4()?;
            Ok(with_filter!(op.interpolation, grid_grad, image, li.shape().dims4()?.into(), grid, g, height * width))
        }
        Ok((dispatch!(self.name(), image, run, self, (image, li), (grid, lg), (g, l)), lg.shape().clone()))
    }
}
