//! The pose of a head before the camera, and what follows from it: the plane of stiff glasses, the
//! pupils and the temples in pixels.

use super::identity::{APART, Identity};
use super::shapes::Shapes;
use crate::raster::Camera;
use glam::{Mat3, Vec2, Vec3};
use rand::Rng;
use rand_distr::StandardNormal;
use stgan::{Homography, Result};

/// Width and height of the images in pixels.
pub(super) const SIZE: (usize, usize) = (256, 313);
/// Where aligned portraits have the middle of the eyes, and the distance between the eyes.
const EYES: (Vec2, f32) = (Vec2::new(127.285, 159.2), 56.09);
/// The focal length in pixels that `plane.csv` of portraits assumes.
const FOCAL: f32 = 3.0 * SIZE.1 as f32;
/// The plane of glasses is this far before the cornea: 1 cm at an inter-pupil distance of 63 mm.
const VERTEX_DISTANCE: f32 = 10.0 / 63.0;
/// The radius of an iris relative to the inter-pupil distance.
pub(super) const IRIS: f32 = 0.095;

/// A head before the camera.
#[derive(Clone, Debug)]
pub(super) struct Pose {
    /// Degrees: positive yaw turns the face to the right of the image, positive pitch down.
    pub yaw: f32,
    pub pitch: f32,
    pub camera: Camera,
    /// The directions in which the eyes look, in the axes of the head.
    pub gaze: [Vec3; 2],
}

/// From the camera's axes (x right, y down, z forward) to those of an unturned head, and back.
const FLIP: Mat3 = Mat3::from_diagonal(Vec3::new(1.0, -1.0, -1.0));

/// Rotations as in `research/portraits`: first the yaw, then the pitch, about the camera's axes.
fn rotation(yaw: f32, pitch: f32, roll: f32) -> Mat3 {
    let [yaw, pitch, roll] = [yaw, pitch, roll].map(f32::to_radians);
    // A face that looks down or to the right of the image, in axes with y down and z forward.
    Mat3::from_rotation_z(roll) * Mat3::from_rotation_x(pitch) * Mat3::from_rotation_y(-yaw)
}

impl Pose {
    pub(super) fn sample(rng: &mut impl Rng, identity: &Identity) -> Self {
        let mut normal = |deviation: f32| deviation * rng.sample::<f32, _>(StandardNormal);
        let (near, jitter) = ([normal(9.0), normal(7.0)], [normal(1.5), normal(1.5)]);
        let (tilt, zoom) = (normal(3.0), normal(0.04));
        let away = [normal(6.0), normal(4.0)];
        let frontal = rng.random_bool(0.3);
        let yaw = if frontal { near[0] } else { rng.random_range(-45.0..45.0) };
        let pitch = if rng.random_bool(0.45) { near[1] } else { rng.random_range(-25.0..25.0) };
        let focal = FOCAL * rng.random_range(-0.25..0.45_f32).exp();
        // Portraits are aligned by the eyes, so that turned heads are larger. Here their size is
        // between that and the size of an unturned head.
        let larger = rng.random_range(0.0..0.7) * -yaw.to_radians().cos().ln();
        let apart = EYES.1 * (zoom + larger).exp();
        let middle = EYES.0 + Vec2::from(jitter);
        let camera = camera(yaw, pitch, tilt, focal, apart, middle);
        let gaze = if rng.random_bool(0.6) {
            let to_camera = camera.position;
            identity.eyes.map(|eye| limited(to_camera - eye))
        } else {
            let [x, y] = away.map(|angle| angle.to_radians());
            [limited(Vec3::new(2.0 * x, 2.0 * y, 1.0)); 2]
        };
        Self { yaw, pitch, camera, gaze }
    }

    /// A head in this pose that looks straight ahead.
    #[cfg(test)]
    pub(super) fn new(yaw: f32, pitch: f32) -> Self {
        let camera = camera(yaw, pitch, 0.0, FOCAL, EYES.1, EYES.0);
        Self { yaw, pitch, camera, gaze: [Vec3::Z; 2] }
    }

    /// The direction in the axes of the head of a direction from the viewer's: x to the right of
    /// the image, y up, z towards the camera.
    pub(super) fn to_head(&self, direction: Vec3) -> Vec3 {
        self.camera.rotation.transpose() * (FLIP * direction)
    }

