//! The skin of the face: its colour, lips, brows, lashes, stubble and marks.

use super::curve::{bell, line, noise, smoothstep};
use super::identity::Identity;
use super::surface::{Surface, TEXELS, azimuth};
use crate::raster::Texture;
use glam::Vec3;
use rand::Rng;
use rand_distr::StandardNormal;

/// The skin of a person. Colours are linear.
#[derive(Clone, Debug)]
pub(super) struct Skin {
    pub tone: Vec3,
    lips: Vec3,
    hair: Vec3,
    blush: f32,
    mottle: f32,
    freckles: f32,
    /// The darkness below the eyes.
    rings: f32,
    brow: Brow,
    lashes: f32,
    /// The opacity of a beard on the skin, and whether it is a full beard, a moustache or a goatee.
    beard: [f32; 3],
    /// The opacity of short hair on the scalp, and the shift of the hairline upwards.
    scalp: f32,
    recede: f32,
    lines: f32,
    seed: f32,
}

#[derive(Clone, Debug)]
struct Brow {
    height: f32,
    arch: f32,
    thick: f32,
    opacity: f32,
}

/// A linear colour from CIELAB with the white point D65.
fn from_lab([l, a, b]: [f32; 3]) -> Vec3 {
    let fy = (l + 16.0) / 116.0;
    let back = |f: f32| if f > 6.0 / 29.0 { f.powi(3) } else { 3.0 * (6.0_f32 / 29.0).powi(2) * (f - 4.0 / 29.0) };
    let [x, y, z] = [0.9505 * back(fy + a / 500.0), back(fy), 1.089 * back(fy - b / 200.0)];
    Vec3::new(
        3.2406 * x - 1.5372 * y - 0.4986 * z,
        -0.9689 * x + 1.8758 * y + 0.0415 * z,
        0.0557 * x - 0.204 * y + 1.057 * z,
    )
    .max(Vec3::splat(0.004))
}

/// A skin colour whose individual typology angle is uniform from very dark to very light.
fn tone(rng: &mut impl Rng) -> Vec3 {
    let angle = rng.random_range(-62.0..64.0_f32).to_radians();
    // L − 50 = b tan(angle); b is smaller at both ends of the range.
    let yellow = rng.random_range(11.0..21.0) * (0.65 + 0.35 * angle.cos());
    let light = (50.0 + yellow * angle.tan()).clamp(18.0, 80.0);
    let red = rng.random_range(8.0..16.0) * (0.75 + 0.25 * angle.cos());
    from_lab([light, red, yellow])
}

/// The colour of hair: black, brown, red, blond, grey, white, or rarely dyed.
pub(super) fn hair_colour(rng: &mut impl Rng, age: f32) -> Vec3 {
    let grey = smoothstep(35.0, 75.0, age + 12.0 * rng.sample::<f32, _>(StandardNormal));
    let natural = match rng.random_range(0..14) {
        0..5 => Vec3::new(0.012, 0.01, 0.009),
        5..9 => Vec3::new(0.06, 0.035, 0.02).lerp(Vec3::new(0.16, 0.09, 0.045), rng.random()),
        9 => Vec3::new(0.28, 0.08, 0.025),
        10 | 11 => Vec3::new(0.4, 0.26, 0.11).lerp(Vec3::new(0.6, 0.46, 0.28), rng.random()),
        12 => Vec3::splat(0.3),
        _ if rng.random_bool(0.5) => Vec3::from_array(rng.random::<[f32; 3]>()) * 0.6,
        _ => Vec3::new(0.025, 0.016, 0.012),
    };
    natural.lerp(Vec3::splat(rng.random_range(0.25..0.65)), grey)
}

