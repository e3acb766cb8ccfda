//! Distorted digits, drawn or from MNIST's files: upright ones, warped by the library's own transforms.

use crate::strokes::{self, SIZE};
use anyhow::{Context, Result, bail, ensure};
use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::path::Path;
use stgan::Homography;
use stgan::stn::{Family, Sampler, grid_sample, homography_grid};

/// As in the paper's table 1, and its cluttered digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Distortion {
    /// R: turned by up to 90°.
    Rotated,
    /// RTS: turned by up to 45°, 0.7 to 1.2 times as large, moved.
    Rts,
    /// P: seen in perspective.
    Projective,
    /// E: bent by a spline.
    Elastic,
    /// TC: moved over a larger canvas, among pieces of other digits.
    TranslatedCluttered,
    /// RTSC: turned, scaled and moved over a larger canvas, among pieces of other digits.
    Cluttered,
}

impl Distortion {
    pub(crate) const ALL: [Self; 6] =
        [Self::Rotated, Self::Rts, Self::Projective, Self::Elastic, Self::TranslatedCluttered, Self::Cluttered];

    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Rotated => "R",
            Self::Rts => "RTS",
            Self::Projective => "P",
            Self::Elastic => "E",
            Self::TranslatedCluttered => "TC",
            Self::Cluttered => "RTSC",
        }
    }

    /// Images to train on, and steps. What clutters is learned by heart where there are few images.
    pub(crate) fn effort(self) -> (usize, usize) {
        if self.pieces() > 0 { (40_000, 3000) } else { (10_000, 1500) }
    }

    /// Pieces of other digits around one.
    fn pieces(self) -> usize {
        match self {
            Self::TranslatedCluttered => 3,
            Self::Cluttered => 2,
            _ => 0,
        }
    }

    /// Rows and columns of the canvas.
    pub(crate) fn size(self) -> usize {
        if self.pieces() > 0 { 48 } else { 42 }
    }
}

/// Images [N, 1, S, S] in [0, 1] and their digits.
pub(crate) struct Set {
    pub images: Tensor,
    pub labels: Vec<u32>,
}

/// Upright digits [N, 1, 28, 28].
pub(crate) struct Upright {
    images: Tensor,
    labels: Vec<u32>,
}

impl Upright {
    pub(crate) fn drawn(count: usize, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let labels: Vec<u32> = (0..count).map(|i| i as u32 % 10).collect();
        let pixels: Vec<f32> = labels.iter().flat_map(|&digit| strokes::draw(digit as usize, &mut rng)).collect();
        Ok(Self { images: Tensor::from_vec(pixels, (count, 1, SIZE, SIZE), &Device::Cpu)?, labels })
    }

    /// The first `count` of `{kind}-images-idx3-ubyte` and `{kind}-labels-idx1-ubyte` in a folder.
    pub(crate) fn mnist(folder: &Path, kind: &str, count: usize) -> Result<Self> {
        let (images, shape) = idx(&folder.join(format!("{kind}-images-idx3-ubyte")))?;
        let (labels, label_shape) = idx(&folder.join(format!("{kind}-labels-idx1-ubyte")))?;
        ensure!(shape.len() == 3 && shape[1..] == [SIZE, SIZE], "{kind}: images of shape {shape:?}, expected 28×28");
        ensure!(label_shape == shape[..1], "{kind}: {} images and {label_shape:?} labels", shape[0]);
        let count = count.min(shape[0]);
        ensure!(
            count > 0 && labels.iter().all(|&label| label < 10),
            "{kind}: labels must be digits, and there must be some"
        );
        let pixels: Vec<f32> = images[..count * SIZE * SIZE].iter().map(|&x| f32::from(x) / 255.0).collect();
        let labels = labels[..count].iter().map(|&x| u32::from(x)).collect();
        Ok(Self { images: Tensor::from_vec(pixels, (count, 1, SIZE, SIZE), &Device::Cpu)?, labels })
    }

    pub(crate) fn distort(&self, distortion: Distortion, seed: u64) -> Result<Set> {
        const CHUNK: usize = 500;
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6469_6769_7473);
        let (count, size) = (self.labels.len(), distortion.size());
        let mut parts = Vec::new();
        for start in (0..count).step_by(CHUNK) {
            let images = self.images.narrow(0, start, CHUNK.min(count - start))?;
            parts.push(grid_sample(&images, &grid(distortion, images.dim(0)?, &mut rng)?, Sampler::default())?);
        }
        let mut pixels = Tensor::cat(&parts, 0)?.flatten_all()?.to_vec1::<f32>()?;
        if distortion.pieces() > 0 {
            let upright = self.images.flatten_all()?.to_vec1::<f32>()?;
            for canvas in pixels.chunks_exact_mut(size * size) {
                clutter(canvas, distortion, &upright, &mut rng);
            }
        }
        let noise = Normal::new(0.0, 0.1f32)?;
        pixels.iter_mut().for_each(|x| *x = (*x + noise.sample(&mut rng)).clamp(0.0, 1.0));
        let images = Tensor::from_vec(pixels, (count, 1, size, size), &Device::Cpu)?;
        Ok(Set { images, labels: self.labels.clone() })
    }
}

