//! Grid and bilinear sampler of a homography in one piece: no grid is stored, and only the part of each row that may look
//! inside of the image is visited.

use super::Interpolation;
use super::grid::{EPSILON, homography_grid};
use super::primitives::{self, Backward};
use super::storage::{dispatch, for_each_chunk, slice};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, WithDType, bail};
use std::ops::Range;

/// Looks `image` [B, C, h, w] up at the points H · (x, y, 1) of every output pixel: [B, C, height, width].
///
/// `h` [B, 3, 3] maps output points to input points, both in canonical coordinates (−1 and 1 are the centres of the first
/// and the last pixel). Bilinear between pixels, zero outside; a point that is not finite gives zero, and no gradient, and
/// so does every point of a matrix that is not. Gradients reach the image and `h`; the backward pass itself is not
/// differentiable. The same as [`homography_grid`](crate::stn::homography_grid) and [`grid_sample`](super::grid_sample).
pub fn warp(image: &Tensor, h: &Tensor, (height, width): (usize, usize)) -> Result<Tensor> {
    let (batch, _, rows, columns) = image.dims4()?;
    if h.dims() != [batch, 3, 3] || [rows, columns, height, width].contains(&0) {
        bail!("warp: image {:?} and homographies {:?} to {height}×{width} do not fit", image.shape(), h.shape());
    }
    let op = Warp { output: (height, width) };
    if primitives::has_kernels(image) {
        return image.contiguous()?.apply_op2(&h.contiguous()?, op);
    }
    let grid = homography_grid(&h.detach(), op.output)?;
    let value = primitives::grid_sample(&image.detach(), &grid, Interpolation::Bilinear)?;
    primitives::with_backward(op, image, h, value)
}

struct Warp {
    output: (usize, usize),
}

/// (H, gradient) to the image's gradient.
struct WarpImageGrad {
    image: Shape,
}

/// (image, H, gradient) to H's gradient.
struct WarpHomographyGrad;

/// The distance between neighbouring pixels in canonical coordinates.
fn step(size: usize) -> f64 {
    2.0 / (size.max(2) - 1) as f64
}

/// Where the output pixels look: column i and row j at (x·q / z·q, y·q / z·q) in input pixels, q = (i, j, 1).
struct Lookup {
    x: [f64; 3],
    y: [f64; 3],
    z: [f64; 3],
    input: (usize, usize),
    output: (usize, usize),
}

/// One output pixel of a row that looks inside, if only partly.
struct Point<T> {
    column: usize,
    /// Coordinates in input pixels, and 1 / (z·q).
    x: T,
    y: T,
    inverse: T,
    /// Of the four neighbours (upper left, upper right, lower left, lower right), in the image's plane.
    offsets: [usize; 4],
    /// Of the neighbours left and right, above and below; zero where there is none.
    across: [T; 2],
    down: [T; 2],
    /// The derivatives of these weights.
    across_slope: [T; 2],
    down_slope: [T; 2],
}

impl Lookup {
    /// None for a matrix that is not finite.
    fn new<T: WithDType>(h: &[T], input: (usize, usize), output: (usize, usize)) -> Option<Self> {
        let h: [f64; 9] = std::array::from_fn(|i| h[i].to_f64());
        if !h.iter().all(|value| value.is_finite()) {
            return None;
        }
        let (across, down) = (step(output.1), step(output.0));
        let row = |r: usize| [h[r] * across, h[r + 1] * down, h[r + 2] - h[r] - h[r + 1]];
        let mut z = row(6);
        z[2] += EPSILON;
        // From canonical coordinates to pixels: (c + 1) · (size − 1) / 2.
        let pixels = |row: [f64; 3], size: usize| std::array::from_fn(|k| (row[k] + z[k]) * half(size));
        Some(Self { x: pixels(row(0), input.1), y: pixels(row(3), input.0), z, input, output })
    }

