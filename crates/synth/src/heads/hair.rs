//! Hair and beards: caps over the scalp, fringes, long hair, knots.

use super::curve::{noise, smoothstep};
use super::identity::Identity;
use super::shell::{Coat, Hull, smooth};
use super::skin::hairline;
use super::surface::Site;
use super::textures::{CURLS, STRANDS, WAVES};
use crate::raster::{Mesh, Vertex};
use glam::{Vec2, Vec3};
use rand::Rng;

/// The hair of a person. Lengths are in metres.
#[derive(Clone, Debug)]
pub(super) struct Hair {
    kind: Kind,
    coat: Coat,
    /// The thickness on the crown and at the sides.
    top: f32,
    sides: f32,
    /// How far the hairline of the forehead is moved up, in decimetres of the base mesh.
    recede: f32,
    /// The height and width of noise.
    noise: [f32; 2],
    fringe: Option<Fringe>,
    /// The open azimuths of long hair, and the height at which it ends.
    open: [f32; 2],
    end: f32,
    seed: f32,
}

/// Hair over the forehead, between two azimuths, down to two heights.
#[derive(Clone, Debug)]
struct Fringe {
    from: f32,
    to: f32,
    heights: [f32; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Shaved,
    Short,
    Curly,
    Long,
    Tied,
}

impl Hair {
    pub(super) fn sample(rng: &mut impl Rng, identity: &Identity, colour: Vec3) -> Self {
        let male = rng.random_bool(f64::from(identity.male).clamp(0.05, 0.95));
        let kind = match (male, rng.random_range(0..20)) {
            _ if identity.age < 2.5 => [Kind::Shaved, Kind::Short][rng.random_range(0..2)],
            (true, 0..4) | (false, 0) => Kind::Shaved,
            (true, 4..13) | (false, 1..5) => Kind::Short,
            (true, 13..17) | (false, 5..8) => Kind::Curly,
            (true, 17) | (false, 8..12) => Kind::Tied,
            _ => Kind::Long,
        };
        let curly = kind == Kind::Curly || (kind == Kind::Long && rng.random_bool(0.25));
        let (texture, repeats) = match (curly, rng.random_bool(0.5)) {
            (true, _) => (&CURLS, Vec2::new(4.0, 3.0)),
            (_, true) => (&STRANDS, Vec2::new(5.0, 1.0)),
            _ => (&WAVES, Vec2::new(4.0, 1.5)),
        };
        let coat = Coat {
            colour,
            texture: Some((*texture).clone()),
            repeats,
            gloss: if curly { 0.02 } else { rng.random_range(0.02..0.12) },
            mottle: [rng.random_range(0.1..0.4), rng.random_range(0.008..0.03)],
            seed: rng.random_range(0.0..50.0),
        };
        let (top, noise) = match kind {
            Kind::Curly => {
                (rng.random_range(0.012..0.055), [rng.random_range(0.003..0.012), rng.random_range(0.006..0.02)])
            }
            Kind::Tied => (rng.random_range(0.003..0.01), [0.001, 0.01]),
            Kind::Long => {
                (rng.random_range(0.006..0.025), [rng.random_range(0.001..0.006), rng.random_range(0.01..0.03)])
            }
            _ => (rng.random_range(0.004..0.028), [rng.random_range(0.001..0.005), rng.random_range(0.006..0.03)]),
        };
        let fringe = (kind != Kind::Shaved && kind != Kind::Tied && rng.random_bool(0.4)).then(|| {
            let height = rng.random_range(0.2..0.5_f32);
            let slope = rng.random_range(-0.2..0.2_f32);
            Fringe {
                from: rng.random_range(-52.0..-10.0),
                to: rng.random_range(10.0..52.0),
                heights: [(height + slope).max(0.2), (height - slope).max(0.2)],
            }
        });
        let open = 48.0 + 14.0 * rng.random::<f32>();
        Self {
            kind,
            coat,
            top,
            sides: top
                * if male && kind == Kind::Short { rng.random_range(0.2..0.7) } else { rng.random_range(0.7..1.1) },
            recede: if male { rng.random_range(-0.08..0.3_f32) } else { rng.random_range(-0.1..0.12) },
            noise,
            fringe,
            open: [open + rng.random_range(-6.0..6.0), open + rng.random_range(-6.0..6.0)],
            end: if rng.random_bool(0.4) { rng.random_range(-0.13..-0.06) } else { rng.random_range(-0.3..-0.14) },
            seed: rng.random_range(0.0..50.0),
        }
    }

    /// Whether short hair is painted on the scalp.
    pub(super) fn is_shaved(&self) -> bool {
        self.kind == Kind::Shaved
    }

    /// Combs a lock over one eye.
    pub(super) fn cover_an_eye(&mut self, rng: &mut impl Rng) {
        if self.kind == Kind::Shaved || self.kind == Kind::Tied {
            self.kind = Kind::Short;
            self.top = self.top.max(0.01);
        }
        let low = rng.random_range(-0.55..-0.12);
        let inner = rng.random_range(-6.0..9.0);
        self.fringe = Some(if rng.random_bool(0.5) {
            Fringe { from: -58.0, to: inner, heights: [low, 0.25] }
        } else {
            Fringe { from: -inner, to: 58.0, heights: [0.25, low] }
        });
    }

