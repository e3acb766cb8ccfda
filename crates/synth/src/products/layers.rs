//! The layers of a product photo, each warped to its place.

use super::{Part, Pose};
use crate::products::arms::Arms;
use crate::random::{CANVAS, Drawing};
use crate::render_svg;
use stgan::compose::{self, Foreground};
use stgan::{Bitmap, Homography, Rect, Result};

/// Straight-alpha RGBA of the photo's size; none if the layer shows nothing.
pub(super) struct Plane {
    bitmap: Option<Bitmap>,
    pixels: usize,
}

impl Plane {
    pub(super) fn alpha(&self, i: usize) -> f32 {
        self.bitmap.as_ref().map_or(0.0, |bitmap| f32::from(bitmap.data()[4 * i + 3]) / 255.0)
    }

    pub(super) fn pixels(&self) -> usize {
        self.pixels
    }

    /// The colour at a pixel, and its alpha.
    pub(super) fn pixel(&self, i: usize) -> ([f32; 3], f32) {
        let Some(bitmap) = &self.bitmap else { return ([0.0; 3], 0.0) };
        let pixel = &bitmap.data()[4 * i..4 * i + 4];
        ([0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0), f32::from(pixel[3]) / 255.0)
    }

    /// Draws the layer over a photo, its colours multiplied by `light`.
    pub(super) fn over(&self, photo: &mut [f32], light: f32) {
        for (i, out) in photo.chunks_exact_mut(3).enumerate() {
            let (colour, alpha) = self.pixel(i);
            for (value, colour) in out.iter_mut().zip(colour) {
                *value += alpha * ((colour * light).min(1.0) - *value);
            }
        }
    }
}

pub(super) struct Layers {
    pub size: (usize, usize),
    pub arms: Plane,
    pub lenses: Plane,
    pub front: Plane,
    pub front_shape: Plane,
    pub lens_shape: Plane,
}

impl Layers {
    /// Renders a drawing with `own` temple arms, or those that it has.
    pub(super) fn render(drawing: &Drawing, own: Option<&Arms>, pose: &Pose, size: (usize, usize)) -> Result<Self> {
        let rect = Rect { x: 0, y: 0, width: size.0 as u32, height: size.1 as u32 };
        // Drawn somewhat larger than shown: the warp filters it.
        let [x, y] = CANVAS;
        let scale = (pose.0.apply([100.0, 0.0])[0] - pose.0.apply([-100.0, 0.0])[0]).abs() / 200.0 * 1.3;
        let width = (2.0 * x * scale).clamp(24.0, 2000.0) as u32;
        let plane = |below: &str, parts: &[Part]| -> Result<Plane> {
            let image = render_svg(&drawing.svg(below, parts), width)?;
            let pixels = size.0 * size.1;
            // A layer without a visible pixel.
            let Ok(layer) = Foreground::new(image.as_ref()) else { return Ok(Plane { bitmap: None, pixels }) };
            let unit = 2.0 * x / f64::from(width);
            let to_drawing = Homography([unit, 0.0, -x, 0.0, unit, -y, 0.0, 0.0, 1.0]);
            let map = (pose.0 * to_drawing).normalized()?;
            Ok(Plane { bitmap: Some(compose::part(&layer, &map, rect)?), pixels })
        };
        let (behind, beside) = own.map_or(("", ""), |arms| (arms.behind.as_str(), arms.beside.as_str()));
        let arms = match own {
            Some(_) => plane(&format!("{behind}{beside}"), &[])?,
            None => plane("", &[Part::Back])?,
        };
        Ok(Self {
            size,
            arms,
            lenses: plane("", &[Part::Lenses])?,
            front: plane("", &[Part::Front])?,
            front_shape: plane("", &[Part::FrontShape])?,
            lens_shape: plane("", &[Part::LensShape])?,
        })
    }

    /// The opacity of all layers together.
    pub(super) fn cover(&self, i: usize) -> f32 {
        let through = [&self.arms, &self.lenses, &self.front].map(|plane| 1.0 - plane.alpha(i));
        1.0 - through.iter().product::<f32>()
    }

    /// The lowest row in which something is seen: what the glasses stand on.
    pub(super) fn foot(&self) -> usize {
        let (width, height) = self.size;
        (0..height).rev().find(|y| (0..width).any(|x| self.cover(y * width + x) > 0.3)).unwrap_or(height - 1)
    }
}
