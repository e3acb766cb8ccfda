//! Product photos of random glasses as shops have them, with a label for every pixel.
//!
//! A photo is composed from the back to the front: ground, shadow and mirror image of the glasses
//! below them, temple arms, lenses, front, printed words. Each layer is rendered alone, so the
//! labels are exact.

mod arms;
mod ground;
mod layers;
mod print;

use crate::random::{self, Part, log_uniform};
use layers::Layers;
use rand::Rng;
use stgan::{Homography, Result};

/// What a pixel of a product photo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Label {
    /// The ground, shadows, mirror images, printed words.
    Background,
    /// Rims, bridge, hinges.
    Front,
    /// A lens through which the ground shows, or which hides it.
    Lens,
    /// A temple arm or a nose pad, seen through a lens or beside the front.
    Arm,
}

impl Label {
    /// All labels, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Background, Self::Front, Self::Lens, Self::Arm];
}

/// A product photo and what it shows.
#[derive(Clone, Debug)]
pub struct Product {
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// Opaque colours in [0, 1], three a pixel, rows top to bottom.
    pub colours: Vec<f32>,
    /// One label a pixel.
    pub labels: Vec<Label>,
}

/// A lens that hides what lies behind it by at least this much hides an arm's label too.
const HIDDEN: f32 = 0.8;

/// The share of the photos that show a part of the glasses from near by: rims are several pixels
/// wide there, as in the parts of a large photo.
const CLOSE_SHARE: f64 = 0.4;

/// The share of the photos that were compressed as JPEG.
const COMPRESSED_SHARE: f64 = 0.4;

/// Draws a product photo of `size` pixels (width, height; at least 16 each). The same state of
/// `rng` gives the same photo.
///
/// # Errors
/// [`stgan::Error::ImageTooLarge`] for a size beyond [`stgan::MAX_PIXELS`].
pub fn product(rng: &mut impl Rng, size: (usize, usize)) -> Result<Product> {
    let size = (size.0.max(16), size.1.max(16));
    let drawing = random::draw(rng);
    let pose = Pose::sample(rng, size);
    let own = rng.random_bool(0.75).then(|| arms::arms(rng, &drawing.layout));
    let layers = Layers::render(&drawing, own.as_ref(), &pose, size)?;
    let mut photo = ground::ground(rng, size);
    let foot = layers.foot();
    ground::mirror_image(rng, &mut photo, &layers, foot);
    ground::shadows(rng, &mut photo, &layers, foot);
    let mut labels = labels(&layers);
    let lens_light = rng.random_range(0.9..1.05_f32);
    for part in [&layers.arms, &layers.lenses, &layers.front] {
        part.over(&mut photo, if std::ptr::eq(part, &layers.lenses) { lens_light } else { 1.0 });
    }
    print::words(rng, &mut photo, &labels, size);
    ground::camera(rng, &mut photo, size);
    if rng.random_bool(COMPRESSED_SHARE) {
        ground::compress(rng, &mut photo, size);
    }
    if rng.random_bool(0.5) {
        flip(&mut photo, &mut labels, size);
    }
    Ok(Product { size, colours: photo, labels })
}

fn labels(layers: &Layers) -> Vec<Label> {
    let label = |i: usize| {
        let lens = layers.lens_shape.alpha(i) > 0.5;
        if layers.front_shape.alpha(i) > 0.5 {
            Label::Front
        } else if layers.arms.alpha(i) > 0.4 && !(lens && layers.lenses.alpha(i) > HIDDEN) {
            Label::Arm
        } else if lens {
            Label::Lens
        } else {
            Label::Background
        }
    };
    (0..layers.front.pixels()).map(label).collect()
}

/// Where the glasses lie on the photo.
struct Pose(Homography);

