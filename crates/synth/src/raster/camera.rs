//! Pinhole cameras.

use glam::{Mat3, Vec2, Vec3};

/// A pinhole camera without distortion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The centre of projection.
    pub position: Vec3,
    /// From the world's axes to the camera's: x to the right, y down, z forward.
    pub rotation: Mat3,
    /// The focal length in pixels.
    pub focal: f32,
    /// The principal point in pixels; (0, 0) is the top-left corner of the image.
    pub centre: Vec2,
}

impl Camera {
    /// A camera at `position` that looks at `target`, held level.
    ///
    /// A target straight above or below gives a rotation that is not finite.
    pub fn looking_at(position: Vec3, target: Vec3, focal: f32, centre: Vec2) -> Self {
        let forward = (target - position).normalize();
        let right = forward.cross(Vec3::Y).normalize();
        let down = forward.cross(right);
        Self { position, rotation: Mat3::from_cols(right, down, forward).transpose(), focal, centre }
    }

    /// The camera of an image that is `factor` times as large.
    pub fn scaled(&self, factor: f32) -> Self {
        Self { focal: self.focal * factor, centre: self.centre * factor, ..*self }
    }

    /// Pixel and depth of a point. Points with a depth of 0 or less are not in front of the camera.
    pub fn project(&self, point: Vec3) -> (Vec2, f32) {
        let p = self.rotation * (point - self.position);
        (self.to_pixel(p), p.z)
    }

    /// The pixel of a point in the camera's axes.
    pub(super) fn to_pixel(self, p: Vec3) -> Vec2 {
        self.focal / p.z * p.truncate() + self.centre
    }

    /// The point of the scene that a pixel shows at a depth.
    pub fn unproject(&self, pixel: Vec2, depth: f32) -> Vec3 {
        let ray = ((pixel - self.centre) / self.focal).extend(1.0);
        self.position + self.rotation.transpose() * (depth * ray)
    }
}
