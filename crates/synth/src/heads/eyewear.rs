//! Glasses on the head: a front in the plane of stiff glasses, and arms to the ears.

use super::covers::bar;
use super::identity::{APART, Identity};
use super::pose::Pose;
use super::shapes::Shapes;
use super::shell::Coat;
use crate::random;
use crate::raster::{Camera, Canvas, Lighting, Mesh};
use glam::{Vec2, Vec3};
use rand::Rng;
use stgan::Bitmap;

/// The width of the image of the front in pixels.
const WIDTH: u32 = 150;
/// Lenses that are darker than this hide the eyes.
const DARK: f32 = 0.6;

/// Glasses on a head.
pub(super) struct Eyewear {
    front: Bitmap,
    /// Half the width of the front in metres.
    half: f32,
    depth: f32,
    /// The middle of the front relative to the plane's origin, in metres.
    drop: f32,
    /// Whether the eyes are hidden.
    pub dark: bool,
    arms: Vec<Mesh>,
}

impl Eyewear {
    pub(super) fn sample(rng: &mut impl Rng, shapes: &Shapes, identity: &Identity, temples: f32) -> Self {
        let mut front = random::glasses(rng, WIDTH);
        let darkened = rng.random_bool(0.35).then(|| rng.random_range(0.75..1.0));
        if let Some(opacity) = darkened {
            darken(&mut front, opacity);
        }
        let half = 0.5 * temples * APART * rng.random_range(0.94..1.03);
        let depth = Pose::plane_depth(identity);
        let drop = APART * rng.random_range(-0.03..0.06);
        let colour = Vec3::splat(rng.random_range(0.01..0.3));
        let coat = Coat { colour, texture: None, repeats: Vec2::ONE, gloss: 0.1, mottle: [0.0, 1.0], seed: 0.0 };
        let thick = rng.random_range(0.0008..0.0025);
        let arms = [0, 1].map(|k| {
            let side = [-1.0, 1.0][k];
            let hinge = Vec3::new(0.97 * side * half, APART * rng.random_range(0.06..0.12) - drop, depth - 0.002);
            let ear = shapes.surface.ears[k].on(&identity.points);
            bar(&coat, hinge, Vec3::new(ear.x + 0.002 * side, ear.y, ear.z), thick)
        });
        let dark = lens_opacity(&front) > DARK;
        Self { front, half, depth, drop, dark, arms: arms.into() }
    }

    pub(super) fn arms(&self) -> &[Mesh] {
        &self.arms
    }

    /// Blends the front over what lies behind it.
    pub(super) fn draw(&self, canvas: &mut Canvas, camera: &Camera, lighting: &Lighting) {
        let (width, height) = (self.front.width() as f32, self.front.height() as f32);
        let scale = width / (2.0 * self.half);
        let light = lighting.diffuse(Vec3::Z);
        let back = camera.rotation.transpose();
        let image = self.front.data();
        canvas.overlay(&|pixel| {
            let ray = back * ((pixel - camera.centre) / camera.focal).extend(1.0);
            let depth = (self.depth - camera.position.z) / ray.z;
            let point = camera.position + depth * ray;
            let at = Vec2::new(point.x + self.half, 0.5 * height / scale - self.drop - point.y) * scale;
            let colour = bilinear(image, [width as usize, height as usize], at - 0.5)?;
            (depth > 0.0).then(|| (depth, (colour.truncate() * light).extend(colour.w).to_array()))
        });
    }
}

/// A premultiplied linear colour of an image; none outside.
fn bilinear(image: &[u8], [width, height]: [usize; 2], at: Vec2) -> Option<glam::Vec4> {
    let (x, y) = (at.x.floor(), at.y.floor());
    if x < -1.0 || y < -1.0 || x >= width as f32 || y >= height as f32 {
        return None;
    }
    let texel = |x: f32, y: f32| {
        if x < 0.0 || y < 0.0 || x >= width as f32 || y >= height as f32 {
            return glam::Vec4::ZERO;
        }
        let i = 4 * (y as usize * width + x as usize);
        let [r, g, b, a] = [0, 1, 2, 3].map(|k| f32::from(image[i + k]) / 255.0);
        glam::Vec4::new(a * r * r, a * g * g, a * b * b, a)
    };
    let (fx, fy) = (at.x - x, at.y - y);
    let row = |y: f32| texel(x, y).lerp(texel(x + 1.0, y), fx);
    Some(row(y).lerp(row(y + 1.0), fy))
}

/// Makes the lenses dark and nearly opaque: all that is enclosed by the rims.
fn darken(front: &mut Bitmap, opacity: f32) {
    let (width, height) = (front.width() as usize, front.height() as usize);
    let mut data = front.clone().into_data();
    for y in 0..height {
        for x in 0..width {
            let i = 4 * (y * width + x);
            let inside = enclosed(front.data(), [width, height], x, y);
            if inside && data[i + 3] < 200 {
                let keep = 0.25;
                for value in &mut data[i..i + 3] {
                    *value = (f32::from(*value) * keep) as u8;
                }
                data[i + 3] = data[i + 3].max((255.0 * opacity) as u8);
            }
        }
    }
    if let Ok(dark) = Bitmap::new(width as u32, height as u32, data) {
        *front = dark;
    }
}

/// Whether opaque pixels lie on both sides of a pixel, above it and below it.
fn enclosed(image: &[u8], [width, height]: [usize; 2], x: usize, y: usize) -> bool {
    let solid = |x: usize, y: usize| image[4 * (y * width + x) + 3] > 40;
    let half = if x < width / 2 { 0..width / 2 } else { width / 2..width };
    (half.start..x).any(|x| solid(x, y))
        && (x..half.end).any(|x| solid(x, y))
        && (0..y).any(|y| solid(x, y))
        && (y..height).any(|y| solid(x, y))
}

/// The mean opacity around the lens centres.
fn lens_opacity(front: &Bitmap) -> f32 {
    let (width, height) = (front.width() as usize, front.height() as usize);
    let mut sum = [0.0, 0.0];
    for y in 2 * height / 5..3 * height / 5 {
        for x in (width / 5..3 * width / 10).chain(7 * width / 10..4 * width / 5) {
            sum[0] += f32::from(front.data()[4 * (y * width + x) + 3]) / 255.0;
            sum[1] += 1.0;
        }
    }
    sum[0] / f32::max(sum[1], 1.0)
}
