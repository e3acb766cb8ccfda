//! Scenes as lists of layers, rendered through any view.

use crate::Result;
use crate::data::landmarks::{self, Landmarks, Point};
use std::sync::Arc;
use stgan::Homography;
use stgan::internals::resample::Pyramid;

/// An image that several layers can share.
pub(super) struct SourceImage(pub Pyramid);

/// The visible part of a layer's image, in pixels of the image.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mask {
    Whole,
    /// Covers the whole plane: outside the square around the centre, its edge is extended.
    Clamped {
        centre: Point,
        radius: f64,
    },
    /// `soft` is the share of the radius over which the edge fades.
    Oval {
        centre: Point,
        reach: [f64; 2],
        soft: f64,
    },
    Box {
        centre: Point,
        reach: [f64; 2],
        soft: f64,
    },
}

pub(super) struct SceneLayer {
    image: Arc<SourceImage>,
    to_scene: Homography,
    to_image: Homography,
    mask: Mask,
}

/// Layers, and the pupils of the faces in them.
pub(crate) struct Scene {
    pub size: usize,
    layers: Vec<SceneLayer>,
    /// The pupils of every face in pixels of the scene, the image's left one first.
    pub faces: Vec<[Point; 2]>,
    /// What is known of every face besides.
    pub attributes: Vec<KnownAttributes>,
}

/// What is known of a face besides its pupils; angles in degrees.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KnownAttributes {
    pub glasses: Option<bool>,
    pub covered: Option<bool>,
    pub yaw: Option<f64>,
    pub pitch: Option<f64>,
}

impl Mask {
    /// The opacity of a layer at a point of its image.
    fn at(&self, [x, y]: Point) -> f32 {
        let fade = |beyond: f64, soft: f64| ((1.0 - beyond) / soft).clamp(0.0, 1.0) as f32;
        match *self {
            Self::Whole | Self::Clamped { .. } => 1.0,
            Self::Oval { centre, reach, soft } => {
                fade(((x - centre[0]) / reach[0]).hypot((y - centre[1]) / reach[1]), soft)
            }
            Self::Box { centre, reach, soft } => {
                fade(((x - centre[0]) / reach[0]).abs().max(((y - centre[1]) / reach[1]).abs()), soft)
            }
        }
    }

    /// The bounding box of the visible part, in pixels of the image. None if it is unbounded.
    fn bounds(&self, image: &Pyramid) -> Option<[Point; 2]> {
        match *self {
            Self::Whole => Some([[0.0, 0.0], [f64::from(image.width()), f64::from(image.height())]]),
            Self::Clamped { .. } => None,
            Self::Oval { centre: [x, y], reach: [a, b], .. } | Self::Box { centre: [x, y], reach: [a, b], .. } => {
                Some([[x - a, y - b], [x + a, y + b]])
            }
        }
    }
}

impl SceneLayer {
    pub(super) fn new(image: Arc<SourceImage>, to_scene: &Homography, mask: Mask) -> Result<Self> {
        Ok(Self { image, to_scene: *to_scene, to_image: to_scene.inverse()?, mask })
    }

    /// Draws the layer over `pixels`: premultiplied RGBA with `width` pixels per row. `to_view`
    /// maps the scene to these pixels.
    fn draw(&self, to_view: &Homography, from_view: &Homography, width: usize, pixels: &mut [[f32; 4]]) {
        let height = pixels.len() / width;
        let to_image = self.to_image * *from_view;
        let (mut columns, mut rows) = (0..width, 0..height);
        if let Some([[left, top], [right, bottom]]) = self.mask.bounds(&self.image.0) {
            let map = *to_view * self.to_scene;
            let corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map(|c| map.apply(c));
            let range = |axis: usize, size: usize| {
                let low = corners.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min) - 1.0;
                let high = corners.iter().map(|c| c[axis]).fold(f64::NEG_INFINITY, f64::max) + 1.0;
                (low.max(0.0) as usize).min(size)..(high.max(0.0).ceil() as usize).min(size)
            };
            (columns, rows) = (range(0, width), range(1, height));
        }
        if columns.is_empty() {
            return;
        }
        let mut line = vec![[0.0; 4]; columns.len()];
        for y in rows {
            let out = &mut pixels[y * width..][columns.clone()];
            match self.mask {
                Mask::Clamped { centre, radius } => {
                    self.clamped(&to_image, (columns.start, y), centre, radius, &mut line)
                }
                _ => self.image.0.sample_row(&to_image, columns.start as u32, y as u32, &mut line),
            }
            for (x, (out, value)) in columns.clone().zip(out.iter_mut().zip(&line)) {
                let share = match self.mask {
                    Mask::Whole | Mask::Clamped { .. } => 1.0,
                    mask => mask.at(to_image.apply([x as f64 + 0.5, y as f64 + 0.5])),
                };
                if share > 0.0 {
                    let left = 1.0 - share * value[3];
                    *out = std::array::from_fn(|k| share * value[k] + left * out[k]);
                }
            }
        }
    }

    /// Samples a row of an unbounded background: points outside the square take the value at its
    /// edge.
    fn clamped(&self, map: &Homography, (x, y): (usize, usize), centre: Point, radius: f64, line: &mut [[f32; 4]]) {
        let edge = radius - 1.0;
        self.image.0.sample_row(map, x as u32, y as u32, line);
        for (x, value) in (x..).zip(line) {
            let at = map.apply([x as f64 + 0.5, y as f64 + 0.5]);
            let near = [0, 1].map(|k| at[k].clamp(centre[k] - edge, centre[k] + edge));
            if near != at {
                let shift = Homography::similarity(1.0, 0.0, near[0] - at[0], near[1] - at[1]);
                let mut one = [[0.0; 4]];
                self.image.0.sample_row(&(shift * *map), x as u32, y as u32, &mut one);
                [*value] = one;
            }
        }
    }
}

impl Scene {
    pub(super) fn new(size: usize) -> Self {
        Self { size, layers: Vec::new(), faces: Vec::new(), attributes: Vec::new() }
    }

    pub(super) fn push(&mut self, layer: SceneLayer) {
        self.layers.push(layer);
    }

    /// Adds a face by its landmarks in the scene, which may be mirrored.
    pub(super) fn add_face(&mut self, target: &Landmarks, known: KnownAttributes) {
        let [a, b, ..] = *target;
        let mirrored = a[0] > b[0];
        self.faces.push(if mirrored { [b, a] } else { [a, b] });
        self.attributes.push(KnownAttributes { yaw: known.yaw.map(|yaw| if mirrored { -yaw } else { yaw }), ..known });
    }

    /// Whether a circle around a point leaves all faces uncovered.
    pub(super) fn is_free(&self, at: Point, reach: f64) -> bool {
        self.faces.iter().all(|[a, b]| {
            let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
            landmarks::distance(at, middle) > reach + 1.2 * landmarks::distance(*a, *b)
        })
    }

    /// Renders `width × height` pixels of premultiplied RGBA. `from_view` maps their coordinates to
    /// the scene.
    ///
    /// # Errors
    /// [`stgan::Error::Degenerate`] if `from_view` has no inverse.
    pub(crate) fn render(&self, from_view: &Homography, width: usize, height: usize) -> Result<Vec<[f32; 4]>> {
        let to_view = from_view.inverse()?;
        let mut pixels = vec![[0.0; 4]; width * height];
        for layer in &self.layers {
            layer.draw(&to_view, from_view, width, &mut pixels);
        }
        Ok(pixels)
    }
}