    /// The columns of row `j` that may look inside, rounded outwards.
    fn columns(&self, j: usize) -> Range<usize> {
        let width = self.output.1;
        let along = |row: &[f64; 3]| (row[0], row[1] * j as f64 + row[2]);
        let (z_slope, z_start) = along(&self.z);
        let ends = [z_start, z_start + z_slope * (width - 1) as f64];
        let one_sign = ends.iter().all(|&z| z > 0.0) || ends.iter().all(|&z| z < 0.0);
        if !one_sign {
            return 0..width;
        }
        // Each of x > −1, x < width, … is then a half-line.
        let sign = ends[0].signum();
        let (mut first, mut last) = (0.0f64, (width - 1) as f64);
        for (row, size) in [(&self.x, self.input.1 as f64), (&self.y, self.input.0 as f64)] {
            let (slope, start) = along(row);
            for (slope, start) in [(slope + z_slope, start + z_start), (size * z_slope - slope, size * z_start - start)]
            {
                let (slope, start) = (sign * slope, sign * start);
                if slope > 0.0 {
                    first = first.max(-start / slope);
                } else if slope < 0.0 {
                    last = last.min(-start / slope);
                } else if start <= 0.0 {
                    return 0..0;
                }
            }
        }
        let end = ((last + 2.0) as usize).min(width);
        ((first - 1.0) as usize).min(end)..end
    }

    /// The points of row `j` that look inside, into `points`.
    fn row<T: WithDType>(&self, j: usize, points: &mut Vec<Point<T>>) {
        points.clear();
        let start = |row: &[f64; 3]| T::from_f64(row[1] * j as f64 + row[2]);
        let slope = |row: &[f64; 3]| T::from_f64(row[0]);
        let (x, y, z) = (start(&self.x), start(&self.y), start(&self.z));
        let (dx, dy, dz) = (slope(&self.x), slope(&self.y), slope(&self.z));
        let one = T::from_f64(1.0);
        for column in self.columns(j) {
            let i = T::from_f64(column as f64);
            let inverse = one / (z + dz * i);
            let (x, y) = ((x + dx * i) * inverse, (y + dy * i) * inverse);
            let (Some(horizontal), Some(vertical)) = (axis(x, self.input.1), axis(y, self.input.0)) else { continue };
            let ([left, right], across, across_slope) = horizontal;
            let ([upper, lower], down, down_slope) = vertical;
            let (upper, lower) = (upper * self.input.1, lower * self.input.1);
            let offsets = [upper + left, upper + right, lower + left, lower + right];
            points.push(Point { column, x, y, inverse, offsets, across, down, across_slope, down_slope });
        }
    }
}

/// Half of the pixels between the first and the last.
fn half(size: usize) -> f64 {
    0.5 * (size - 1) as f64
}

/// The two neighbours of a coordinate in pixels, their weights and the derivatives of these: zero for one that lies outside.
/// None where both do.
#[inline(always)]
fn axis<T: WithDType>(coordinate: T, size: usize) -> Option<([usize; 2], [T; 2], [T; 2])> {
    let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
    // Not below zero, so that the conversion rounds down; the comparisons are false for NaN.
    let shifted = coordinate + one;
    if !(shifted > zero && coordinate < T::from_f64(size as f64)) {
        return None;
    }
    let after = (shifted.to_f64() as usize).min(size);
    let fraction = shifted - T::from_f64(after as f64);
    let inside = [if after > 0 { one } else { zero }, if after < size { one } else { zero }];
    let weights = [(one - fraction) * inside[0], fraction * inside[1]];
    Some(([after.saturating_sub(1), after.min(size - 1)], weights, [zero - inside[0], inside[1]]))
}

/// The weighted sum of the four neighbours.
#[inline(always)]
fn blend<T: WithDType>(plane: &[T], offsets: &[usize; 4], across: &[T; 2], down: &[T; 2]) -> T {
    let upper = plane[offsets[0]] * across[0] + plane[offsets[1]] * across[1];
    let lower = plane[offsets[2]] * across[0] + plane[offsets[3]] * across[1];
    upper * down[0] + lower * down[1]
}

