//! Eyeballs: the sclera with veins, the cornea, and the iris behind it.

use std::f32::consts::TAU;

use glam::{Vec3, vec3};

use super::math::{bell, fbm, noise, smoothstep};
use super::mesh::Ball;

/// The linear colours of an iris: near the pupil, in the middle, and at the dark rim.
pub(crate) struct Iris {
    pub inner: Vec3,
    pub outer: Vec3,
    pub rim: Vec3,
    /// The radius of the pupil relative to the radius of the iris.
    pub pupil: f32,
    /// The brightness of the sclera; 1 is the default.
    pub white: f32,
}

/// An eyeball with a gaze direction.
pub(crate) struct Eye {
    pub ball: Ball,
    gaze: Vec3,
    right: Vec3,
    up: Vec3,
    /// The radius of the iris.
    iris: f32,
}

pub(crate) struct Seen {
    pub albedo: Vec3,
    /// The normal for diffuse light, and the normal for reflections off cornea and tear film.
    pub normal: Vec3,
    pub mirror: Vec3,
    /// 1 on the iris, 0 on the sclera.
    pub iris: f32,
}

/// The radius of an iris relative to the inter-pupil distance. Irises vary little between people:
/// their diameter is about 12 mm, at an inter-pupil distance of about 61 mm.
const IRIS: f32 = 0.099;

impl Eye {
    pub(crate) fn new(ball: Ball, apart: f32, target: Vec3) -> Self {
        let gaze = (target - ball.centre).normalize_or_zero();
        let right = vec3(0.0, 1.0, 0.0).cross(gaze).normalize_or_zero();
        Self { ball, gaze, right, up: gaze.cross(right), iris: IRIS * apart }
    }

    /// The centre of the pupil.
    pub(crate) fn pupil(&self) -> Vec3 {
        self.ball.centre + self.gaze * self.depth()
    }

    /// The distance of the plane of the iris from the centre of the eyeball.
    fn depth(&self) -> f32 {
        (self.ball.radius * self.ball.radius - self.iris * self.iris).sqrt()
    }

    /// The distance along a ray to the eyeball.
    pub(crate) fn hit(&self, origin: Vec3, direction: Vec3) -> Option<f32> {
        let to = self.ball.centre - origin;
        let along = to.dot(direction);
        let gap = to.dot(to) - along * along;
        let half = self.ball.radius * self.ball.radius - gap;
        (half > 0.0).then(|| along - half.sqrt())
    }

    /// The surface of the eyeball at the point `at`, for a ray with the given direction.
    pub(crate) fn look(&self, at: Vec3, direction: Vec3, colours: &Iris, seed: f32) -> Seen {
        let sphere = (at - self.ball.centre) * (1.0 / self.ball.radius);
        // The ray refracts at the cornea and meets the plane of the iris.
        let bent = (direction * 0.75 - sphere * 0.22).normalize_or_zero();
        let plane = self.ball.centre + self.gaze * self.depth();
        let start = at + self.gaze * 0.004;
        let depth = ((plane - start).dot(self.gaze) / bent.dot(self.gaze).min(-0.2)).max(0.0);
        let flat = start + bent * depth - plane;
        let (x, y) = (flat.dot(self.right) / self.iris, flat.dot(self.up) / self.iris);
        let radius = (x * x + y * y).sqrt();
        let side = (at - plane).reject_from_normalized(self.gaze).length() / self.iris;
        let share = smoothstep(1.09, 0.90, side);
        let white = self.white(sphere, seed) * colours.white;
        let iris = iris(x, y, radius, colours, seed);
        // The cornea is a smaller sphere that protrudes from the eyeball.
        let tilt = (at - plane).reject_from_normalized(self.gaze) * (1.0 / self.iris);
        let dome = (self.gaze + tilt * 0.72).normalize_or_zero();
        let mirror = sphere.lerp(dome, smoothstep(1.25, 0.85, side)).normalize_or_zero();
        // The iris is a shallow bowl, so the side away from a light is brighter.
        let bowl = (self.gaze - tilt * 0.35).normalize_or_zero();
        Seen {
            albedo: white.lerp(iris, share),
            normal: sphere.lerp(bowl, share).normalize_or_zero(),
            mirror,
            iris: share,
        }
    }

    fn white(&self, sphere: Vec3, seed: f32) -> Vec3 {
        let (x, y) = (sphere.dot(self.right), sphere.dot(self.up));
        let corner = smoothstep(0.45, 0.95, x.abs());
        let base = vec3(0.585, 0.535, 0.50).lerp(vec3(0.48, 0.30, 0.27), corner * 0.65);
        let p = vec3(x * 5.0, y * 14.0, seed * 7.0);
        let wander = noise(p * 1.7) * 0.6;
        let vein = smoothstep(0.10, 0.0, (noise(p + Vec3::splat(wander))).abs()) * smoothstep(0.3, 0.8, x.abs());
        base.lerp(vec3(0.42, 0.15, 0.12), vein * 0.28) * (1.0 + 0.03 * noise(p))
    }
}

fn iris(x: f32, y: f32, radius: f32, colours: &Iris, seed: f32) -> Vec3 {
    let angle = y.atan2(x);
    let (s, c) = angle.sin_cos();
    // Slightly wavy fibres run outwards from the pupil.
    let wave = noise(vec3(c * 4.0, s * 4.0, radius * 3.0 + seed)) * 0.12;
    let (s, c) = (angle + wave).sin_cos();
    let fibre = fbm(vec3(c * 16.0, s * 16.0, radius * 1.6 + seed * 3.0), 3);
    let crypt = smoothstep(0.25, 0.6, noise(vec3(c * 5.0, s * 5.0, radius * 6.0 + seed)));
    let t = smoothstep(colours.pupil, 0.85, radius + 0.06 * fibre);
    let mut colour = colours.inner.lerp(colours.outer, t) * (1.0 + 0.5 * fibre) * (1.0 - 0.35 * crypt);
    // The collarette is a paler ring around the pupil.
    colour *= 1.0 + 0.35 * bell((radius - colours.pupil - 0.14) * (radius - colours.pupil - 0.14), 0.06);
    colour = colour.lerp(colours.rim, smoothstep(0.72, 1.02, radius + 0.05 * (angle * TAU).sin() * 0.3) * 0.9);
    let pupil = smoothstep(colours.pupil + 0.045, colours.pupil - 0.035, radius);
    colour.lerp(Vec3::splat(0.004), pupil).map(|v| v.max(0.002))
}
