//! The image that meshes are drawn into.

use super::light::tone;
use super::{Camera, Lighting, Mesh};
use glam::{Affine3A, Vec2, Vec3};
use stgan::{Bitmap, Result};

/// Colours and depths of an image in the making, with several samples for each pixel.
#[derive(Clone, Debug)]
pub struct Canvas {
    width: usize,
    height: usize,
    /// Samples along each side of a pixel.
    samples: usize,
    pub(super) colours: Vec<Vec3>,
    /// The distance along the camera's axis, infinite in empty samples.
    pub(super) depths: Vec<f32>,
}

/// A linear image with premultiplied colours.
#[derive(Clone, Debug)]
pub struct LinearImage {
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// Red, green, blue and coverage, rows from the top.
    pub pixels: Vec<[f32; 4]>,
}

impl Canvas {
    /// An empty canvas of `width × height` pixels with `samples × samples` samples each; 0 counts
    /// as 1.
    pub fn new(width: usize, height: usize, samples: usize) -> Self {
        let (width, height, samples) = (width.max(1), height.max(1), samples.max(1));
        let count = width * height * samples * samples;
        Self { width, height, samples, colours: vec![Vec3::ZERO; count], depths: vec![f32::INFINITY; count] }
    }

    /// Columns and rows of samples.
    pub fn grid(&self) -> (usize, usize) {
        (self.width * self.samples, self.height * self.samples)
    }

    /// Samples along each side of a pixel.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The depth of each sample, rows from the top; infinite where nothing was drawn.
    pub fn depths(&self) -> &[f32] {
        &self.depths
    }

    /// The pixel coordinates of the centre of a sample.
    pub fn pixel(&self, sample: usize) -> Vec2 {
        let columns = self.grid().0;
        Vec2::new((sample % columns) as f32 + 0.5, (sample / columns) as f32 + 0.5) / self.samples as f32
    }

    /// Draws a mesh that `place` puts into the scene; `camera` is in pixels.
    ///
    /// `reached` returns the share of the light that reaches a point with a normal: it draws
    /// contact shadows. Triangles are clipped close before the camera. Indices beyond the vertices
    /// are skipped.
    pub fn draw(
        &mut self,
        mesh: &Mesh,
        place: &Affine3A,
        camera: &Camera,
        lighting: &Lighting,
        reached: &dyn Fn(Vec3, Vec3) -> f32,
    ) {
        let camera = camera.scaled(self.samples as f32);
        super::triangle::Painter { mesh, camera, lighting, reached }.draw(self, place);
    }

    /// Blends a layer over the samples that lie behind it.
    ///
    /// `layer` returns the depth and the premultiplied linear colour of the layer at a pixel, if it
    /// is there. Where the layer is at least half opaque, it hides what is drawn later behind it.
    pub fn overlay(&mut self, layer: &dyn Fn(Vec2) -> Option<(f32, [f32; 4])>) {
        for sample in 0..self.depths.len() {
            let Some((depth, [r, g, b, opacity])) = layer(self.pixel(sample)) else { continue };
            if depth < self.depths[sample] {
                let behind = (1.0 - opacity) * self.colours[sample];
                self.colours[sample] = Vec3::new(r, g, b) + behind;
                if opacity >= 0.5 {
                    self.depths[sample] = depth;
                }
            }
        }
    }

    /// Averages the samples of each pixel.
    pub fn resolve(&self) -> LinearImage {
        let (columns, n) = (self.grid().0, self.samples);
        let share = 1.0 / (n * n) as f32;
        let pixel = |i: usize| {
            let first = (i / self.width) * n * columns + (i % self.width) * n;
            let samples = (0..n * n).map(|k| first + (k / n) * columns + k % n);
            let covered = samples.filter(|&s| self.depths[s].is_finite());
            let (sum, count) = covered.fold((Vec3::ZERO, 0), |(sum, n), s| (sum + self.colours[s], n + 1));
            let [r, g, b] = (share * sum).to_array();
            [r, g, b, share * count as f32]
        };
        LinearImage { size: (self.width, self.height), pixels: (0..self.width * self.height).map(pixel).collect() }
    }
}

impl LinearImage {
    /// Converts to RGBA with straight alpha, as a camera with this exposure and these gains of red,
    /// green and blue would.
    ///
    /// # Errors
    /// [`stgan::Error::ImageTooLarge`] for a size beyond [`stgan::MAX_PIXELS`].
    pub fn develop(&self, exposure: f32, gains: [f32; 3]) -> Result<Bitmap> {
        let byte = |x: f32| (255.0 * x.clamp(0.0, 1.0)).round() as u8;
        let pixel = |&[r, g, b, alpha]: &[f32; 4]| {
            let straight = exposure / alpha.max(1e-6);
            let [r, g, b] = [r, g, b].map(|x| tone(x * straight));
            [byte(r * gains[0]), byte(g * gains[1]), byte(b * gains[2]), byte(alpha)]
        };
        Bitmap::new(self.size.0 as u32, self.size.1 as u32, self.pixels.iter().flat_map(pixel).collect())
    }

    /// The number of pixels that are covered, partly covered ones by their share.
    pub fn area(&self) -> f64 {
        self.pixels.iter().map(|pixel| f64::from(pixel[3])).sum()
    }
}