/// An IDX file of bytes: its numbers and shape.
fn idx(path: &Path) -> Result<(Vec<u8>, Vec<usize>)> {
    let bytes = std::fs::read(path).with_context(|| format!("{} (unpacked, not .gz)", path.display()))?;
    let [0, 0, 8, rank, ..] = bytes[..] else { bail!("{}: not an IDX file of bytes", path.display()) };
    let header = 4 + 4 * usize::from(rank);
    ensure!(bytes.len() >= header, "{}: ends within its header", path.display());
    let number = |b: &[u8]| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize;
    let shape: Vec<usize> = bytes[4..header].chunks_exact(4).map(number).collect();
    let count = shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
    ensure!(
        count == Some(bytes.len() - header),
        "{}: {} bytes for shape {shape:?}",
        path.display(),
        bytes.len() - header
    );
    Ok((bytes[header..].to_vec(), shape))
}

/// Where each canvas pixel looks into its digit.
fn grid(distortion: Distortion, count: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
    let size = distortion.size();
    // Pixels from the middle to the canonical 1.
    let (canvas, digit) = (0.5 * (size as f64 - 1.0), 0.5 * (SIZE as f64 - 1.0));
    if distortion == Distortion::Elastic {
        let family = Family::ThinPlateSpline { points: 4 };
        let bend = Normal::new(0.0, 3.0 / canvas)?;
        let theta: Vec<f32> = (0..count * family.dimension()).map(|_| bend.sample(rng) as f32).collect();
        let theta = Tensor::from_vec(theta, (count, family.dimension()), &Device::Cpu)?;
        return Ok((family.grid(&theta, (size, size), true)? * (canvas / digit))?);
    }
    let to_canonical = Homography([1.0 / digit, 0.0, 0.0, 0.0, 1.0 / digit, 0.0, 0.0, 0.0, 1.0]);
    let from_canonical = Homography([canvas, 0.0, 0.0, 0.0, canvas, 0.0, 0.0, 0.0, 1.0]);
    let mut matrices = Vec::with_capacity(9 * count);
    while matrices.len() < 9 * count {
        // From the digit to the canvas, in pixels from the middle.
        let forward = match distortion {
            Distortion::Rotated => similarity(90.0, (1.0, 1.0), 0.0, rng),
            Distortion::Rts => similarity(45.0, (0.7, 1.2), 8.0, rng),
            Distortion::TranslatedCluttered => similarity(0.0, (1.0, 1.0), 11.0, rng),
            Distortion::Cluttered => similarity(45.0, (0.7, 1.2), 11.0, rng),
            Distortion::Projective | Distortion::Elastic => {
                let square = [[-digit, -digit], [digit, -digit], [digit, digit], [-digit, digit]];
                let (turned, jitter) = (similarity(10.0, (0.75, 1.0), 4.0, rng), Normal::new(0.0, 4.0)?);
                let corners = square.map(|corner| turned.apply(corner).map(|x| x + jitter.sample(rng)));
                let Ok(seen) = Homography::from_points(&square, &corners) else { continue };
                // Not from behind, nor with the horizon in it.
                if square.iter().any(|[x, y]| seen.apply_homogeneous([*x, *y, 1.0])[2] < 0.3) {
                    continue;
                }
                seen
            }
        };
        let lookup = (to_canonical * forward.inverse()? * from_canonical).normalized()?;
        matrices.extend(lookup.0.map(|x| x as f32));
    }
    Ok(homography_grid(&Tensor::from_vec(matrices, (count, 3, 3), &Device::Cpu)?, (size, size), true)?)
}

/// Turned by up to `turn` degrees, scaled, moved by up to `far` pixels along each axis.
fn similarity(turn: f64, scale: (f64, f64), far: f64, rng: &mut ChaCha8Rng) -> Homography {
    let angle = rng.random_range(-turn..=turn).to_radians();
    let scale = rng.random_range(scale.0..=scale.1);
    Homography::similarity(scale, angle, rng.random_range(-far..=far), rng.random_range(-far..=far))
}

/// Pieces of other digits, anywhere.
fn clutter(canvas: &mut [f32], distortion: Distortion, upright: &[f32], rng: &mut ChaCha8Rng) {
    const SIDE: usize = 7;
    let (size, digits) = (distortion.size(), upright.len() / (SIZE * SIZE));
    for _ in 0..distortion.pieces() {
        let digit = &upright[rng.random_range(0..digits) * SIZE * SIZE..][..SIZE * SIZE];
        let (u, v) = (rng.random_range(5..SIZE - SIDE - 5), rng.random_range(4..SIZE - SIDE - 4));
        let (x, y) = (rng.random_range(0..size - SIDE), rng.random_range(0..size - SIDE));
        for (j, i) in (0..SIDE).flat_map(|j| (0..SIDE).map(move |i| (j, i))) {
            let place = &mut canvas[(y + j) * size + x + i];
            *place = place.max(digit[(v + j) * SIZE + u + i]);
        }
    }
}
