//! The lighting: three soft boxes and dim ambient light.

use glam::{FloatExt, Vec3, vec3};
use rand::Rng;

use super::math::{Random, smoothstep};

/// A rectangular light that emits evenly to one side.
#[derive(Clone, Copy)]
pub(crate) struct Softbox {
    centre: Vec3,
    /// Half the width and half the height.
    right: Vec3,
    up: Vec3,
    facing: Vec3,
    radiance: Vec3,
}

/// The light that arrives at a point from one direction.
pub(crate) struct Beam {
    pub direction: Vec3,
    pub distance: f32,
    /// Radiance × solid angle / π: the radiosity of a white diffuse surface that faces the light.
    pub strength: Vec3,
}

impl Softbox {
    /// A soft box at `centre` that faces the head.
    pub(crate) fn new(centre: Vec3, width: f32, height: f32, radiance: Vec3) -> Self {
        let facing = (vec3(0.0, -0.4, 0.0) - centre).normalize_or_zero();
        let right = vec3(0.0, 1.0, 0.0).cross(facing).normalize_or_zero();
        let up = facing.cross(right);
        Self { centre, right: right * (width / 2.0), up: up * (height / 2.0), facing, radiance }
    }

    /// The light at `p` from cell `index` of `count` equal cells of the box, at a jittered
    /// position.
    pub(crate) fn beam(&self, p: Vec3, index: usize, count: usize, rng: &mut Random) -> Beam {
        let (columns, rows) = if count.is_multiple_of(2) { (2, count / 2) } else { (1, count) };
        let u = ((index % columns) as f32 + rng.random::<f32>()) / columns as f32 * 2.0 - 1.0;
        let v = ((index / columns) as f32 + rng.random::<f32>()) / rows as f32 * 2.0 - 1.0;
        self.part(p, u, v, count)
    }

    /// One `count`-th of the light of the box, emitted from the point (`u`, `v`), both in [−1, 1].
    fn part(&self, p: Vec3, u: f32, v: f32, count: usize) -> Beam {
        let to = self.centre + self.right * u + self.up * v - p;
        let distance = to.length();
        let direction = to * (1.0 / distance);
        let area = 4.0 * self.right.length() * self.up.length();
        let solid = area * (-direction.dot(self.facing)).max(0.0) / (distance * distance);
        Beam { direction, distance, strength: self.radiance * (solid / (count as f32 * std::f32::consts::PI)) }
    }

    /// The direction from `p` to the centre of the box.
    pub(crate) fn toward(&self, p: Vec3) -> Vec3 {
        (self.centre - p).normalize_or_zero()
    }

    /// The unoccluded light of the whole box at `p`, emitted from its centre.
    pub(crate) fn total(&self, p: Vec3) -> Vec3 {
        self.part(p, 0.0, 0.0, 1).strength
    }

    /// The radiance of the box along a ray. It fades over the outer `softness` of the rectangle.
    pub(crate) fn seen(&self, origin: Vec3, direction: Vec3, softness: f32) -> Vec3 {
        let fall = direction.dot(self.facing);
        if fall >= 0.0 {
            return Vec3::ZERO;
        }
        let at = origin + direction * ((self.centre - origin).dot(self.facing) / fall) - self.centre;
        let u = at.dot(self.right) / self.right.dot(self.right);
        let v = at.dot(self.up) / self.up.dot(self.up);
        let edge = |t: f32| smoothstep(1.0 + softness, 1.0 - softness, t.abs());
        self.radiance * (edge(u) * edge(v))
    }
}

/// The lighting of a portrait.
pub(crate) struct Studio {
    /// Key, fill and rim light.
    pub boxes: [Softbox; 3],
    pub above: Vec3,
    pub below: Vec3,
}

impl Studio {
    /// Creates the lighting from the strengths of key, fill and rim light.
    ///
    /// `side` is −1 for a key light on the left of the image and +1 for the right. `warmth` tints
    /// the key light against the other lights.
    pub(crate) fn new(side: f32, key: f32, fill: f32, rim: f32, warmth: f32) -> Self {
        let warm = vec3(1.0 + 0.10 * warmth, 1.0, 1.0 - 0.16 * warmth);
        let cool = vec3(1.0 - 0.08 * warmth, 1.0, 1.0 + 0.14 * warmth);
        Self {
            boxes: [
                Softbox::new(vec3(side * 6.5, 6.0, 9.5), 5.0, 6.0, warm * (key * 12.0)),
                Softbox::new(vec3(side * -9.0, 1.5, 9.0), 9.0, 9.0, cool * (fill * 1.2)),
                Softbox::new(vec3(side * -6.0, 4.0, -7.0), 3.0, 8.0, cool * (rim * 14.0)),
            ],
            above: vec3(0.34, 0.35, 0.37),
            below: vec3(0.12, 0.105, 0.095),
        }
    }

    /// The ambient light from a direction.
    pub(crate) fn room(&self, direction: Vec3) -> Vec3 {
        let t = smoothstep(-0.9, 0.9, direction.y);
        self.below.lerp(self.above, t) * f32::lerp(0.75, 1.15, smoothstep(-0.6, 0.8, direction.z))
    }
}
