//! The colours and textures of one piece.

use crate::colour::Colour;
use crate::raster::{Material, Texture};
use glam::Vec3;
use rand::Rng;
use std::sync::{Arc, LazyLock};

/// The colours and surfaces of one piece.
#[derive(Clone, Debug)]
pub(crate) struct Paint {
    /// The body: wood or lacquer.
    pub body: Coat,
    /// Doors, table tops and other parts that may differ from the body.
    pub front: Coat,
    /// Upholstery.
    pub cloth: Coat,
    /// Pillows and other light textiles.
    pub linen: Coat,
    /// Handles and feet.
    pub metal: Coat,
    /// The seed of the colours of small things, such as books.
    pub seed: u64,
}

/// A colour and the surface that it covers.
#[derive(Clone, Debug)]
pub(crate) struct Coat {
    pub colour: Vec3,
    pub material: Material,
}

impl Coat {
    fn new(colour: Colour, texture: Option<&Arc<Texture>>, gloss: f32) -> Self {
        Self { colour: linear(colour), material: Material { texture: texture.cloned(), gloss } }
    }

    /// This surface, darker or lighter.
    pub(super) fn shaded(&self, by: f32) -> Self {
        Self { colour: self.colour * by, material: self.material.clone() }
    }
}

impl Paint {
    pub(super) fn sample(rng: &mut impl Rng) -> Self {
        let body = if rng.random_bool(0.6) {
            Coat::new(wood(rng), Some(&GRAIN), rng.random_range(0.0..0.08))
        } else {
            Coat::new(lacquer(rng), None, rng.random_range(0.0..0.15))
        };
        let front = match rng.random_range(0..4) {
            0 => Coat::new(lacquer(rng), None, 0.05),
            1 => Coat::new(wood(rng), Some(&GRAIN), 0.03),
            _ => body.shaded(rng.random_range(0.85..1.15)),
        };
        let value = rng.random_range(0.25..0.9);
        let cloth = Colour::hsv(rng.random(), f64::max(0.0, rng.random_range(-0.2..0.6)), value);
        let linen = Colour::hsv(rng.random(), rng.random_range(0.0..0.35), rng.random_range(0.7..1.0));
        let grey = Colour::WHITE.scaled(rng.random_range(0.15..0.8));
        Self {
            body,
            front,
            cloth: Coat::new(cloth, Some(&WEAVE), 0.0),
            linen: Coat::new(linen, Some(&WEAVE), 0.0),
            metal: Coat::new(grey, None, 0.3),
            seed: rng.random(),
        }
    }
}

/// The colour of a random wood.
pub(crate) fn wood(rng: &mut impl Rng) -> Colour {
    Colour::hsv(rng.random_range(0.05..0.11), rng.random_range(0.2..0.65), rng.random_range(0.3..0.85))
}

fn lacquer(rng: &mut impl Rng) -> Colour {
    match rng.random_range(0..10) {
        0..5 => Colour::WHITE.scaled(rng.random_range(0.82..0.97)),
        5 => Colour::WHITE.scaled(rng.random_range(0.08..0.3)),
        _ => Colour::hsv(rng.random(), rng.random_range(0.05..0.5), rng.random_range(0.4..0.9)),
    }
}

/// The linear colour of an sRGB colour, with the gamma of the rasteriser's tone curve.
pub(crate) fn linear(Colour(rgb): Colour) -> Vec3 {
    Vec3::from_array(rgb.map(|x| (x * x) as f32))
}

/// The side of the textures in texels.
const SIDE: usize = 64;

/// Fine lines along v.
static GRAIN: LazyLock<Arc<Texture>> = LazyLock::new(|| {
    let texel = |i: usize| {
        let (x, y) = ((i % SIDE) as f32, (i / SIDE) as f32);
        let wave = (std::f32::consts::TAU * y / SIDE as f32).sin();
        let line = (0.9 * x + 1.5 * wave).sin() + 0.6 * (2.3 * x + 1.1 * wave + 1.0).sin();
        Vec3::splat(0.94 + 0.06 * line)
    };
    Arc::new(Texture::new(SIDE, SIDE, (0..SIDE * SIDE).map(texel).collect()))
});

/// A fine check.
static WEAVE: LazyLock<Arc<Texture>> = LazyLock::new(|| {
    let texel = |i: usize| {
        let (x, y) = (i % SIDE, i / SIDE);
        let speckle = ((x * 7919 + y * 104_729) % 97) as f32 / 97.0;
        Vec3::splat(0.86 + 0.08 * ((x / 2 + y / 2) % 2) as f32 + 0.1 * speckle)
    };
    Arc::new(Texture::new(SIDE, SIDE, (0..SIDE * SIDE).map(texel).collect()))
});
