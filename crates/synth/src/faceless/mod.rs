//! Random images without a human face: negatives for the face locator.
//!
//! They show textures, landscapes, objects, animals, and glasses not worn by anyone. Equal states
//! of the random number generator give equal images.

mod animals;
mod landscapes;
mod textures;

use super::people::brush::{Colour, Point, Sheet, polygon};
use super::{random, render_svg};
use rand::Rng;
use stgan::compose::{self, Foreground};
use stgan::{Bitmap, Homography, Rect, Result};

/// The subject of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Noise, stripes, checks, blobs and waves.
    Texture,
    /// Sky, hills, water, trees and houses.
    Landscape,
    /// Boxes, discs, lamps, letters and wheels, many of them in pairs.
    Objects,
    /// Cats, dogs, bears, owls, rabbits and fish: hard negatives, because they have eyes.
    Animal,
    /// Glasses not worn by anyone, on a texture, a wall or a landscape.
    Glasses,
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 5] = [Self::Texture, Self::Landscape, Self::Objects, Self::Animal, Self::Glasses];

    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Texture => "textures",
            Self::Landscape => "landscapes",
            Self::Objects => "objects",
            Self::Animal => "animals",
            Self::Glasses => "glasses",
        }
    }

    /// Draws an opaque image of this kind.
    ///
    /// It is `width` pixels wide, but at least 16. The height is 0.5 to 1.5 times the width, chosen
    /// at random.
    ///
    /// # Errors
    /// The errors of [`render_svg`].
    pub fn draw(self, rng: &mut impl Rng, width: u32) -> Result<Bitmap> {
        let width = width.max(16);
        let height = (f64::from(width) * rng.random_range(0.5..1.5)).round().max(8.0) as u32;
        if self == Self::Texture {
            return textures::draw(rng, width, height);
        }
        if self == Self::Glasses {
            return glasses(rng, width, height);
        }
        let size = [100.0, 100.0 * f64::from(height) / f64::from(width)];
        let mut sheet = Sheet::default();
        match self {
            Self::Landscape => landscapes::draw(&mut sheet, rng, size),
            Self::Objects => objects(&mut sheet, rng, size),
            _ => {
                if rng.random_bool(0.5) {
                    landscapes::draw(&mut sheet, rng, size);
                } else {
                    wall(&mut sheet, rng, size);
                }
                for _ in 0..rng.random_range(1..4) {
                    animals::draw(&mut sheet, rng, size);
                }
            }
        }
        render_svg(&sheet.finish(size[0], size[1]), width)
    }
}

/// One or two pairs of glasses on a background without a face.
fn glasses(rng: &mut impl Rng, width: u32, height: u32) -> Result<Bitmap> {
    let mut image = match rng.random_range(0..3) {
        0 => textures::draw(rng, width, height)?,
        k => {
            let size = [100.0, 100.0 * f64::from(height) / f64::from(width)];
            let mut sheet = Sheet::default();
            if k == 1 {
                wall(&mut sheet, rng, size)
            } else {
                landscapes::draw(&mut sheet, rng, size)
            }
            render_svg(&sheet.finish(size[0], size[1]), width)?
        }
    };
    let rect = Rect { x: 0, y: 0, width: image.width(), height: image.height() };
    for _ in 0..rng.random_range(1..3) {
        let glasses = random::glasses(rng, width.clamp(64, 400));
        let scale = f64::from(width) * rng.random_range(0.15..0.9) / f64::from(glasses.width());
        let at = |size: u32, rng: &mut dyn rand::RngCore| f64::from(size) * rng.random_range(0.3..0.7);
        let (x, y) = (at(rect.width, rng), at(rect.height, rng));
        let turn = rng.random_range(-0.5..0.5);
        let centre =
            Homography::similarity(1.0, 0.0, -0.5 * f64::from(glasses.width()), -0.5 * f64::from(glasses.height()));
        let glasses = Foreground::new(glasses.as_ref())?;
        compose::blend(&glasses, &(Homography::similarity(scale, turn, x, y) * centre), image.data_mut(), rect)?;
    }
    Ok(image)
}

