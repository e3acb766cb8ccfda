//! Distorted digits: synthetic or MNIST digits, warped by the library's transforms.

use crate::strokes::{self, SIZE};
use anyhow::{Context, Result, bail, ensure};
use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::path::Path;
use stgan::Homography;
use stgan::stn::{Family, Sampler, grid_sample, homography_grid};

/// The distortions of the paper's table 1 and of its cluttered digits (section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Distortion {
    /// R: rotated by up to 90°
    Rotated,
    /// RTS: rotated by up to 45°, scaled by 0.7 to 1.2, translated
    Rts,
    /// P: projective
    Projective,
    /// E: warped by a thin-plate spline
    Elastic,
    /// TC: translated on a larger canvas, with fragments of other digits
    TranslatedCluttered,
    /// RTSC: rotated, scaled and translated on a larger canvas, with fragments of other digits
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

    /// The default numbers of training images and iterations. Cluttered digits need more images, or
    /// the networks memorise the clutter.
    pub(crate) fn effort(self) -> (usize, usize) {
        if self.pieces() > 0 { (40_000, 3000) } else { (10_000, 1500) }
    }

    /// Number of fragments of other digits per image.
    fn pieces(self) -> usize {
        match self {
            Self::TranslatedCluttered => 3,
            Self::Cluttered => 2,
            _ => 0,
        }
    }

    /// The side of the canvas in pixels.
    pub(crate) fn size(self) -> usize {
        if self.pieces() > 0 { 48 } else { 42 }
    }
}

/// Distorted images [N, 1, S, S] with values in [0, 1], and the digits that they show.
pub(crate) struct Set {
    pub images: Tensor,
    pub labels: Vec<u32>,
}

/// Undistorted images [N, 1, 28, 28] with values in [0, 1], and the digits that they show.
pub(crate) struct Upright {
    images: Tensor,
    labels: Vec<u32>,
}

impl Upright {
    /// Synthetic digits.
    pub(crate) fn drawn(count: usize, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let labels: Vec<u32> = (0..count).map(|i| i as u32 % 10).collect();
        let pixels: Vec<f32> = labels.iter().flat_map(|&digit| strokes::draw(digit as usize, &mut rng)).collect();
        Ok(Self { images: Tensor::from_vec(pixels, (count, 1, SIZE, SIZE), &Device::Cpu)?, labels })
    }

    /// The first `count` images of `{kind}-images-idx3-ubyte` in a folder, with labels from
    /// `{kind}-labels-idx1-ubyte`.
    pub(crate) fn mnist(folder: &Path, kind: &str, count: usize) -> Result<Self> {
        let (images, shape) = idx(&folder.join(format!("{kind}-images-idx3-ubyte")))?;
        let (labels, label_shape) = idx(&folder.join(format!("{kind}-labels-idx1-ubyte")))?;
        ensure!(
            shape.len() == 3 && shape[1..] == [SIZE, SIZE],
            "{kind}: images have shape {shape:?}, expected [N, 28, 28]"
        );
        ensure!(label_shape == shape[..1], "{kind}: {} images, but labels of shape {label_shape:?}", shape[0]);
        let count = count.min(shape[0]);
        ensure!(count > 0, "{kind}: the file contains no images");
        if let Some(label) = labels.iter().find(|&&label| label >= 10) {
            bail!("{kind}: label {label} is not a digit");
        }
        let pixels: Vec<f32> = images[..count * SIZE * SIZE].iter().map(|&x| f32::from(x) / 255.0).collect();
        let labels = labels[..count].iter().map(|&x| u32::from(x)).collect();
        Ok(Self { images: Tensor::from_vec(pixels, (count, 1, SIZE, SIZE), &Device::Cpu)?, labels })
    }

    /// Distorts all images and adds noise.
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

/// Reads an IDX file of bytes: its values and shape.
fn idx(path: &Path) -> Result<(Vec<u8>, Vec<usize>)> {
    let bytes =
        std::fs::read(path).with_context(|| format!("cannot read {} (.gz files must be unpacked)", path.display()))?;
    let [0, 0, 8, rank, ..] = bytes[..] else { bail!("{}: not an IDX file of bytes", path.display()) };
    let header = 4 + 4 * usize::from(rank);
    ensure!(bytes.len() >= header, "{}: the header is truncated", path.display());
    let integer = |b: &[u8]| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize;
    let shape: Vec<usize> = bytes[4..header].chunks_exact(4).map(integer).collect();
    let count = shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
    ensure!(
        count == Some(bytes.len() - header),
        "{}: {} bytes of data do not match shape {shape:?}",
        path.display(),
        bytes.len() - header
    );
    Ok((bytes[header..].to_vec(), shape))
}

/// Random sampling grids that map canvas pixels to points of the digit.
fn grid(distortion: Distortion, count: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
    let size = distortion.size();
    // The distances in pixels from the centre to canonical 1.
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
        // Maps the digit to the canvas, in pixels from the centre.
        let forward = match distortion {
            Distortion::Rotated => similarity(90.0, (1.0, 1.0), 0.0, rng),
            Distortion::Rts => similarity(45.0, (0.7, 1.2), 8.0, rng),
            Distortion::TranslatedCluttered => similarity(0.0, (1.0, 1.0), 11.0, rng),
            Distortion::Cluttered => similarity(45.0, (0.7, 1.2), 11.0, rng),
            Distortion::Projective | Distortion::Elastic => {
                let square = [[-digit, -digit], [digit, -digit], [digit, digit], [-digit, digit]];
                let (rotated, jitter) = (similarity(10.0, (0.75, 1.0), 4.0, rng), Normal::new(0.0, 4.0)?);
                let corners = square.map(|corner| rotated.apply(corner).map(|x| x + jitter.sample(rng)));
                let Ok(projective) = Homography::from_points(&square, &corners) else { continue };
                // Reject views from behind and views that contain the horizon.
                if square.iter().any(|[x, y]| projective.apply_homogeneous([*x, *y, 1.0])[2] < 0.3) {
                    continue;
                }
                projective
            }
        };
        let lookup = (to_canonical * forward.inverse()? * from_canonical).normalized()?;
        matrices.extend(lookup.0.map(|x| x as f32));
    }
    Ok(homography_grid(&Tensor::from_vec(matrices, (count, 3, 3), &Device::Cpu)?, (size, size), true)?)
}

/// A random similarity: a rotation by up to `rotation` degrees, a scale in a range, and a
/// translation by up to `shift` pixels along each axis.
fn similarity(rotation: f64, scale: (f64, f64), shift: f64, rng: &mut ChaCha8Rng) -> Homography {
    let angle = rng.random_range(-rotation..=rotation).to_radians();
    let scale = rng.random_range(scale.0..=scale.1);
    Homography::similarity(scale, angle, rng.random_range(-shift..=shift), rng.random_range(-shift..=shift))
}

/// Adds fragments of random digits at random positions.
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