impl Skin {
    pub(super) fn sample(rng: &mut impl Rng, identity: &Identity, hair: Vec3) -> Self {
        let tone = tone(rng);
        let painted = identity.male < 0.5 && identity.age > 14.0 && rng.random_bool(0.35);
        let rose = Vec3::new(0.5, 0.12, 0.12);
        let lips = if painted {
            let colours = [[0.4, 0.02, 0.04], [0.5, 0.1, 0.15], [0.2, 0.01, 0.05], [0.55, 0.2, 0.2]];
            Vec3::from_array(colours[rng.random_range(0..4)])
        } else {
            tone * Vec3::new(0.88, 0.66, 0.68) + rng.random_range(0.0..0.08) * rose
        };
        let adult = identity.male > 0.5 && identity.age > 18.0;
        let beard = match rng.random_range(0..10) {
            0..2 if adult => [rng.random_range(0.1..0.45), 1.0, 1.0],
            2..4 if adult => [rng.random_range(0.7..0.97), 1.0, 1.0],
            4 if adult => [rng.random_range(0.6..0.95), 0.0, 1.0],
            5 if adult => [rng.random_range(0.6..0.95), 0.0, 0.0],
            _ => [0.0; 3],
        };
        Self {
            tone,
            lips,
            hair: hair.lerp(Vec3::new(0.02, 0.014, 0.01), rng.random_range(0.2..0.8)),
            blush: rng.random_range(0.0..1.0),
            mottle: rng.random_range(0.02..0.12),
            freckles: if rng.random_bool(0.15) { rng.random_range(0.2..0.8) } else { 0.0 },
            rings: rng.random_range(0.0..0.35),
            brow: Brow {
                height: rng.random_range(0.19..0.26),
                arch: rng.random_range(0.02..0.1),
                thick: if adult { rng.random_range(0.03..0.06) } else { rng.random_range(0.016..0.045) },
                opacity: if identity.age < 3.0 { rng.random_range(0.1..0.5) } else { rng.random_range(0.35..0.95) },
            },
            lashes: rng.random_range(0.3..0.95),
            beard,
            scalp: rng.random_range(0.0..0.9),
            recede: if identity.male > 0.5 { rng.random_range(-0.05..0.25) } else { rng.random_range(-0.1..0.1) },
            lines: smoothstep(30.0, 75.0, identity.age) * rng.random_range(0.3..1.0),
            seed: rng.random_range(0.0..100.0),
        }
    }

    /// The colours of the face; see [`super::surface::texture_coordinates`].
    pub(super) fn texture(&self, surface: &Surface, scalp: bool) -> Texture {
        let colour = |texel: &super::surface::Texel| {
            if texel.point == Vec3::ZERO { self.tone } else { self.colour(texel, scalp) }
        };
        Texture::new(TEXELS, TEXELS, surface.texels.iter().map(colour).collect())
    }

    fn colour(&self, texel: &super::surface::Texel, scalp: bool) -> Vec3 {
        let p = texel.point;
        let x = p.x.abs();
        let front = smoothstep(0.5, 1.0, p.z);
        let seeds = Vec3::splat(self.seed);
        let coarse = noise(5.0 * p + seeds);
        let fine = noise(26.0 * p + seeds);
        let spot = |cx: f32, cy: f32, sigma: f32| bell((x - cx).powi(2) + (p.y - cy).powi(2), sigma);
        let red = self.blush
            * (front * (0.8 * spot(0.42, -0.36, 0.17) + 0.6 * spot(0.0, -0.36, 0.1))
                + 0.7 * texel.ears
                + 0.25 * coarse);
        let mut colour = self.tone * Vec3::new(1.0 + 0.03 * red, 1.0 - 0.22 * red, 1.0 - 0.24 * red);
        colour *= 1.0 + self.mottle * (coarse + 0.7 * fine);
        let below = front * bell(0.5 * (x - 0.29).powi(2) + (p.y + 0.14).powi(2), 0.06);
        colour *= 1.0 - below * self.rings * Vec3::new(0.7, 1.0, 0.8);
        if self.lines > 0.0 && front > 0.0 {
            // The folds beside the nose, lines on the forehead and beside the eyes.
            let fold = line(&[(-0.85, 0.42), (-0.6, 0.34), (-0.3, 0.17)], p.y);
            let beside = bell((x - fold).powi(2), 0.018) * smoothstep(-0.9, -0.7, p.y) * smoothstep(-0.25, -0.4, p.y);
            let wave = 9.0 * (p.y + 0.05 * noise(3.0 * p + seeds));
            let brow = bell((wave.rem_euclid(1.0) - 0.5).powi(2), 0.12)
                * smoothstep(0.3, 0.4, p.y)
                * smoothstep(0.75, 0.6, p.y)
                * smoothstep(0.5, 0.3, x);
            colour *= 1.0 - front * self.lines * (0.35 * beside + 0.12 * brow);
        }
        if self.freckles > 0.0 {
            let dots = smoothstep(0.45, 0.7, noise(34.0 * p + seeds)) * (0.3 + spot(0.3, -0.25, 0.3));
            colour *= 1.0 - front * self.freckles * dots * Vec3::new(0.3, 0.45, 0.5);
        }
        colour = colour.lerp(self.lips * (1.0 + 0.1 * fine), 0.9 * smoothstep(0.25, 0.75, texel.lips));
        let mut hair = front * self.brow_mask(x, p.y);
        if self.beard[0] > 0.0 {
            hair = hair.max(self.beard[0] * self.beard_mask(p) * (1.0 - smoothstep(0.2, 0.6, texel.lips)));
        }
        if scalp {
            let inside = smoothstep(-0.02, 0.1, p.y - hairline(azimuth(p), self.recede));
            hair = hair.max(0.9 * self.scalp * inside);
        }
        if hair > 0.0 {
            let hairs = 0.75 + 0.5 * noise(Vec3::new(60.0 * p.x, 25.0 * p.y, self.seed));
            colour = colour.lerp(self.hair, (hair * hairs).clamp(0.0, 1.0));
        }
        colour * (1.0 - self.lashes * lash_mask(p))
    }

