//! Hats, caps, hoods, headscarves and turbans.

use super::curve::{line, noise, smoothstep};
use super::shell::{Coat, Hull};
use super::surface::Site;
use super::textures::{DOTS, STRIPES, WEAVE};
use crate::raster::Mesh;
use glam::{Vec2, Vec3};
use rand::Rng;

/// Cloth of a random colour and pattern.
pub(super) fn cloth(rng: &mut impl Rng) -> Coat {
    let colour = match rng.random_range(0..6) {
        0 => Vec3::splat(rng.random_range(0.005..0.05)),
        1 => Vec3::splat(rng.random_range(0.5..0.85)),
        2 => Vec3::splat(rng.random_range(0.05..0.5)),
        _ => Vec3::from_array(rng.random::<[f32; 3]>().map(|x| 0.02 + 0.75 * x * x)),
    };
    let texture = match rng.random_range(0..8) {
        0 => Some(STRIPES.clone()),
        1 => Some(DOTS.clone()),
        2..5 => Some(WEAVE.clone()),
        _ => None,
    };
    let repeats = Vec2::new(rng.random_range(1.0..4.0), rng.random_range(1.0..4.0));
    let mottle = [rng.random_range(0.02..0.15), rng.random_range(0.01..0.06)];
    Coat { colour, texture, repeats, gloss: rng.random_range(0.0..0.06), mottle, seed: rng.random_range(0.0..50.0) }
}

/// What a person wears on the head. Heights are in decimetres of the base mesh above the eyes.
#[derive(Clone, Debug)]
pub(super) struct Headwear {
    kind: Kind,
    coat: Coat,
    /// The height of its edge on the forehead.
    front: f32,
    /// Its thickness in metres.
    thick: f32,
    /// The width of a brim in metres.
    brim: f32,
    /// The opening of a hood: half its width in degrees, and its lower end.
    open: [f32; 2],
    seed: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Beanie,
    Cap,
    Brimmed,
    Turban,
    /// A headscarf or hood, which also covers the neck.
    Hood,
}

impl Headwear {
    pub(super) fn sample(rng: &mut impl Rng) -> Self {
        let kinds = [Kind::Beanie, Kind::Cap, Kind::Brimmed, Kind::Turban, Kind::Hood, Kind::Hood];
        let kind = kinds[rng.random_range(0..kinds.len())];
        let thick = match kind {
            Kind::Turban => rng.random_range(0.015..0.04),
            Kind::Hood => rng.random_range(0.008..0.03),
            _ => rng.random_range(0.008..0.02),
        };
        Self {
            kind,
            coat: cloth(rng),
            front: rng.random_range(0.34..0.72),
            thick,
            brim: if kind == Kind::Cap { rng.random_range(0.05..0.08) } else { rng.random_range(0.03..0.1) },
            open: [rng.random_range(36.0..58.0), rng.random_range(-1.25..-0.95)],
            seed: rng.random_range(0.0..50.0),
        }
    }

    /// The meshes, on a smooth hull.
    pub(super) fn meshes(&self, hull: &Hull) -> Vec<Mesh> {
        let mut meshes = vec![hull.shell(&self.coat, |site, point| self.thickness(site, point))];
        match self.kind {
            Kind::Cap => {
                let line = |_: f32| 0.1 * self.front;
                let front = |azimuth: f32| self.brim * (1.0 - (azimuth / 62.0).powi(2)).max(-0.01);
                meshes.push(hull.brim(&self.coat, line, front, 0.012));
            }
            Kind::Brimmed => {
                let line = |_: f32| 0.1 * self.front;
                meshes.push(hull.brim(&self.coat, line, |_| self.brim, 0.02 * self.seed.fract()));
            }
            Kind::Hood => {
                let thick = self.thick;
                let folds = |azimuth: f32, s: f32| {
                    let fold = 0.007 * noise(Vec3::new(0.06 * azimuth, self.seed, 2.0 * s));
                    thick + 0.05 * s * s + fold
                };
                // The front of the neck is below the chin, the rest begins beside the face.
                let end = -0.26;
                meshes.push(hull.curtain(&self.coat, [self.open[0] - 2.0; 2], -0.035, end, folds));
                meshes.push(hull.curtain(&self.coat, [0.0; 2], 0.1 * self.open[1] + 0.012, end, |azimuth, s| {
                    0.004 + folds(azimuth, s)
                }));
            }
            Kind::Beanie | Kind::Turban => {}
        }
        meshes
    }

    fn thickness(&self, site: &Site, point: Vec3) -> f32 {
        let turn = site.azimuth.abs();
        let inside = match self.kind {
            Kind::Hood => {
                let [wide, low] = self.open;
                let middle = 0.5 * (self.front + low);
                let (x, y) = (turn / wide, (site.point.y - middle) / (self.front - middle));
                // An oval around the face.
                0.5 * ((x.abs().powf(2.5) + y.abs().powf(2.5)).powf(0.4) - 1.0)
            }
            Kind::Beanie | Kind::Turban => {
                let back = line(&[(0.0, 0.0), (50.0, -0.05), (90.0, -0.25), (180.0, -0.75)], turn);
                site.point.y - self.front - back
            }
            Kind::Cap | Kind::Brimmed => site.point.y - self.front - line(&[(60.0, 0.0), (180.0, -0.35)], turn),
        };
        if inside < -0.01 {
            return -1.0;
        }
        let folds = match self.kind {
            Kind::Turban => 0.006 * (noise(Vec3::new(0.02 * site.azimuth, 9.0 * site.point.y, self.seed)) + 0.3),
            Kind::Hood => 0.004 * noise(point / 0.03 + Vec3::splat(self.seed)),
            _ => 0.002 * noise(point / 0.02 + Vec3::splat(self.seed)),
        };
        let crown = match self.kind {
            Kind::Brimmed => 0.03 * smoothstep(0.7, 1.1, site.point.y),
            _ => 0.0,
        };
        -0.002 + (self.thick + folds + crown).max(0.003) * smoothstep(-0.01, 0.05, inside)
    }
}
