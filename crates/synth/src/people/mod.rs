//! People drawn for training: faces that nobody has, with landmarks that are known exactly.
//!
//! A head is a solid in space (see `pose`): skull, face and features are put on it and seen in perspective, so that on a
//! turned head the near side is the larger one and the far temple is close to the outline. The rest is drawn flat, as
//! vector graphics: what matters is that skin, hair, light, clothes and backgrounds vary more than anything that tells
//! where the eyes are. Images are framed as CelebA's aligned ones, 178×218.

pub(super) mod brush;
mod eyes;
mod hair;
mod head;
mod pose;
mod scene;
#[cfg(test)]
mod tests;

use super::render_svg;
use brush::{Point, Sheet};
use pose::{Pose, Shape};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use stgan::{Bitmap, Result};

/// Width of the image that landmarks are measured on.
pub const WIDTH: f64 = 178.0;
/// Height of the image that landmarks are measured on.
pub const HEIGHT: f64 = 218.0;

/// The most that a head is turned, in degrees to either side.
pub const LARGEST_YAW: f64 = 35.0;

/// Where CelebA puts the eyes, and how far apart: the middle, and half the distance.
const EYES: (Point, f64) = ([89.0, 110.25], 20.0);

/// How far inside of the outline a temple is.
const INSIDE: f64 = 1.5;

/// Height in pixels of an image of the given width.
pub fn height(width: u32) -> u32 {
    (f64::from(width) * HEIGHT / WIDTH).round() as u32
}

/// Somebody who does not exist. All that is drawn follows from it.
#[derive(Clone, Debug)]
pub struct Person {
    pose: Pose,
    /// Where the eyes look: the irises' offset from the eyes' centres.
    gaze: Point,
    /// How far the ears stand off, and half their height.
    ears: [f64; 2],
    /// Seed of all that does not move a landmark.
    details: u64,
}

impl Person {
    /// Draws a person at random: cheap, nothing is rendered yet. Most heads are turned little, few up to
    /// [`LARGEST_YAW`].
    pub fn sample(rng: &mut impl Rng) -> Self {
        let mut normal = |deviation: f64| deviation * rng.sample::<f64, _>(StandardNormal);
        let yaw = normal(15.0).clamp(-LARGEST_YAW, LARGEST_YAW);
        let pitch = normal(5.0).clamp(-12.0, 12.0);
        let temple = 44.2 + normal(1.8).clamp(-5.0, 5.0);
        let behind = 34.0 + normal(2.5).clamp(-6.0, 6.0);
        let skull = temple + INSIDE;
        let cheek = skull - 1.0 + normal(1.5);
        let shape = Shape {
            pupil: 20.0,
            temple: [temple, behind],
            skull,
            cheek,
            jaw: cheek * (0.8 + normal(0.06).clamp(-0.14, 0.14)),
            chin: 15.0 + normal(3.0).clamp(-7.0, 7.0),
            crown: 78.0 + normal(4.0).clamp(-9.0, 9.0),
            bottom: 76.0 + normal(4.0).clamp(-9.0, 9.0),
        };
        // Alignment by eyes leaves little of scale, roll and place.
        let (roll, scale) = (normal(3.0).to_radians(), normal(0.04).exp());
        let ([x, y], half) = ([EYES.0[0] + normal(1.2), EYES.0[1] + normal(1.2)], EYES.1 * scale);
        let (dx, dy) = (half * roll.cos(), half * roll.sin());
        let eyes = [[x - dx, y - dy], [x + dx, y + dy]];
        let gaze = [normal(0.7).clamp(-1.6, 1.6), normal(0.35).clamp(-0.9, 0.9)];
        let distance = (500.0 * normal(0.4).exp()).clamp(320.0, 1500.0);
        let ears = [rng.random_range(3.0..11.0), rng.random_range(12.0..17.0)];
        let pose = Pose::new(shape, yaw.to_radians(), pitch.to_radians(), distance, eyes);
        Self { pose, gaze, ears, details: rng.random() }
    }

    /// The irises' centres, the subject's right first, in pixels of a 178×218 image.
    pub fn irises(&self) -> [Point; 2] {
        [-1.0, 1.0].map(|side| self.iris(side))
    }

    /// The temples, where a frame ends, the subject's right first. On a head that is turned so far that one is hidden, it
    /// is taken to be at the outline.
    pub fn temples(&self) -> [Point; 2] {
        let [half, behind] = self.pose.shape.temple;
        [-1.0, 1.0].map(|side| {
            let temple = self.pose.point([side * half, 0.0, -behind]);
            let outline = self.pose.edge(0.0, side, -INSIDE);
            let far = side * self.pose.yaw > 0.0;
            if far && side * outline[0] > side * temple[0] { outline } else { temple }
        })
    }

    /// Degrees, positive where the face turns to the image's right.
    pub fn yaw(&self) -> f64 {
        self.pose.yaw.to_degrees()
    }

    fn iris(&self, side: f64) -> Point {
        self.pose.face(side * self.pose.shape.pupil + self.gaze[0], self.gaze[1])
    }

    /// The picture, `width` pixels wide and [`height`] high, opaque.
    ///
    /// # Errors
    /// As [`render_svg`]: a width of zero, or one that makes the picture too large.
    pub fn draw(&self, width: u32) -> Result<Bitmap> {
        render_svg(&self.svg(), width)
    }

    fn svg(&self) -> String {
        let rng = &mut ChaCha8Rng::seed_from_u64(self.details);
        let mut sheet = Sheet::default();
        let skin = head::skin(rng);
        let hair = hair::Hair::sample(rng);
        let light = rng.random_range(-1.0..1.0);
        scene::background(&mut sheet, rng);
        hair.behind(&mut sheet, self);
        scene::body(&mut sheet, rng, &self.pose, skin);
        // The ear on the side that is turned to the viewer lies before the head.
        let near = if self.pose.yaw > 0.0 { -1.0 } else { 1.0 };
        let turned = self.pose.yaw.abs() > 6f64.to_radians();
        let ears = !hair.hides_ears();
        if ears {
            head::ear(&mut sheet, self, -near, skin);
            if !turned {
                head::ear(&mut sheet, self, near, skin);
            }
        }
        head::head(&mut sheet, rng, self, skin, light);
        head::beard(&mut sheet, rng, self, hair.colour);
        head::mouth(&mut sheet, rng, self, skin);
        eyes::draw(&mut sheet, rng, self, skin, hair.colour);
        head::nose(&mut sheet, rng, self, skin, light);
        hair.front(&mut sheet, rng, self);
        if ears && turned {
            head::ear(&mut sheet, self, near, skin);
        }
        sheet.finish(WIDTH, HEIGHT)
    }
}
