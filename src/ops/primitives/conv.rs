//! Convolutions by space to depth: with cells of s × s pixels (s is the stride), a convolution with
//! a K × K kernel becomes one with ⌈K/s⌉ × ⌈K/s⌉ cells of s²·C channels at stride 1.
//!
//! Cells are stored as [s²·C, B, rows, columns], so that a batch is one matrix product.

use crate::ops::ConvGeometry;
use candle_core::{Result, Tensor};

/// Number of cells that the kernel covers along each axis.
fn span(g: &ConvGeometry) -> usize {
    g.kernel.div_ceil(g.stride)
}

/// The numbers of rows and columns of cells.
fn cells(g: &ConvGeometry) -> (usize, usize) {
    (g.output.0 + span(g) - 1, g.output.1 + span(g) - 1)
}

/// The offsets (down, right) of the cells under the kernel.
fn neighbours(g: &ConvGeometry) -> impl Iterator<Item = (usize, usize)> {
    let span = span(g);
    (0..span * span).map(move |i| (i / span, i % span))
}

/// The column matrix [span² · C · s², B · pixels] of images [B, C, H, W].
fn columns(x: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let ((rows, columns), s) = (cells(g), g.stride);
    let below = rows * s - g.padding.0 - height;
    let right = columns * s - g.padding.1 - width;
    let x = x.pad_with_zeros(2, g.padding.0, below)?.pad_with_zeros(3, g.padding.1, right)?;
    let x = x.reshape((batch, channels, rows, s, columns, s))?.permute([1, 3, 5, 0, 2, 4])?.contiguous()?;
    let x = x.reshape((channels * s * s, batch, rows, columns))?;
    let shifted = neighbours(g)
        .map(|(down, right)| x.narrow(2, down, g.output.0)?.narrow(3, right, g.output.1)?.contiguous())
        .collect::<Result<Vec<_>>>()?;
    Tensor::cat(&shifted, 0)?.reshape((shifted.len() * channels * s * s, batch * g.output.0 * g.output.1))
}

/// The transpose of [`columns`]: adds the columns back into [B, C, H, W].
fn image(matrix: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    let ((rows, columns), s, span) = (cells(g), g.stride, span(g));
    let cell = g.channels_in * s * s;
    let batch = matrix.dim(1)? / (g.output.0 * g.output.1);
    let matrix = matrix.reshape((span * span * cell, batch, g.output.0, g.output.1))?;
    let mut sum: Option<Tensor> = None;
    for (i, (down, right)) in neighbours(g).enumerate() {
        let part = matrix.narrow(0, i * cell, cell)?;
        let part = part.pad_with_zeros(2, down, span - 1 - down)?.pad_with_zeros(3, right, span - 1 - right)?;
        sum = Some(match sum {
            Some(sum) => (sum + part)?,
            None => part,
        });
    }
    let sum = sum.unwrap_or(matrix).reshape((g.channels_in, s, s, batch, rows, columns))?;
    let x = sum.permute([3, 0, 4, 1, 5, 2])?.contiguous()?.reshape((batch, g.channels_in, rows * s, columns * s))?;
    x.narrow(2, g.padding.0, g.input.0)?.narrow(3, g.padding.1, g.input.1)?.contiguous()
}

/// Rearranges weights [O, C, K, K] to [O, span² · C · s²], in the order of the column matrix.
fn weight_matrix(weight: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    let (s, span) = (g.stride, span(g));
    let missing = span * s - g.kernel;
    let weight = weight.pad_with_zeros(2, 0, missing)?.pad_with_zeros(3, 0, missing)?;
    let weight = weight.reshape((g.channels_out, g.channels_in, span, s, span, s))?.permute([0, 2, 4, 1, 3, 5])?;
    weight.contiguous()?.reshape((g.channels_out, span * span * g.channels_in * s * s))
}

/// The transpose of [`weight_matrix`].
fn weight(matrix: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    let (s, span) = (g.stride, span(g));
    let weight = matrix.reshape((g.channels_out, span, span, g.channels_in, s, s))?.permute([0, 3, 1, 4, 2, 5])?;
    let weight = weight.contiguous()?.reshape((g.channels_out, g.channels_in, span * s, span * s))?;
    weight.narrow(2, 0, g.kernel)?.narrow(3, 0, g.kernel)?.contiguous()
}

/// Rearranges [B, O, H', W'] to [O, B · pixels].
fn gather(y: &Tensor) -> Result<Tensor> {
    y.transpose(0, 1)?.contiguous()?.flatten_from(1)
}

pub(crate) fn conv2d(x: &Tensor, w: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    let y = weight_matrix(w, g)?.matmul(&columns(x, g)?)?;
    y.reshape((g.channels_out, x.dim(0)?, g.output.0, g.output.1))?.transpose(0, 1)?.contiguous()
}

pub(crate) fn conv2d_input_grad(gradient: &Tensor, w: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    image(&weight_matrix(w, g)?.t()?.matmul(&gather(gradient)?)?, g)
}

pub(crate) fn conv2d_weight_grad(x: &Tensor, gradient: &Tensor, g: &ConvGeometry) -> Result<Tensor> {
    weight(&gather(gradient)?.matmul(&columns(x, g)?.t()?)?, g)
}