fn sample<T: WithDType>(image: &[T], shape: [usize; 4], h: &[T], output: (usize, usize)) -> Vec<T> {
    let [batch, channels, height, width] = shape;
    let pixels = output.0 * output.1;
    let mut out = vec![T::from_f64(0.0); batch * channels * pixels];
    for_each_chunk(&mut out, channels * pixels, Vec::new, |points, item, out| {
        let Some(lookup) = Lookup::new(&h[item * 9..][..9], (height, width), output) else { return };
        let image = &image[item * channels * height * width..][..channels * height * width];
        for j in 0..output.0 {
            lookup.row(j, points);
            for (plane, out) in image.chunks_exact(height * width).zip(out.chunks_exact_mut(pixels)) {
                let out = &mut out[j * output.1..][..output.1];
                for point in points.iter() {
                    out[point.column] = blend(plane, &point.offsets, &point.across, &point.down);
                }
            }
        }
    });
    out
}

fn image_grad<T: WithDType>(shape: [usize; 4], h: &[T], gradient: &[T], output: (usize, usize)) -> Vec<T> {
    let [batch, channels, height, width] = shape;
    let pixels = output.0 * output.1;
    let mut out = vec![T::from_f64(0.0); batch * channels * height * width];
    for_each_chunk(&mut out, channels * height * width, Vec::new, |points, item, out| {
        let Some(lookup) = Lookup::new(&h[item * 9..][..9], (height, width), output) else { return };
        let gradient = &gradient[item * channels * pixels..][..channels * pixels];
        for j in 0..output.0 {
            lookup.row(j, points);
            for (plane, gradient) in out.chunks_exact_mut(height * width).zip(gradient.chunks_exact(pixels)) {
                let gradient = &gradient[j * output.1..][..output.1];
                for point in points.iter() {
                    let value = gradient[point.column];
                    for (k, &offset) in point.offsets.iter().enumerate() {
                        plane[offset] += value * point.across[k % 2] * point.down[k / 2];
                    }
                }
            }
        }
    });
    out
}

