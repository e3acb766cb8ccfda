//! Synthetic people for training, with exact landmarks.
//!
//! A head is a solid in 3D (see `pose`). Facial features lie on its surface and are projected in
//! perspective: on a turned head the near side is larger, and the far temple is close to the
//! outline. Shading is flat vector graphics. Skin, hair, light, clothes and backgrounds vary
//! widely, so that a network has to rely on the eyes. Images have the framing of aligned CelebA
//! images, 178×218 pixels.

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
use stgan::{Bitmap, Homography, Result};

/// Width in pixels of the image that landmark coordinates refer to.
pub const WIDTH: f64 = 178.0;
/// Height in pixels of the image that landmark coordinates refer to.
pub const HEIGHT: f64 = 218.0;

/// The maximum yaw of a head to either side, in degrees.
pub const MAX_YAW: f64 = 35.0;

/// The midpoint between the pupils of an aligned CelebA image, and half the inter-pupil distance.
const EYES: (Point, f64) = ([89.0, 110.25], 20.0);

/// The distance of a temple from the outline, inwards.
const INSIDE: f64 = 1.5;

/// The height in pixels of an image that is `width` pixels wide.
pub fn height(width: u32) -> u32 {
    (f64::from(width) * HEIGHT / WIDTH).round() as u32
}

/// A synthetic person. It determines the whole image.
#[derive(Clone, Debug)]
pub struct Person {
    pose: Pose,
    /// The gaze: the offset of the irises from the eye centres.
    gaze: Point,
    /// The distance by which the ears stand out, and half their height.
    ears: [f64; 2],
    /// The seed of everything that does not move a landmark.
    details: u64,
}

impl Person {
    /// Samples a person without rendering it. The yaw is N(0, 15°), clamped to ±[`MAX_YAW`].
    pub fn sample(rng: &mut impl Rng) -> Self {
        let mut normal = |deviation: f64| deviation * rng.sample::<f64, _>(StandardNormal);
        let yaw = normal(15.0).clamp(-MAX_YAW, MAX_YAW);
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
        // Images are aligned by the eyes, so scale, roll and position vary little.
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

    /// The pupils, the subject's right one first, in pixels of a 178×218 image.
    pub fn pupils(&self) -> [Point; 2] {
        [-1.0, 1.0].map(|side| self.iris(side))
    }

    /// The temples, where the front of the glasses ends, in pixels of a 178×218 image.
    ///
    /// The subject's right one comes first. A hidden temple of a turned head is placed at the
    /// outline.
    pub fn temples(&self) -> [Point; 2] {
        let [half, behind] = self.pose.shape.temple;
        [-1.0, 1.0].map(|side| {
            let temple = self.pose.point([side * half, 0.0, -behind]);
            let outline = self.pose.edge(0.0, side, -INSIDE);
            let far = side * self.pose.yaw > 0.0;
            if far && side * outline[0] > side * temple[0] { outline } else { temple }
        })
    }

    /// The plane of stiff glasses, and the distance between the temples in its unit.
    ///
    /// The homography maps the plane to pixels of a 178×218 image. Its origin is midway between the
    /// lens centres and its unit is the distance between them, x to the right and y down. The plane
    /// is one centimetre before the eyes and square to the direction that the head faces, so the
    /// lens centres of a turned head are not at its pupils.
    ///
    /// # Errors
    /// None in practice: a visible face has a plane.
    pub fn plane(&self) -> Result<(Homography, f64)> {
        let shape = self.pose.shape;
        let pupil = shape.pupil;
        let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|corner| corner.map(|x: f64| 0.5 * x));
        let seen = corners.map(|[x, y]| self.pose.before_the_eyes(2.0 * pupil * x, 2.0 * pupil * y));
        Ok((Homography::from_points(&corners, &seen)?, shape.temple[0] / pupil))
    }

    /// The yaw in degrees, positive if the face is turned towards the right of the image.
    pub fn yaw(&self) -> f64 {
        self.pose.yaw.to_degrees()
    }

    fn iris(&self, side: f64) -> Point {
        self.pose.face(side * self.pose.shape.pupil + self.gaze[0], self.gaze[1])
    }

    /// Renders an opaque image, `width` pixels wide and [`height`]`(width)` pixels high.
    ///
    /// # Errors
    /// The errors of [`render_svg`]: the width is zero, or the image is too large.
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
        // The near ear of a turned head is drawn in front of the head.
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