impl Pose {
    /// From the drawing's coordinates to pixels of the photo.
    fn sample(rng: &mut impl Rng, (width, height): (usize, usize)) -> Self {
        let (w, h) = (width as f64, height as f64);
        let off = |rng: &mut dyn rand::RngCore, slack: f64| slack * rng.random_range(-0.8..0.8);
        let close = rng.random_bool(CLOSE_SHARE);
        let share = match (close, rng.random_bool(0.15)) {
            (true, _) => log_uniform(rng, 0.97, 2.2),
            (false, true) => log_uniform(rng, 0.3, 0.6),
            (false, false) => rng.random_range(0.6..0.97),
        };
        // Glasses are at most about as tall as half their width.
        let highest = if close { 2.2 } else { rng.random_range(0.7..1.3) };
        let half = (share * w / 2.0).min(h * highest).max(6.0);
        // Close up, a part of the glasses fills the photo.
        let slack = match close {
            true => (half - 0.3 * w, 0.3 * half),
            false => ((w / 2.0 - half).max(0.0), (h / 2.0 - 0.45 * half).max(0.0)),
        };
        let centre = [w / 2.0 + off(rng, slack.0), h / 2.0 + off(rng, slack.1)];
        let degrees: f64 = if rng.random_bool(0.6) { rng.random_range(-2.0..2.0) } else { rng.random_range(-8.0..8.0) };
        // A slight turn: the nearer side is larger. A slight tilt squeezes the height.
        let turn = if rng.random_bool(0.5) { rng.random_range(-0.12..0.12) } else { 0.0 };
        let lean = if rng.random_bool(0.3) { rng.random_range(-0.1..0.1) } else { 0.0 };
        let squeeze = rng.random_range(0.92..1.06);
        let unit = Homography([0.01, 0.0, 0.0, 0.0, 0.01 * squeeze, 0.0, 0.01 * turn, 0.01 * lean, 1.0]);
        Self(Homography::similarity(half, degrees.to_radians(), centre[0], centre[1]) * unit)
    }
}

fn flip(photo: &mut [f32], labels: &mut [Label], (width, _): (usize, usize)) {
    labels.chunks_exact_mut(width).for_each(<[Label]>::reverse);
    for row in photo.chunks_exact_mut(3 * width) {
        for x in 0..width / 2 {
            for c in 0..3 {
                row.swap(3 * x + c, 3 * (width - 1 - x) + c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn products(seed: u64, count: usize) -> Vec<Product> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| product(&mut rng, (120, 80)).unwrap()).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_photo() {
        let [a, b] = [products(3, 2), products(3, 2)];
        assert_eq!(a[1].colours, b[1].colours);
        assert_eq!(a[1].labels, b[1].labels);
        assert_ne!(a[0].colours, a[1].colours);
    }

    #[test]
    fn photos_show_a_front_and_lenses_with_colours_in_range() {
        let photos = products(5, 40);
        let (mut with_arms, mut backgrounds, mut fronts, mut lenses) = (0, Vec::new(), Vec::new(), Vec::new());
        for photo in &photos {
            assert_eq!(photo.colours.len(), 3 * 120 * 80);
            assert!(photo.colours.iter().all(|value| (0.0..=1.0).contains(value)));
            let share = |label| photo.labels.iter().filter(|&&l| l == label).count() as f64 / (120.0 * 80.0);
            backgrounds.push(share(Label::Background));
            fronts.push(share(Label::Front));
            lenses.push(share(Label::Lens));
            with_arms += usize::from(share(Label::Arm) > 0.002);
        }
        assert!((15..40).contains(&with_arms), "{with_arms}");
        // From near by, lenses can fill a photo.
        backgrounds.sort_by(f64::total_cmp);
        assert!(backgrounds[20] > 0.15, "{backgrounds:?}");
        // Thin wires of small glasses cover less than half of any pixel.
        for shares in [&mut fronts, &mut lenses] {
            shares.sort_by(f64::total_cmp);
            assert!(shares[4] > 0.001 && shares[20] > 0.01, "{shares:?}");
        }
    }
}
