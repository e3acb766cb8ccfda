//! Light: ambient light, lamps, and a camera's tone curve.

use glam::Vec3;

/// The place of a light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lamp {
    /// A lamp at this point; its light falls off with the distance.
    At(Vec3),
    /// Light from this direction, of any length, such as that of a window.
    From(Vec3),
}

/// A light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// Where it comes from.
    pub lamp: Lamp,
    /// Its linear colour.
    pub colour: Vec3,
}

/// The light of a scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lighting {
    /// Ambient light on surfaces that face up.
    pub above: Vec3,
    /// Ambient light on surfaces that face down.
    pub below: Vec3,
    /// All lamps. They cast no shadows.
    pub lights: Vec<Light>,
}

/// The share of a lamp's light that also reaches surfaces at a right angle to it: light that the
/// room scatters.
const SCATTERED: f32 = 0.15;
/// The exponent of highlights.
const HIGHLIGHT: f32 = 30.0;

impl Lighting {
    /// The light that falls on a surface with this unit normal, without lamps at a point.
    pub fn diffuse(&self, normal: Vec3) -> Vec3 {
        let ambient = self.below.lerp(self.above, 0.5 + 0.5 * normal.y);
        let lit = self.lights.iter().filter_map(|light| match light.lamp {
            Lamp::From(direction) => Some(facing(normal, direction.normalize_or_zero()) * light.colour),
            Lamp::At(_) => None,
        });
        ambient + lit.sum::<Vec3>()
    }

    /// The light that a point sends to the camera.
    ///
    /// `normal` and `to_camera` are unit vectors. `reached` is the share of the light that reaches
    /// the point.
    pub(super) fn shade(&self, point: Vec3, normal: Vec3, to_camera: Vec3, surface: Surface, reached: f32) -> Vec3 {
        let mut light = self.below.lerp(self.above, 0.5 + 0.5 * normal.y);
        let mut highlight = Vec3::ZERO;
        for Light { lamp, colour } in &self.lights {
            let (direction, strength) = match lamp {
                Lamp::From(direction) => (direction.normalize_or_zero(), 1.0),
                Lamp::At(lamp) => {
                    let to_lamp = *lamp - point;
                    (to_lamp.normalize_or_zero(), 4.0 / (1.0 + to_lamp.length_squared()))
                }
            };
            light += strength * facing(normal, direction) * *colour;
            if surface.gloss > 0.0 {
                let half = (direction + to_camera).normalize_or_zero();
                highlight += strength * normal.dot(half).max(0.0).powf(HIGHLIGHT) * *colour;
            }
        }
        reached * (surface.colour * light + surface.gloss * highlight)
    }
}

/// The share of a lamp's light that a surface takes.
fn facing(normal: Vec3, direction: Vec3) -> f32 {
    ((1.0 - SCATTERED) * normal.dot(direction) + SCATTERED).max(0.0)
}

/// The colour and gloss of a point on a surface.
#[derive(Clone, Copy)]
pub(super) struct Surface {
    pub colour: Vec3,
    pub gloss: f32,
}

/// The sRGB value in [0, 1] that a camera gives to linear light. The curve is soft at the bright
/// end, and its gamma of 2 approximates sRGB.
pub(super) fn tone(light: f32) -> f32 {
    let light = light.max(0.0);
    (light * (1.0 + 0.25 * light) / (1.0 + light)).min(1.0).sqrt()
}