fn homography_grad<T: WithDType>(
    image: &[T],
    shape: [usize; 4],
    h: &[T],
    gradient: &[T],
    output: (usize, usize),
) -> Vec<T> {
    let [batch, channels, height, width] = shape;
    let pixels = output.0 * output.1;
    let (across, down) = (step(output.1), step(output.0));
    let mut out = vec![T::from_f64(0.0); batch * 9];
    let scratch = || (Vec::new(), Vec::new());
    for_each_chunk(&mut out, 9, scratch, |(points, slopes), item, out| {
        let Some(lookup) = Lookup::new(&h[item * 9..][..9], (height, width), output) else { return };
        let image = &image[item * channels * height * width..][..channels * height * width];
        let gradient = &gradient[item * channels * pixels..][..channels * pixels];
        let mut sums = [0.0; 9];
        for j in 0..output.0 {
            lookup.row(j, points);
            // The gradient of each point's coordinates, in pixels.
            slopes.clear();
            slopes.resize(points.len(), [T::from_f64(0.0); 2]);
            for (plane, gradient) in image.chunks_exact(height * width).zip(gradient.chunks_exact(pixels)) {
                let gradient = &gradient[j * output.1..][..output.1];
                for (point, slope) in points.iter().zip(slopes.iter_mut()) {
                    let value = gradient[point.column];
                    slope[0] += value * blend(plane, &point.offsets, &point.across_slope, &point.down);
                    slope[1] += value * blend(plane, &point.offsets, &point.across, &point.down_slope);
                }
            }
            let y = j as f64 * down - 1.0;
            for (point, slope) in points.iter().zip(slopes.iter()) {
                let x = point.column as f64 * across - 1.0;
                let (inverse, slope) = (point.inverse.to_f64(), slope.map(T::to_f64));
                // Canonical coordinates are numerator / denominator: (c + 1) · half = pixels.
                let (x_half, y_half) = (half(width), half(height));
                let to_x = slope[0] * x_half * inverse;
                let to_y = slope[1] * y_half * inverse;
                let to_z = -(slope[0] * (point.x.to_f64() - x_half) + slope[1] * (point.y.to_f64() - y_half)) * inverse;
                for (row, value) in [to_x, to_y, to_z].into_iter().enumerate() {
                    for (sum, coordinate) in sums[row * 3..].iter_mut().zip([x, y, 1.0]) {
                        *sum += value * coordinate;
                    }
                }
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = T::from_f64(sum);
        }
    });
    out
}

impl CustomOp2 for Warp {
    fn name(&self) -> &'static str {
        "warp"
    }

    fn cpu_fwd(&self, image: &CpuStorage, li: &Layout, h: &CpuStorage, lh: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            output: (usize, usize),
            (image, li): (&CpuStorage, &Layout),
            (h, lh): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (image, h) = (slice::<T>("warp", image, li)?, slice::<T>("warp", h, lh)?);
            Ok(sample(image, li.shape().dims4()?.into(), h, output))
        }
        let (batch, channels, ..) = li.shape().dims4()?;
        let out = dispatch!("warp", image, run, self.output, (image, li), (h, lh));
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

impl Backward for Warp {
    fn name(&self) -> &'static str {
        CustomOp2::name(self)
    }

    fn backward(&self, image: &Tensor, h: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (kernels, to_image, to_h) = (primitives::has_kernels(image), image.track_op(), h.track_op());
        let (image, h, gradient) = (image.detach().contiguous()?, h.detach().contiguous()?, gradient.contiguous()?);
        let image_grad = || {
            if kernels {
                return h.apply_op2_no_bwd(&gradient, &WarpImageGrad { image: image.shape().clone() });
            }
            let grid = homography_grid(&h, self.output)?;
            primitives::grid_sample_image_grad(image.dims(), &grid, &gradient, Interpolation::Bilinear)
        };
        let h_grad = || {
            if kernels {
                return image.apply_op3_no_bwd(&h, &gradient, &WarpHomographyGrad);
            }
            primitives::warp_homography_grad(&image, &h, &gradient)
        };
        Ok((to_image.then(image_grad).transpose()?, to_h.then(h_grad).transpose()?))
    }
}

impl CustomOp2 for WarpImageGrad {
    fn name(&self) -> &'static str {
        "warp-image-grad"
    }

    fn cpu_fwd(&self, h: &CpuStorage, lh: &Layout, g: &CpuStorage, lg: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &WarpImageGrad,
            (h, lh): (&CpuStorage, &Layout),
            (g, lg): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (h, g) = (slice::<T>(op.name(), h, lh)?, slice::<T>(op.name(), g, lg)?);
            let (_, _, height, width) = lg.shape().dims4()?;
            Ok(image_grad(op.image.dims4()?.into(), h, g, (height, width)))
        }
        Ok((dispatch!(self.name(), h, run, self, (h, lh), (g, lg)), self.image.clone()))
    }
}

impl CustomOp3 for WarpHomographyGrad {
    fn name(&self) -> &'static str {
        "warp-homography-grad"
    }

    fn cpu_fwd(
        &self,
        image: &CpuStorage,
        li: &Layout,
        h: &CpuStorage,
        lh: &Layout,
        g: &CpuStorage,
        lg: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            name: &str,
            (image, li): (&CpuStorage, &Layout),
            (h, lh): (&CpuStorage, &Layout),
            (g, lg): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (image, h, g) = (slice::<T>(name, image, li)?, slice::<T>(name, h, lh)?, slice::<T>(name, g, lg)?);
            let (_, _, height, width) = lg.shape().dims4()?;
            Ok(homography_grad(image, li.shape().dims4()?.into(), h, g, (height, width)))
        }
        let out = dispatch!(self.name(), image, run, self.name(), (image, li), (h, lh), (g, lg));
        Ok((out, lh.shape().clone()))
    }
}
