//! The renderer: ray casting and lighting, then subsurface scattering, hair and film.

use glam::{FloatExt, Vec3, vec3};
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

use super::bvh::Bvh;
use super::eye::Eye;
use super::field::Field;
use super::light::{Beam, Studio};
use super::math::{Random, fbm, noise, smoothstep};
use super::mesh::{self, Triangles, Vertex};
use super::people::Person;
use super::skin::EYES;
use super::strands::{self, Surroundings, Veil};
use super::{cloth, film, hair};
use stgan::{Bitmap, Result};

/// The height of a portrait relative to its width.
pub(crate) const ASPECT: f32 = 1.25;
/// The distance of the camera in decimetres, typical of a short telephoto lens.
const DISTANCE: f32 = 17.0;
/// Rendered pixels per image pixel, in x and in y.
const SUPERSAMPLING: f32 = 1.5;

/// The position of the camera if the head is not turned.
const SEAT: Vec3 = vec3(0.0, 0.15, DISTANCE);

/// The yaw of the head, and the background beside it.
#[derive(Clone, Copy)]
pub(crate) struct Framing {
    /// Degrees, positive if the face is turned towards the right of the image.
    pub yaw: f32,
    /// The additional background on each side, as a fraction of the width of the portrait.
    pub margin: f32,
}

/// A camera with a shifted lens, which keeps vertical lines vertical. To turn the head, the camera
/// moves around the origin between the eyes.
pub(crate) struct Camera {
    pub eye: Vec3,
    /// The sine and the cosine of the yaw.
    turn: (f32, f32),
    /// Pixels per decimetre at the distance of the eyes, and the position of the origin on the
    /// image.
    scale: f32,
    origin: (f32, f32),
}

impl Camera {
    pub(crate) fn new(person: &Person, apart: f32, width: f32, framing: Framing) -> Self {
        let origin = ((person.centre.0 + framing.margin) * width, person.centre.1 * width * ASPECT);
        let turn = framing.yaw.to_radians().sin_cos();
        Self { eye: turned(SEAT, (-turn.0, turn.1)), turn, scale: person.apart * width / apart, origin }
    }

    /// Projects a point: image x, image y, and the distance from the plane of the camera.
    pub(crate) fn project(&self, p: Vec3) -> (f32, f32, f32) {
        let p = turned(p, self.turn);
        let z = SEAT.z - p.z;
        let scale = self.scale * DISTANCE / z;
        let foot = (self.origin.0 + SEAT.x * self.scale, self.origin.1 - SEAT.y * self.scale);
        (foot.0 + (p.x - SEAT.x) * scale, foot.1 - (p.y - SEAT.y) * scale, z)
    }

    /// The distance of a point from the plane of the camera.
    fn depth(&self, p: Vec3) -> f32 {
        SEAT.z - turned(p, self.turn).z
    }

    /// Pixels per decimetre at distance `z` from the camera.
    pub(crate) fn scale_at(&self, z: f32) -> f32 {
        self.scale * DISTANCE / z
    }

    /// The direction of the ray through a point of the image.
    fn ray(&self, x: f32, y: f32) -> Vec3 {
        let at = vec3((x - self.origin.0) / self.scale, (self.origin.1 - y) / self.scale, 0.0);
        turned((at - SEAT).normalize_or_zero(), (-self.turn.0, self.turn.1))
    }
}

/// Rotates a vector about the vertical axis, from the viewer towards the right of the image.
fn turned(p: Vec3, (sin, cos): (f32, f32)) -> Vec3 {
    vec3(p.x * cos + p.z * sin, p.y, p.z * cos - p.x * sin)
}

/// The kind of surface in a pixel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Backdrop,
    Skin,
    Cloth,
    Eye,
}

/// The surface that a ray hits, and the light on it.
#[derive(Clone, Copy)]
pub(crate) struct Pixel {
    pub kind: Kind,
    /// The distance from the plane of the camera.
    pub depth: f32,
    /// The light that a white diffuse surface would reflect.
    pub light: Vec3,
    pub albedo: Vec3,
    /// The specular reflection.
    pub gloss: Vec3,
}

struct Scene<'a> {
    person: &'a Person,
    camera: Camera,
    studio: Studio,
    skin: Triangles,
    cloth: Triangles,
    /// The faces of the skin, then the faces of the cloth.
    solid: Bvh,
    eyes: [Eye; 2],
    veil: Veil,
    /// The number of sample sets per point.
    effort: usize,
}

