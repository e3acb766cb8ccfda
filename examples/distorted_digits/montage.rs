//! An image of the transformers' inputs and outputs.

use crate::data::Set;
use crate::networks::{Network, centre};
use crate::strokes::SIZE;
use anyhow::Result;
use candle_core::{Module, Tensor};
use image::{Rgb, RgbImage};
use std::path::Path;

/// Magnification of the images.
const ZOOM: usize = 3;
const GAP: usize = 10;
const BACKGROUND: Rgb<u8> = Rgb([250, 250, 248]);
/// The outline colour of each transformer.
const COLOURS: [[u8; 3]; 3] = [[46, 204, 113], [255, 159, 28], [77, 171, 247]];

/// One distortion: a row of inputs, on which each transformer's sampled region is outlined, and a
/// row of outputs per transformer.
pub(crate) struct Band<'a> {
    pub set: &'a Set,
    pub networks: Vec<&'a Network>,
}

/// Saves all bands, `columns` inputs wide, as one image.
pub(crate) fn save(path: &Path, bands: &[Band], columns: usize) -> Result<()> {
    let cell = bands.iter().map(|band| band.set.images.dim(2).unwrap_or(0)).max().unwrap_or(0) * ZOOM;
    let heights: Vec<usize> = bands
        .iter()
        .map(|band| Ok(band.set.images.dim(2)? * ZOOM + GAP + band.networks.len() * (SIZE * ZOOM + GAP) + GAP))
        .collect::<Result<_>>()?;
    let width = GAP + columns * (cell + GAP);
    let mut canvas = RgbImage::from_pixel(width as u32, (GAP + heights.iter().sum::<usize>()) as u32, BACKGROUND);
    let mut top = GAP;
    for (band, height) in bands.iter().zip(heights) {
        let size = band.set.images.dim(2)?;
        let images = band.set.images.narrow(0, 0, columns)?;
        let inset = |size: usize| (cell - size * ZOOM) / 2;
        for column in 0..columns {
            paint(&mut canvas, (GAP + column * (cell + GAP) + inset(size), top), &images.get(column)?)?;
        }
        let mut below = top + size * ZOOM + GAP;
        for (network, colour) in band.networks.iter().zip(COLOURS) {
            let Some(transformer) = &network.transformer else { continue };
            let grid = centre(&transformer.warp().grid(&transformer.parameters(&images)?)?, 1)?.detach();
            let outputs = centre(&transformer.forward(&images)?, 2)?.detach();
            for column in 0..columns {
                let left = GAP + column * (cell + GAP);
                outline(&mut canvas, (left + inset(size), top), size, &grid.get(column)?, colour)?;
                let corner = (left + inset(SIZE), below);
                paint(&mut canvas, corner, &outputs.get(column)?)?;
                border(&mut canvas, corner, SIZE * ZOOM, colour);
            }
            below += SIZE * ZOOM + GAP;
        }
        top += height;
    }
    canvas.save(path)?;
    Ok(())
}

/// Draws an image [1, S, S], light on dark.
fn paint(canvas: &mut RgbImage, (left, top): (usize, usize), image: &Tensor) -> Result<()> {
    for (j, row) in image.squeeze(0)?.to_vec2::<f32>()?.iter().enumerate() {
        for (i, value) in row.iter().enumerate() {
            let ink = value.clamp(0.0, 1.0);
            let colour = [24.0 + 226.0 * ink, 28.0 + 222.0 * ink, 38.0 + 210.0 * ink].map(|x| x as u8);
            for (y, x) in (0..ZOOM).flat_map(|y| (0..ZOOM).map(move |x| (y, x))) {
                canvas.put_pixel((left + i * ZOOM + x) as u32, (top + j * ZOOM + y) as u32, Rgb(colour));
            }
        }
    }
    Ok(())
}

fn border(canvas: &mut RgbImage, (left, top): (usize, usize), size: usize, colour: [u8; 3]) {
    for i in 0..size {
        for (x, y) in [(i, 0), (i, size - 1), (0, i), (size - 1, i)] {
            canvas.put_pixel((left + x) as u32, (top + y) as u32, Rgb(colour));
        }
    }
}

/// Draws the edge of a grid [H, W, 2] on an input of `size` pixels, clipped to the input.
fn outline(canvas: &mut RgbImage, corner: (usize, usize), size: usize, grid: &Tensor, colour: [u8; 3]) -> Result<()> {
    let points = grid.flatten_to(1)?.to_vec2::<f32>()?;
    let at = |j: usize, i: usize| &points[j * SIZE + i];
    let last = SIZE - 1;
    let mut edge: Vec<&Vec<f32>> = (0..last).map(|i| at(0, i)).collect();
    edge.extend((0..last).map(|j| at(j, last)));
    edge.extend((0..last).map(|i| at(last, last - i)));
    edge.extend((0..=last).map(|j| at(last - j, 0)));
    let far = (size * ZOOM) as f32;
    let pixel = |canonical: f32| ((canonical + 1.0) * 0.5 * (size - 1) as f32 + 0.5) * ZOOM as f32;
    for pair in edge.windows(2) {
        let [[x0, y0], [x1, y1]] = [pair[0], pair[1]].map(|p| [pixel(p[0]), pixel(p[1])]);
        let steps = ((x1 - x0).abs().max((y1 - y0).abs()).min(4.0 * far) * 2.0).ceil().max(1.0);
        for k in 0..=steps as usize {
            let t = k as f32 / steps;
            let (x, y) = (x0 + t * (x1 - x0), y0 + t * (y1 - y0));
            for (x, y) in [(x, y), (x - 1.0, y), (x, y - 1.0)] {
                if (0.0..far).contains(&x) && (0.0..far).contains(&y) {
                    canvas.put_pixel((corner.0 + x as usize) as u32, (corner.1 + y as usize) as u32, Rgb(colour));
                }
            }
        }
    }
    Ok(())
}