/// The path of a rectangle that covers the whole image.
fn whole([width, height]: [f64; 2]) -> String {
    polygon(&[[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])
}

/// A plain wall with a soft light at a random position.
fn wall(sheet: &mut Sheet, rng: &mut impl Rng, size: [f64; 2]) {
    let base = Colour::muted(rng, 0.6, 0.1..1.0);
    sheet.fill(&whole(size), base, 1.0);
    let centre = place(rng, size);
    let stops = [(0.0, base.scaled(rng.random_range(0.6..1.5)), 1.0), (1.0, base, 1.0)];
    let paint = sheet.radial(centre, rng.random_range(20.0..120.0), &stops);
    sheet.fill(&whole(size), paint, 1.0);
}

fn place(rng: &mut impl Rng, [width, height]: [f64; 2]) -> Point {
    [rng.random_range(-0.05..1.05) * width, rng.random_range(-0.05..1.05) * height]
}

/// Boxes, discs, rings and bars. Some come in pairs, which resemble eyes.
fn objects(sheet: &mut Sheet, rng: &mut impl Rng, size: [f64; 2]) {
    wall(sheet, rng, size);
    for _ in 0..rng.random_range(3..30) {
        let colour = Colour::muted(rng, 0.9, 0.0..1.0);
        let opacity = rng.random_range(0.5..1.0);
        let [x, y] = place(rng, size);
        let (w, h) = (rng.random_range(1.5..30.0), rng.random_range(1.5..30.0));
        match rng.random_range(0..6) {
            0 => sheet.ellipse([x, y], [0.5 * w, 0.5 * h], rng.random_range(0.0..180.0), colour, opacity),
            1 => sheet.fill(&polygon(&[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), colour, opacity),
            2 => sheet.stroke(&polygon(&[[x, y], place(rng, size)]), colour, rng.random_range(0.3..5.0), opacity),
            3 => pair(sheet, rng, [x, y], 0.5 * w, colour),
            4 => wheel(sheet, rng, [x, y], 0.5 * w, colour),
            _ => {
                // A pot, a lamp, or a head without a face.
                sheet.ellipse([x, y], [0.4 * w, 0.55 * w], 0.0, colour, 1.0);
                let shade = colour.scaled(0.6);
                sheet.ellipse([x + 0.1 * w, y + 0.05 * w], [0.3 * w, 0.5 * w], 0.0, shade, 0.4);
                sheet.fill(
                    &polygon(&[[x - 0.5 * w, y + 1.3 * w], [x, y + 0.4 * w], [x + 0.5 * w, y + 1.3 * w]]),
                    shade,
                    1.0,
                );
            }
        }
    }
}

/// Two discs or rings side by side, like knobs, headlamps or buttons.
fn pair(sheet: &mut Sheet, rng: &mut impl Rng, [x, y]: Point, apart: f64, colour: Colour) {
    let r = apart * rng.random_range(0.12..0.48);
    let inner = Colour::muted(rng, 0.9, 0.0..1.0);
    for side in [-0.5, 0.5] {
        let at = [x + side * apart, y];
        sheet.ellipse(at, [r, r], 0.0, colour, 1.0);
        sheet.ellipse(at, [0.5 * r, 0.5 * r], 0.0, inner, 1.0);
    }
    if rng.random_bool(0.4) {
        let y = y + apart * rng.random_range(0.6..1.2);
        sheet.stroke(&polygon(&[[x - 0.4 * apart, y], [x + 0.4 * apart, y]]), inner, 0.1 * apart, 1.0);
    }
}

fn wheel(sheet: &mut Sheet, rng: &mut impl Rng, [x, y]: Point, r: f64, colour: Colour) {
    sheet.ellipse([x, y], [r, r], 0.0, Colour::BLACK, 1.0);
    sheet.ellipse([x, y], [0.7 * r, 0.7 * r], 0.0, colour, 1.0);
    let spokes = rng.random_range(3..9);
    for k in 0..spokes {
        let angle = std::f64::consts::TAU * f64::from(k) / f64::from(spokes);
        let to = [x + 0.7 * r * angle.cos(), y + 0.7 * r * angle.sin()];
        sheet.stroke(&polygon(&[[x, y], to]), Colour::BLACK, 0.08 * r, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn images_are_opaque_and_depend_only_on_the_seed() {
        for kind in Kind::ALL {
            let draw = |seed| kind.draw(&mut ChaCha8Rng::seed_from_u64(seed), 48).unwrap();
            let (one, again, other) = (draw(1), draw(1), draw(2));
            assert_eq!(one, again, "{kind:?}");
            assert!(one != other, "{kind:?}");
            assert_eq!(one.width(), 48);
            assert!(one.data().chunks_exact(4).all(|pixel| pixel[3] == 255), "{kind:?}");
            let first = &one.data()[..3];
            assert!(one.data().chunks_exact(4).any(|pixel| &pixel[..3] != first), "{kind:?} is of one colour");
        }
    }
}