/// The pupils of a person as fractions of the width and height of the image, the left one first.
pub(crate) fn pupils(person: &Person, index: usize, yaw: f32) -> [[f64; 2]; 2] {
    let (camera, eyes) = aim(person, index, 1.0, Framing { yaw, margin: 0.0 });
    eyes.map(|eye| {
        let (x, y, _) = camera.project(eye.pupil());
        [f64::from(x), f64::from(y / ASPECT)]
    })
}

fn aim(person: &Person, index: usize, width: f32, framing: Framing) -> (Camera, [Eye; 2]) {
    let balls = mesh::eyes(index);
    let apart = (balls[1].centre - balls[0].centre).length();
    let camera = Camera::new(person, apart, width, framing);
    // The gaze turns with the head: the eyes look at the camera position of an unturned head.
    let eyes = balls.map(|ball| Eye::new(ball, apart, SEAT));
    (camera, eyes)
}

/// Renders a person. `width` excludes the margins; the height follows from it.
pub(crate) fn render(person: &Person, index: usize, width: u32, framing: Framing) -> Result<Bitmap> {
    let height = (width as f32 * ASPECT).round() as u32;
    let bitmap = Bitmap::transparent((width as f32 * (1.0 + 2.0 * framing.margin)).round() as u32, height)?;
    let size = width as f32 * SUPERSAMPLING;
    let across = (bitmap.width() as f32 * SUPERSAMPLING).round() as usize;
    let down = (height as f32 * SUPERSAMPLING).round() as usize;
    let small = width < 300;
    let (camera, eyes) = aim(person, index, size.round(), framing);
    let head = mesh::head(index);
    let coarse = head.skin.subdivide();
    let body = if small { head.skin.triangles() } else { coarse.triangles() };
    let skin = if small { coarse.triangles() } else { coarse.subdivide().triangles() };
    let cloth = cloth::clothes(&skin, &person.cut);
    let skin = cloth::uncovered(skin, &person.cut);
    let corners = |mesh: &Triangles| {
        let corners = |face: &[u32; 3]| face.map(|i| mesh.vertices[i as usize].position);
        mesh.faces.iter().map(corners).collect::<Vec<_>>()
    };
    let solid = Bvh::new(corners(&skin).into_iter().chain(corners(&cloth)));
    let field = Field::new(&body, &Bvh::new(corners(&body).into_iter()));
    let strands = hair::grow(person, &head, &skin, &field, (width as f32 / 960.0).clamp(0.15, 1.0));
    let lighting = &person.lighting;
    let studio = Studio::new(lighting.side, lighting.key, lighting.fill, lighting.rim, lighting.warmth);
    let veil = Veil::new(&strands, &studio, if small { 40 } else { 84 });
    let scene = Scene { person, camera, studio, skin, cloth, solid, eyes, veil, effort: if small { 1 } else { 2 } };
    let mut pixels: Vec<Pixel> =
        (0..across * down).into_par_iter().with_min_len(across).map(|i| scene.pixel(i % across, i / across)).collect();
    film::diffuse(&mut pixels, across, scene.camera.scale_at(DISTANCE));
    let depth: Vec<f32> = pixels.par_iter().map(|p| p.depth).collect();
    let mut image: Vec<Vec3> = pixels
        .par_iter()
        .enumerate()
        .map(|(i, p)| match p.kind {
            Kind::Backdrop => {
                let (x, y) = ((i % across) as f32 / size.round() - framing.margin, (i / across) as f32 / down as f32);
                film::backdrop(&person.backdrop, x, y)
            }
            _ => p.albedo * p.light + p.gloss,
        })
        .collect();
    let around = Surroundings { studio: &scene.studio, veil: &scene.veil, solid: &scene.solid, camera: &scene.camera };
    strands::draw(&strands, &around, &mut image, &depth, across);
    Ok(film::develop(&image, across, down, bitmap))
}

/// Microfacet reflection towards `view`, times the cosine: GGX distribution, Smith masking and
/// Schlick Fresnel term.
fn gloss(normal: Vec3, view: Vec3, light: Vec3, roughness: f32, base: f32) -> f32 {
    let half = (view + light).normalize_or_zero();
    let (nl, nv) = (normal.dot(light).max(0.0), normal.dot(view).max(0.02));
    let (nh, vh) = (normal.dot(half).max(0.0), view.dot(half).max(0.0));
    let a2 = roughness.powi(4);
    let d = nh * nh * (a2 - 1.0) + 1.0;
    let smith = |c: f32| c + (a2 + (1.0 - a2) * c * c).sqrt();
    let fresnel = base + (1.0 - base) * (1.0 - vh).powi(5);
    a2 / (d * d) * fresnel * nl / (smith(nl.max(0.001)) * smith(nv))
}