    /// The meshes of the hair; under a hat only what hangs below it.
    pub(super) fn meshes(&self, hull: &Hull, under_hat: bool) -> Vec<Mesh> {
        let mut meshes = Vec::new();
        if self.kind == Kind::Shaved {
            return meshes;
        }
        let flat = if under_hat { 0.25 } else { 1.0 };
        meshes.push(hull.shell(&self.coat, |site, point| flat * self.thickness(site, point)));
        if let Some(fringe) = self.fringe.as_ref().filter(|_| !under_hat) {
            meshes.push(hull.shell(&self.coat, |site, point| self.fringe(fringe, site, point)));
        }
        if self.kind == Kind::Long {
            let thick = self.sides.max(0.012);
            let [height, width] = self.noise;
            meshes.push(hull.curtain(&self.coat, self.open, 0.015, self.end, |azimuth, s| {
                let edge = (azimuth - 180.0).abs() / (180.0 - self.open[0]);
                let full = thick + 0.02 * s - 0.012 * smoothstep(0.85, 1.0, edge);
                full + height * noise(Vec3::new(azimuth * 0.0016 / width, self.seed, s * 0.1 / width))
            }));
        }
        if self.kind == Kind::Tied && !under_hat {
            meshes.push(self.knot(hull));
        }
        meshes
    }

    fn thickness(&self, site: &Site, point: Vec3) -> f32 {
        let inside = site.point.y - hairline(site.azimuth, self.recede);
        let ragged = 0.05 * noise(point / 0.007 + Vec3::splat(self.seed));
        let inside = inside + ragged;
        if inside < -0.02 {
            return -1.0;
        }
        let high = smoothstep(0.1, 0.9, site.point.y);
        let thick = self.sides + (self.top - self.sides) * high;
        let [height, width] = self.noise;
        let bumps = height * noise(point / width + Vec3::splat(self.seed));
        -0.004 + (thick + bumps + 0.004).max(0.005) * smoothstep(-0.02, 0.16, inside)
    }

    fn fringe(&self, fringe: &Fringe, site: &Site, point: Vec3) -> f32 {
        let t = (site.azimuth - fringe.from) / (fringe.to - fringe.from);
        let ragged = noise(Vec3::new(site.azimuth * 0.35, self.seed, 0.0));
        let end = fringe.heights[0] + t * (fringe.heights[1] - fringe.heights[0]) + 0.05 * ragged;
        let inside = (site.point.y - end).min(0.012 * (site.azimuth - fringe.from).min(fringe.to - site.azimuth));
        let below_crown = smoothstep(1.25, 1.05, site.point.y);
        if inside < -0.03 || below_crown == 0.0 || site.azimuth.abs() > 75.0 {
            return -1.0;
        }
        let [height, width] = self.noise;
        let bumps = height * noise(point / width + Vec3::splat(self.seed));
        -0.004 + below_crown * (0.6 * self.top + 0.01 + 0.5 * bumps).max(0.006) * smoothstep(-0.03, 0.08, inside)
    }

    /// A knot of hair on the crown or at the back.
    fn knot(&self, hull: &Hull) -> Mesh {
        let turn = self.seed.fract();
        let (sin, cos) = (2.0 * turn - 0.2).sin_cos();
        let direction = Vec3::new(0.0, cos, -sin);
        let far = hull.points.iter().map(|p| (*p - hull.middle).dot(direction)).fold(0.0, f32::max);
        let radius = 0.022 + 0.022 * (7.0 * turn).fract();
        sphere(&self.coat, hull.middle + (far + 0.5 * radius) * direction, Vec3::splat(radius))
    }
}

/// An ellipsoid.
pub(super) fn sphere(coat: &Coat, centre: Vec3, radii: Vec3) -> Mesh {
    const ACROSS: usize = 20;
    const DOWN: usize = 12;
    let mut mesh = Mesh::default();
    for i in 0..=ACROSS {
        let (z, x) = (std::f32::consts::TAU * i as f32 / ACROSS as f32).sin_cos();
        for j in 0..=DOWN {
            let (out, y) = (std::f32::consts::PI * j as f32 / DOWN as f32).sin_cos();
            let position = centre + radii * Vec3::new(out * x, y, out * z);
            let uv = Vec2::new(i as f32 / ACROSS as f32, j as f32 / DOWN as f32);
            mesh.vertices.push(Vertex { position, normal: Vec3::ZERO, uv, colour: coat.colour });
            if i > 0 && j > 0 {
                let d = (i * (DOWN + 1) + j) as u32;
                let [a, b, c] = [d - DOWN as u32 - 2, d - DOWN as u32 - 1, d - 1];
                mesh.triangles.extend([[a, b, d], [a, d, c]]);
            }
        }
    }
    mesh.material.texture.clone_from(&coat.texture);
    mesh.material.gloss = coat.gloss;
    smooth(mesh)
}
