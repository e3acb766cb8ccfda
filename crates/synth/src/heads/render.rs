//! The image of a head.

use super::pose::SIZE;
use super::scene::{self, Illumination};
use super::shell::Hull;
use super::{Head, body, eyes};
use crate::raster::{Camera, Canvas, Lighting, LinearImage, Mesh};
use glam::{Affine3A, Vec2, Vec3};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use stgan::{Bitmap, Result};

/// Samples along each side of a pixel.
const SAMPLES: usize = 2;

pub(super) fn head(head: &Head) -> Result<Bitmap> {
    let rng = &mut ChaCha8Rng::seed_from_u64(head.details);
    let (shapes, pose) = (head.shapes, &head.pose);
    let light = scene::light(rng, pose, head.options.plain_light);
    let points = body::posed(rng, &head.identity, pose);
    let hull = Hull::new(shapes, &head.identity, 0);
    let smooth = Hull::new(shapes, &head.identity, 10);
    let under_hat = head.headwear.is_some();
    let texture = head.skin.texture(&shapes.surface, head.hair.is_shaved());
    let eyewear = head.eyewear();
    // The nearest first, because hidden samples cost little.
    let mut meshes = head.before().0;
    meshes.extend(eyewear.iter().flat_map(|eyewear| eyewear.arms()).cloned());
    meshes.extend(head.mask(&smooth));
    meshes.extend(head.headwear.iter().flat_map(|headwear| headwear.meshes(&smooth)));
    meshes.extend(head.hair.meshes(&hull, under_hat));
    meshes.push(body::clothes(rng, shapes, &points));
    meshes.extend(body::skin(shapes, &points, texture, head.skin.tone));
    meshes.extend(eyes::eyes(rng, &head.identity, pose));
    let shadow = Shadow::new(&light, &meshes);
    let mut canvas = Canvas::new(SIZE.0, SIZE.1, SAMPLES);
    for mesh in &mut meshes {
        if mesh.triangles.len() > SOLID {
            remove_far_side(mesh, pose.camera.position);
        }
        canvas.draw(mesh, &Affine3A::IDENTITY, &pose.camera, &light.lighting, &|point, normal| {
            shadow.reached(point, normal)
        });
    }
    if let Some(eyewear) = &eyewear {
        eyewear.draw(&mut canvas, &pose.camera, &light.lighting);
    }
    let background = scene::background(rng);
    develop(rng, canvas.resolve(), &background, head.options.plain_light)
}

/// Meshes with more triangles are closed surfaces or lie on one; others have two visible sides.
const SOLID: usize = 5000;

/// Removes the triangles that face away from the camera.
fn remove_far_side(mesh: &mut Mesh, camera: Vec3) {
    let vertices = &mesh.vertices;
    mesh.triangles.retain(|corners| {
        let [a, b, c] = corners.map(|i| vertices[i as usize].position);
        (b - a).cross(c - a).dot(camera - a) > 0.0
    });
}

/// Puts the head before the background and exposes the image.
fn develop(rng: &mut impl Rng, mut image: LinearImage, background: &[Vec3], plain: bool) -> Result<Bitmap> {
    let mut sum = [0.0, 1e-3];
    for pixel in &image.pixels {
        sum[0] += f64::from(pixel[..3].iter().sum::<f32>()) / 3.0;
        sum[1] += f64::from(pixel[3]);
    }
    // A camera exposes for the face in part; dark skin stays darker than light skin.
    let mean = (sum[0] / sum[1]) as f32;
    let metered = (0.25 / mean.max(0.01)).powf(rng.random_range(0.3..0.8));
    let over = if plain { 0.15 } else { 0.5 };
    let exposure = metered * (over * rng.sample::<f32, _>(StandardNormal)).clamp(-1.8, 0.5).exp();
    let dim = rng.random_range(0.3..1.5) / exposure.max(0.3);
    for (pixel, behind) in image.pixels.iter_mut().zip(background) {
        let empty = 1.0 - pixel[3];
        for (value, behind) in pixel.iter_mut().zip(behind.to_array()) {
            *value += empty * dim * behind;
        }
        pixel[3] = 1.0;
    }
    let gain = |rng: &mut dyn rand::RngCore| 1.0 + 0.04 * rng.sample::<f32, _>(StandardNormal);
    let gains = [gain(rng), gain(rng), gain(rng)];
    let developed = image.develop(exposure, gains)?;
    if plain || rng.random_bool(0.4) {
        return Ok(developed);
    }
    let noise = rng.random_range(0.5..9.0_f32) / 128.0;
    let mut data = developed.into_data();
    for pixel in data.chunks_exact_mut(4) {
        // Grain of all channels and of each.
        let [grey, own @ ..] = rng.random::<u32>().to_le_bytes().map(|byte| f32::from(byte) - 127.5);
        for (value, own) in pixel.iter_mut().zip(own) {
            *value = (f32::from(*value) + noise * (grey + 0.6 * own)).clamp(0.0, 255.0) as u8;
        }
    }
    Bitmap::new(SIZE.0 as u32, SIZE.1 as u32, data)
}

/// The shadows of a lamp: what it sees, seen from its side.
struct Shadow {
    canvas: Canvas,
    camera: Camera,
    key: Vec3,
    /// The share of the light that a shadow takes.
    share: f32,
}

/// The side of the shadow map in pixels, and of what it shows in metres.
const MAP: (usize, f32) = (160, 0.5);
/// Surfaces closer to the lamp than this cast no shadow on each other, in metres.
const BIAS: f32 = 0.005;

impl Shadow {
    fn new(light: &Illumination, meshes: &[Mesh]) -> Self {
        let key = light.key.normalize_or(Vec3::Z);
        let middle = Vec3::new(0.0, -0.04, -0.05);
        let distance = 4.0;
        let aside = if key.y.abs() > 0.99 { Vec3::new(key.x + 0.2, key.y, key.z) } else { key };
        let focal = distance * MAP.0 as f32 / MAP.1;
        let camera = Camera::looking_at(middle + distance * aside, middle, focal, Vec2::splat(0.5 * MAP.0 as f32));
        let mut canvas = Canvas::new(MAP.0, MAP.0, 1);
        for mesh in meshes {
            canvas.draw(mesh, &Affine3A::IDENTITY, &camera, &Lighting::default(), &|_, _| 1.0);
        }
        Self { canvas, camera, key, share: 0.85 * light.share }
    }

    fn reached(&self, point: Vec3, normal: Vec3) -> f32 {
        if normal.dot(self.key) < 0.0 {
            // The lamp does not reach it anyway.
            return 1.0;
        }
        let (pixel, depth) = self.camera.project(point + 0.002 * normal);
        let at = pixel - 0.5;
        let (corner, part) = (at.floor(), at - at.floor());
        let lit = |x: f32, y: f32| {
            let (x, y) = (corner.x + x, corner.y + y);
            let side = MAP.0 as f32;
            if x < 0.0 || y < 0.0 || x >= side || y >= side {
                return 1.0;
            }
            f32::from(self.canvas.depths()[y as usize * MAP.0 + x as usize] > depth - BIAS)
        };
        let row = |y: f32| lit(0.0, y) * (1.0 - part.x) + lit(1.0, y) * part.x;
        let lit = row(0.0) * (1.0 - part.y) + row(1.0) * part.y;
        1.0 - self.share * (1.0 - lit)
    }
}
