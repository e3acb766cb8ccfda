//! The view from which a piece was photographed before it was cut out.

use super::room;
use super::view::{bounds, corners};
use super::{Options, Room, Standing, shadows};
use crate::raster::{Camera, Canvas, LinearImage};
use glam::{Quat, Vec2, Vec3, Vec3Swizzles};
use rand::Rng;
use rand_distr::StandardNormal;

/// A piece alone, before it is developed.
pub(super) struct View {
    pub camera: Camera,
    pub canvas: Canvas,
    /// The turn about the piece against the room's camera, in degrees.
    pub turn: f32,
}

/// Renders a piece from another view than `from`; `None` if it comes too close to the camera.
pub(super) fn view(
    rng: &mut impl Rng,
    room: &Room,
    standing: &Standing,
    from: &Camera,
    options: &Options,
) -> Option<View> {
    let size = standing.piece.size;
    let middle = standing.place.at.extend(0.0).xzy() + 0.5 * size.y * Vec3::Y;
    let mut turn = 0.0;
    let mut position = from.position;
    if let Some([least, most]) = options.turn {
        turn = rng.random_range(least..=most) * if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let level = (from.position - middle) * Vec3::new(1.0, 0.0, 1.0);
        let distance = level.length() * (0.15 * rng.sample::<f32, _>(StandardNormal)).exp();
        let distance = distance.max(0.72 * size.x.max(size.z) + 0.6);
        position = middle + Quat::from_rotation_y(turn.to_radians()) * (distance * level.normalize_or(Vec3::Z));
        position.y = (from.position.y + 0.15 * rng.sample::<f32, _>(StandardNormal)).clamp(0.6, 2.1);
    }
    let (width, height) = (options.size.0 as f32, options.size.1 as f32);
    let corners = corners(standing);
    let plain = Camera::looking_at(position, middle, 100.0, Vec2::ZERO);
    let (low, high) = bounds(&plain, &corners)?;
    let zoom = 0.9 * (width / (high.x - low.x)).min(height / (high.y - low.y));
    let centre = 0.5 * Vec2::new(width, height) - 0.5 * zoom * (low + high);
    let camera = Camera { focal: zoom * plain.focal, centre, ..plain };
    let mut lighting = room.lighting.clone();
    for light in &mut lighting.lights {
        light.colour *= rng.random_range(0.6..1.4_f32);
    }
    let mut canvas = Canvas::new(options.size.0, options.size.1, options.samples);
    room::draw(&mut canvas, standing, &camera, &lighting, &|point, _| shadows::reached_above_floor(point));
    Some(View { camera, canvas, turn })
}

/// The bounding box of what is at least a tenth covered: left, top, right and bottom in pixels.
pub(super) fn alpha_box(image: &LinearImage) -> Option<[f64; 4]> {
    let (width, _) = image.size;
    let covered = image.pixels.iter().enumerate().filter(|(_, pixel)| pixel[3] >= 0.1);
    let pixels = covered.map(|(i, _)| ((i % width) as f64, (i / width) as f64));
    pixels.fold(None, |bounds: Option<[f64; 4]>, (x, y)| {
        let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x + 1.0), bottom.max(y + 1.0)])
    })
}