    /// The depth of the plane of stiff glasses in the axes of the head.
    pub(super) fn plane_depth(identity: &Identity) -> f32 {
        identity.radius + VERTEX_DISTANCE * APART
    }

    /// The homography from the plane of stiff glasses to pixels.
    ///
    /// Its origin is midway between the lens centres, its unit is the distance between them; x is
    /// to the right and y down.
    ///
    /// The plane of a labelled portrait is pulled onto the pupils (`plane.csv`), and most people
    /// look at the camera however their head is turned. So that both kinds of data agree, the plane
    /// moves with the pupils here too: on a head turned by 30°, eyes that look at the camera move
    /// it by 0.1 inter-pupil distances.
    ///
    /// # Errors
    /// None in practice: the plane is in front of the camera.
    pub(super) fn plane(&self, identity: &Identity) -> Result<Homography> {
        let corners = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
        let depth = Self::plane_depth(identity);
        let seen = corners.map(|[x, y]: [f64; 2]| self.pixel(Vec3::new(APART * x as f32, -APART * y as f32, depth)));
        let plane = Homography::from_points(&corners, &seen)?;
        let to_plane = plane.inverse()?;
        let middle = |gaze| {
            let [[ax, ay], [bx, by]] = self.irises(identity, gaze).map(|iris| to_plane.apply(iris));
            [0.5 * (ax + bx), 0.5 * (ay + by)]
        };
        let ([x, y], [ahead_x, ahead_y]) = (middle(self.gaze), middle([Vec3::Z; 2]));
        Ok(plane * Homography::similarity(1.0, 0.0, x - ahead_x, y - ahead_y))
    }

    /// The centres of the irises in pixels.
    pub(super) fn pupils(&self, identity: &Identity) -> [[f64; 2]; 2] {
        self.irises(identity, self.gaze)
    }

    /// The centres of the irises in pixels if the eyes look in these directions.
    fn irises(&self, identity: &Identity, gaze: [Vec3; 2]) -> [[f64; 2]; 2] {
        let iris = IRIS * APART;
        let out = (identity.radius * identity.radius - iris * iris).max(0.0).sqrt();
        [0, 1].map(|k| self.pixel(identity.eyes[k] + out * gaze[k]))
    }

    /// The temples in pixels.
    pub(super) fn temples(&self, shapes: &Shapes, identity: &Identity) -> [[f64; 2]; 2] {
        shapes.surface.temples.map(|temple| self.pixel(temple.on(&identity.points)))
    }

    fn pixel(&self, point: Vec3) -> [f64; 2] {
        self.camera.project(point).0.to_array().map(f64::from)
    }
}

/// The width of a front of glasses that covers the temples of an unturned head, in inter-pupil
/// distances. The temples lie behind the front, so it is a little less than the width of the head.
pub(super) fn temple_width(shapes: &Shapes, identity: &Identity) -> f64 {
    let [right, left] = shapes.surface.temples.map(|temple| temple.on(&identity.points));
    let camera = camera(0.0, 0.0, 0.0, FOCAL, EYES.1, EYES.0).position.z;
    let nearer = (camera - Pose::plane_depth(identity)) / (camera - 0.5 * (left.z + right.z));
    f64::from(nearer * (left.x - right.x) / APART)
}

/// A direction of gaze, at most 30° from straight ahead.
fn limited(direction: Vec3) -> Vec3 {
    let direction = direction.normalize_or(Vec3::Z);
    let most = 30.0_f32.to_radians();
    let aside = direction.angle_between(Vec3::Z);
    if aside <= most { direction } else { Vec3::Z.lerp(direction, most / aside).normalize_or(Vec3::Z) }
}

/// The camera that shows the eyes of a turned head level, up to `tilt` degrees, around `middle`.
fn camera(yaw: f32, pitch: f32, tilt: f32, focal: f32, apart: f32, middle: Vec2) -> Camera {
    let centre = 0.5 * Vec2::new(SIZE.0 as f32, SIZE.1 as f32);
    let distance = focal * APART / apart;
    let front = Vec3::new(0.0, 0.0, 0.19 * APART);
    let level = rotation(yaw, pitch, 0.0) * Vec3::X;
    let roll = tilt - level.y.atan2(level.x).to_degrees();
    let turned = rotation(yaw, pitch, roll) * FLIP;
    let at = ((middle - centre) / focal).extend(1.0) * distance;
    // The point between the corneas is at this pixel.
    let position = front - turned.transpose() * at;
    Camera { position, rotation: turned, focal, centre }
}