    fn brow_mask(&self, x: f32, y: f32) -> f32 {
        let Brow { height, arch, thick, opacity } = &self.brow;
        let middle = line(&[(0.1, *height), (0.36, height + arch), (0.58, height - 0.01)], x);
        let half = thick * line(&[(0.06, 0.2), (0.13, 1.0), (0.4, 0.75), (0.6, 0.1)], x);
        opacity
            * smoothstep(half + 0.015, half - 0.012, (y - middle).abs())
            * smoothstep(0.06, 0.11, x)
            * smoothstep(0.62, 0.54, x)
    }

    /// Full beard, or moustache and chin.
    fn beard_mask(&self, p: Vec3) -> f32 {
        let x = p.x.abs();
        let [_, full, chin] = self.beard;
        let moustache = smoothstep(0.34, 0.24, x) * smoothstep(-0.44, -0.5, p.y) * smoothstep(-0.66, -0.58, p.y);
        let goatee = chin * smoothstep(0.26, 0.16, x) * smoothstep(-0.74, -0.8, p.y) * smoothstep(-1.3, -1.15, p.y);
        let top = line(&[(0.0, -0.47), (0.12, -0.47), (0.28, -0.57), (0.42, -0.52), (0.58, -0.3), (0.7, 0.02)], x);
        let all = smoothstep(top + 0.05, top - 0.08, p.y) * smoothstep(-1.3, -1.12, p.y) * smoothstep(0.25, 0.5, p.z);
        (full * all).max(moustache).max(goatee) * smoothstep(0.2, 0.5, p.z)
    }
}

/// The height of the hairline at an azimuth, in decimetres above the eyes of the base mesh.
pub(super) fn hairline(azimuth: f32, recede: f32) -> f32 {
    const LINE: [(f32, f32); 12] = [
        (0.0, 0.66),
        (18.0, 0.68),
        (30.0, 0.6),
        (40.0, 0.42),
        (48.0, 0.12),
        (56.0, -0.2),
        (63.0, -0.3),
        (66.0, 0.18),
        (92.0, 0.16),
        (102.0, -0.45),
        (130.0, -0.85),
        (180.0, -1.0),
    ];
    let turn = azimuth.abs();
    line(&LINE, turn) + recede * (smoothstep(60.0, 40.0, turn) + 0.8 * bell((turn - 25.0).powi(2), 10.0))
}

/// The edges of the lids, where the mesh touches the eyeballs.
fn lash_mask(p: Vec3) -> f32 {
    let centre = Vec3::new(0.3078, 0.0, 1.2454);
    let distance = (p.with_x(p.x.abs()) - centre).length();
    let near = smoothstep(0.178, 0.158, distance);
    near * if p.y > -0.01 { 1.0 } else { 0.35 }
}