impl Scene<'_> {
    fn pixel(&self, x: usize, y: usize) -> Pixel {
        let mut rng = Random::seed_from_u64((y * 16_384 + x) as u64);
        let direction = self.camera.ray(x as f32 + 0.5, y as f32 + 0.5);
        let origin = self.camera.eye;
        let hit = self.solid.hit(origin, direction, 60.0);
        let limit = hit.map_or(60.0, |h| h.t);
        let eye = (0..2).filter_map(|i| self.eyes[i].hit(origin, direction).map(|t| (t, i))).find(|(t, _)| *t < limit);
        if let Some((t, i)) = eye {
            return self.eye(origin, direction, t, i, &mut rng);
        }
        let Some(hit) = hit else {
            let nothing = Vec3::ZERO;
            return Pixel { kind: Kind::Backdrop, depth: 60.0, light: nothing, albedo: nothing, gloss: nothing };
        };
        let p = origin + direction * hit.t;
        let face = hit.face as usize;
        let cloth = face >= self.skin.faces.len();
        let mesh = if cloth { &self.cloth } else { &self.skin };
        let corners = mesh.faces[if cloth { face - self.skin.faces.len() } else { face }].map(|i| i as usize);
        let weights = [1.0 - hit.u - hit.v, hit.u, hit.v];
        let vertex = Vertex::weighted((0..3).map(|k| (weights[k], mesh.vertices[corners[k]])));
        let normal = (0..3).fold(Vec3::ZERO, |n, k| n + mesh.normals[corners[k]] * weights[k]).normalize_or_zero();
        let normal = if normal.dot(direction) > 0.0 {
            normal.reject_from_normalized(direction).normalize_or_zero()
        } else {
            normal
        };
        let depth = self.camera.depth(p);
        if cloth {
            self.fabric(p, depth, &vertex, normal, direction, &mut rng)
        } else {
            self.flesh(p, depth, &vertex, normal, direction, &mut rng)
        }
    }

    /// Sums the diffuse light at `p` and calls back for each beam that arrives.
    fn gather(
        &self,
        p: Vec3,
        normal: Vec3,
        own: Vec3,
        rng: &mut Random,
        mut arrived: impl FnMut(usize, &Beam, Vec3),
    ) -> Vec3 {
        let veil = self.veil.at(p + normal * 0.03);
        let start = p + normal * 0.004;
        let mut sum = Vec3::ZERO;
        for (i, softbox) in self.studio.boxes.iter().enumerate() {
            let count = [2 * self.effort, 1, self.effort][i];
            for k in 0..count {
                let beam = softbox.beam(p, k, count, rng);
                let cosine = normal.dot(beam.direction);
                if cosine <= 0.0 || self.solid.occluded(start, beam.direction, beam.distance) {
                    continue;
                }
                let strength = beam.strength * veil[i];
                sum += strength * cosine;
                arrived(i, &beam, strength);
            }
        }
        let (tangent, bitangent) = normal.any_orthonormal_pair();
        let count = 1 + self.effort;
        let turn = rng.random::<f32>();
        for k in 0..count {
            let r = ((k as f32 + rng.random::<f32>()) / count as f32).sqrt();
            let (s, c) = ((turn + k as f32 * 0.618) * std::f32::consts::TAU).sin_cos();
            let out = tangent * (r * c) + bitangent * (r * s) + normal * (1.0 - r * r).max(0.0).sqrt();
            let arriving = match self.solid.hit(start, out, 5.0) {
                None => self.studio.room(out) * veil[3],
                // Nearby skin or cloth reflects light that is tinted by its own colour.
                Some(hit) => own * self.studio.room(normal) * (0.55 * smoothstep(0.0, 0.25, hit.t)),
            };
            sum += arriving * (1.0 / count as f32);
        }
        sum
    }

    fn flesh(&self, p: Vec3, depth: f32, vertex: &Vertex, normal: Vec3, direction: Vec3, rng: &mut Random) -> Pixel {
        let surface = self.person.skin.surface(vertex);
        // At grazing angles, relief finer than a pixel would alias.
        let facing = smoothstep(0.12, 0.6, -normal.dot(direction));
        let fine = self.person.skin.relief(vertex, normal, f32::lerp(0.15, 1.0, facing));
        let soft = normal.lerp(fine, 0.55).normalize_or_zero();
        let view = -direction;
        let mut shine = Vec3::ZERO;
        let light = self.gather(p, soft, surface.albedo, rng, |index, beam, strength| {
            // The relief would alias under the wide boxes at grazing angles, so those add only a
            // broad sheen.
            let (fine, toward, rough) = match index {
                0 => (fine, beam.direction, surface.roughness),
                _ => (normal, self.studio.boxes[index].toward(p), surface.roughness + 0.2),
            };
            let sharp = gloss(fine, view, toward, rough * 0.75, 0.028);
            let broad = gloss(fine, view, toward, rough * 1.25, 0.028);
            shine += strength * ((0.45 * sharp + 0.55 * broad) * surface.specular);
        });
        let rim = 0.028 + 0.5 * (1.0 - fine.dot(view).max(0.0)).powi(5);
        let mirrored = direction - fine * (2.0 * direction.dot(fine));
        let shaded = light.y / (self.studio.room(normal).y + 0.4);
        shine += self.studio.room(mirrored) * (rim * surface.specular * shaded.min(1.0) * 0.8);
        // Lips and nostrils are never black, because light reaches them through the flesh.
        let inner = vertex.lips.max(vertex.mouth);
        let light = light.max(vec3(0.22, 0.14, 0.12) * inner);
        Pixel { kind: Kind::Skin, depth, light, albedo: surface.albedo * self.shaded_scalp(vertex), gloss: shine }
    }

    /// Hair roots darken the scalp.
    fn shaded_scalp(&self, vertex: &Vertex) -> f32 {
        1.0 - self.person.style.cover() * hair::scalp(vertex.reference - EYES, vertex.ears, self.person.style)
    }

    fn fabric(&self, p: Vec3, depth: f32, vertex: &Vertex, normal: Vec3, direction: Vec3, rng: &mut Random) -> Pixel {
        let place = vertex.reference;
        let knit = self.person.knit;
        // Rows of stitches, or the fine grain of a jersey. The neckband is ribbed.
        let band = vertex.mouth > 0.5;
        let angle = place.x.atan2(place.z + 0.2);
        let relief = if band {
            (angle * 190.0).sin() * 0.5
        } else {
            let row = (place.y * 150.0 + 1.5 * (place.x * 210.0).sin().abs()).sin();
            row * 0.5 * knit + noise(place * 160.0) * 0.3
        };
        let wear = fbm(place * 5.0, 3) * 0.05;
        let albedo = self.person.cloth * (1.0 + wear + relief * f32::lerp(0.06, 0.22, knit));
        let bumped = (normal
            + vec3(noise(place * 90.0), noise(place * 90.0 + Vec3::splat(4.0)), 0.0) * (0.10 + 0.12 * knit))
            .normalize_or_zero();
        let light = self.gather(p, bumped, albedo, rng, |_, _, _| {});
        let fuzz = (1.0 - normal.dot(-direction).max(0.0)).powi(3) * 0.25;
        Pixel { kind: Kind::Cloth, depth, light, albedo, gloss: albedo * light * fuzz }
    }

    fn eye(&self, origin: Vec3, direction: Vec3, t: f32, index: usize, rng: &mut Random) -> Pixel {
        let at = origin + direction * t;
        let eye = &self.eyes[index];
        let seen = eye.look(at, direction, &self.person.iris, index as f32 * 3.7 + 1.0);
        let light = self.gather(at, seen.normal, Vec3::splat(0.25), rng, |_, _, _| {});
        let mirrored = (direction - seen.mirror * (2.0 * direction.dot(seen.mirror))).normalize_or_zero();
        let mut shine = Vec3::ZERO;
        if !self.solid.occluded(at + seen.mirror * 0.004, mirrored, 6.0) {
            // The boxes are far brighter than the display range, so a fraction is enough for a
            // catchlight.
            for (softbox, share) in self.studio.boxes.iter().zip([0.085, 0.03, 0.0]) {
                shine += softbox.seen(at, mirrored, 0.25) * (share * f32::lerp(0.35, 1.0, seen.iris));
            }
            shine += self.studio.room(mirrored) * 0.05;
        }
        // The cornea focuses light on the iris.
        let gain = f32::lerp(1.0, 1.25, seen.iris);
        Pixel { kind: Kind::Eye, depth: self.camera.depth(at), light: light * gain, albedo: seen.albedo, gloss: shine }
    }
}
