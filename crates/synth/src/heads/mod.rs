//! Rendered heads, as training data: people of every age and skin, with hair, headwear, covered
//! faces and glasses, turned before the camera, in any light.
//!
//! Heads are random mixtures of MakeHuman's shapes ([`Shapes`]), which `make shapes` unpacks. The
//! plane of stiff glasses, the pupils and the temples of each head are exact. Images have the
//! framing of aligned portraits, 256×313 pixels.

mod body;
mod covers;
mod curve;
mod eyes;
mod eyewear;
mod hair;
mod headwear;
mod identity;
mod pose;
mod render;
mod scene;
mod shapes;
mod shell;
mod skin;
#[cfg(test)]
mod small_shapes;
mod surface;
#[cfg(test)]
mod tests;
mod textures;

use covers::{before, mask};
use eyewear::Eyewear;
use hair::Hair;
use headwear::Headwear;
use identity::Identity;
use pose::{Pose, temple_width};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use skin::Skin;
use stgan::{Bitmap, Homography, Result};

pub use shapes::Shapes;

/// Width and height of the images in pixels.
pub const SIZE: (u32, u32) = (pose::SIZE.0 as u32, pose::SIZE.1 as u32);

/// Which people are drawn. Those of one part are never drawn for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// People for training.
    Train,
    /// People for validation.
    Validation,
}

/// What varies between heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether some people wear headwear, masks or glasses, close their eyes, or hold something
    /// before the face.
    pub covers: bool,
    /// Whether the light is soft and comes from the front.
    pub plain_light: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { covers: true, plain_light: false }
    }
}

/// A random head before the camera. It determines the whole image.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    shapes: &'a Shapes,
    options: Options,
    identity: Identity,
    pose: Pose,
    skin: Skin,
    hair: Hair,
    headwear: Option<Headwear>,
    wears: Wears,
    /// The seed of everything that changes no label.
    details: u64,
}

/// What covers the face.
#[derive(Clone, Copy, Debug, Default)]
struct Wears {
    glasses: bool,
    mask: bool,
    before: bool,
    lock: bool,
    seed: u64,
}

/// The labels of a head. Points are in pixels of the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels {
    /// Whether the person wears glasses.
    pub glasses: bool,
    /// Whether the eyes are hidden or closed.
    pub covered: bool,
    /// Degrees, positive if the face turns to the right of the image.
    pub yaw: f64,
    /// Degrees, positive if the face looks down.
    pub pitch: f64,
    /// The centres of the irises, the subject's right one first.
    pub pupils: [[f64; 2]; 2],
    /// The temples, the subject's right one first. A hidden one is labelled too.
    pub temples: [[f64; 2]; 2],
    /// The map from the plane of stiff glasses to pixels. Its origin is midway between the lens
    /// centres, its unit is the distance between them; x is to the right and y down. The plane lies
    /// one centimetre before the corneas and is square to the direction that the head faces. In it,
    /// the lens centres move with pupils that do not look straight ahead, as in `plane.csv` of
    /// portraits.
    pub plane: Homography,
    /// The width of a front that covers the temples of the unturned head, in that unit.
    pub temple_width: f64,
}

impl<'a> Head<'a> {
    /// Samples head number `index` of a seed, without rendering it. Every head is another person.
    pub fn sample(shapes: &'a Shapes, options: Options, split: Split, seed: u64, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(2 * index + u64::from(split == Split::Validation));
        let rng = &mut rng;
        let identity = Identity::sample(rng, shapes, options.covers);
        let pose = Pose::sample(rng, &identity);
        let colour = skin::hair_colour(rng, identity.age);
        let skin = Skin::sample(rng, &identity, colour);
        let mut hair = Hair::sample(rng, &identity, colour);
        let headwear = (options.covers && rng.random_bool(0.28)).then(|| Headwear::sample(rng));
        let mut wears = Wears::default();
        if options.covers {
            wears = Wears {
                glasses: rng.random_bool(0.27),
                mask: rng.random_bool(0.16),
                before: rng.random_bool(0.1),
                lock: headwear.is_none() && rng.random_bool(0.07),
                seed: rng.random(),
            };
        }
        if wears.lock {
            hair.cover_an_eye(rng);
        }
        Self { shapes, options, identity, pose, skin, hair, headwear, wears, details: rng.random() }
    }

    /// The labels.
    ///
    /// # Errors
    /// None in practice: a visible face has a plane.
    pub fn labels(&self) -> Result<Labels> {
        let hidden = self.eyewear().is_some_and(|eyewear| eyewear.dark) || self.before().1;
        Ok(Labels {
            glasses: self.wears.glasses,
            covered: hidden || self.wears.lock || self.identity.closed > 0.5,
            yaw: f64::from(self.pose.yaw),
            pitch: f64::from(self.pose.pitch),
            pupils: self.pose.pupils(&self.identity),
            temples: self.pose.temples(self.shapes, &self.identity),
            plane: self.pose.plane(&self.identity)?,
            temple_width: temple_width(self.shapes, &self.identity),
        })
    }

    /// Renders the image, opaque and of [`SIZE`].
    ///
    /// # Errors
    /// None in practice: the size of the image is valid.
    pub fn draw(&self) -> Result<Bitmap> {
        render::head(self)
    }

    fn covers_rng(&self, purpose: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.wears.seed);
        rng.set_stream(purpose);
        rng
    }

    fn eyewear(&self) -> Option<Eyewear> {
        let temples = temple_width(self.shapes, &self.identity) as f32;
        self.wears.glasses.then(|| Eyewear::sample(&mut self.covers_rng(0), self.shapes, &self.identity, temples))
    }

    fn mask(&self, hull: &shell::Hull) -> Vec<crate::raster::Mesh> {
        if self.wears.mask { mask(&mut self.covers_rng(1), hull) } else { Vec::new() }
    }

    /// The meshes of what is held before the face, and whether it hides the eyes.
    fn before(&self) -> (Vec<crate::raster::Mesh>, bool) {
        if !self.wears.before {
            return (Vec::new(), false);
        }
        before(&mut self.covers_rng(2), self.shapes, &self.identity, self.skin.tone)
    }
}
