//! Rasterisation of hair: transmission of light, highlights, and thin lines with coverage.

use glam::{FloatExt, Vec3, vec3};
use rand::SeedableRng;
use rayon::prelude::*;

use super::bvh::Bvh;
use super::hair::Strand;
use super::light::Studio;
use super::math::{Random, scatter, smoothstep};
use super::render::Camera;

/// The transmittance of the hair volume on a grid, for each light and for the ambient light.
pub(crate) struct Veil {
    low: Vec3,
    step: f32,
    size: [usize; 3],
    /// The transmittance for key, fill, rim and ambient light.
    light: Vec<[f32; 4]>,
}

impl Veil {
    /// `cells` is the number of cells along the longest side.
    pub(crate) fn new(strands: &[Strand], studio: &Studio, cells: usize) -> Self {
        let (mut low, mut high) = (Vec3::splat(f32::INFINITY), Vec3::splat(f32::NEG_INFINITY));
        for p in strands.iter().filter(|s| s.mass).flat_map(|s| &s.points) {
            (low, high) = (low.min(*p), high.max(*p));
        }
        if low.x > high.x {
            return Self { low: Vec3::ZERO, step: 1.0, size: [0; 3], light: Vec::new() };
        }
        let extent = high - low;
        let step = extent.x.max(extent.y).max(extent.z) / cells as f32;
        let low = low - Vec3::splat(step * 3.0);
        let size = extent.to_array().map(|e| (e / step) as usize + 7);
        let cell = |p: Vec3| {
            let at = ((p - low) * (1.0 / step)).to_array();
            let inside = (0..3).all(|a| at[a] >= 0.0 && at[a] < size[a] as f32);
            inside.then(|| (at[2] as usize * size[1] + at[1] as usize) * size[0] + at[0] as usize)
        };
        let mut density = vec![0f32; size[0] * size[1] * size[2]];
        for strand in strands.iter().filter(|s| s.mass) {
            for pair in strand.points.windows(2) {
                if let Some(i) = cell((pair[0] + pair[1]) * 0.5) {
                    density[i] += (pair[1] - pair[0]).length() * 2.0 * strand.radius / step.powi(3);
                }
            }
        }
        let middle = low + extent * 0.5;
        let mut directions: Vec<Vec3> = studio.boxes.iter().map(|b| b.toward(middle)).collect();
        let around = [
            (0.0, 1.0, 0.2),
            (0.0, 0.1, 1.0),
            (0.9, 0.2, 0.4),
            (-0.9, 0.2, 0.4),
            (0.5, 0.8, -0.4),
            (-0.5, 0.8, -0.4),
            (0.0, -0.7, 0.7),
        ];
        directions.extend(around.map(|(x, y, z)| vec3(x, y, z).normalize_or_zero()));
        let light = (0..density.len())
            .into_par_iter()
            .map(|i| {
                let at = vec3((i % size[0]) as f32, (i / size[0] % size[1]) as f32, (i / size[0] / size[1]) as f32);
                let p = low + (at + Vec3::splat(0.5)) * step;
                let through = |direction: &Vec3| {
                    let depth: f32 = (0..cells)
                        .map(|k| cell(p + *direction * (step * (k as f32 + 0.7))))
                        .take_while(Option::is_some)
                        .flatten()
                        .map(|i| density[i] * step)
                        .sum();
                    (-0.9 * depth).exp()
                };
                let shares: Vec<f32> = directions.iter().map(through).collect();
                [shares[0], shares[1], shares[2], shares[3..].iter().sum::<f32>() / (shares.len() - 3) as f32]
            })
            .collect();
        Self { low, step, size, light }
    }

    /// The fractions of key, fill, rim and ambient light that reach `p`.
    pub(crate) fn at(&self, p: Vec3) -> [f32; 4] {
        let at = ((p - self.low) * (1.0 / self.step) - Vec3::splat(0.5)).to_array();
        if self.light.is_empty() || (0..3).any(|a| at[a] < 0.0 || at[a] >= self.size[a] as f32 - 1.0) {
            return [1.0; 4];
        }
        let cell = at.map(|v| v as usize);
        let mut sum = [0.0; 4];
        for corner in 0..8 {
            let bit = |axis: usize| (corner >> axis) & 1;
            let weight: f32 = (0..3).map(|a| if bit(a) == 1 { at[a].fract() } else { 1.0 - at[a].fract() }).product();
            let index = ((cell[2] + bit(2)) * self.size[1] + cell[1] + bit(1)) * self.size[0] + cell[0] + bit(0);
            for (s, v) in sum.iter_mut().zip(self.light[index]) {
                *s += weight * v;
            }
        }
        sum
    }
}

/// A projected segment of a hair.
struct Piece {
    a: (f32, f32, f32),
    b: (f32, f32, f32),
    /// Half the drawn width in pixels, and the coverage. Thin hairs are drawn wider with less
    /// coverage.
    half: f32,
    cover: f32,
    colours: [Vec3; 2],
}

/// The parts of the scene that hair shading needs.
pub(crate) struct Surroundings<'a> {
    pub studio: &'a Studio,
    pub veil: &'a Veil,
    pub solid: &'a Bvh,
    pub camera: &'a Camera,
}

/// Kajiya–Kay shading with the two shifted highlights of Marschner et al.
fn shade(strand: &Strand, s: f32, p: Vec3, tangent: Vec3, reach: [f32; 4], around: &Surroundings) -> Vec3 {
    let view = (around.camera.eye - p).normalize_or_zero();
    let spread = |light: Vec3, shift: f32, power: f32| {
        let half = (light + view).normalize_or_zero();
        let along = tangent.dot(half) + shift;
        (1.0 - along * along).max(0.0).sqrt().powf(power)
    };
    // Light hair scatters light onwards, so that its interior is brighter.
    let bright = strand.tone.x.max(strand.tone.y).sqrt();
    let mut colour = Vec3::ZERO;
    for (i, softbox) in around.studio.boxes.iter().enumerate() {
        let light = softbox.toward(p);
        let through = reach[i].powf(f32::lerp(1.0, 0.55, bright));
        let strength = softbox.total(p) * through;
        let along = tangent.dot(light);
        let diffuse = (1.0 - along * along).max(0.0).sqrt();
        let first = spread(light, 0.10, 90.0) * 0.10;
        let second = spread(light, -0.14, 22.0) * 0.55;
        let glint = Vec3::splat(first) + strand.tone.map(f32::sqrt) * second * 0.35;
        colour += strength * (strand.tone * diffuse * 0.9 + glint * strand.shine);
    }
    let room = around.studio.room(
        tangent.cross(view).cross(tangent).normalize_or_zero().lerp(vec3(0.0, 1.0, 0.0), 0.4).normalize_or_zero(),
    );
    colour += room * strand.tone * (reach[3].powf(f32::lerp(1.0, 0.6, bright)) * 0.9);
    colour += room * Vec3::splat(0.012 * strand.shine * reach[3]);
    colour * f32::lerp(0.9, 1.05, s)
}

fn pieces(strand: &Strand, seed: usize, around: &Surroundings) -> Vec<Piece> {
    let count = strand.points.len();
    let mut rng = Random::seed_from_u64(seed as u64);
    let mut veiled = None;
    let points = strand.points.iter().enumerate().map(|(k, &p)| {
        let s = k as f32 / (count - 1) as f32;
        let tangent = (strand.points[(k + 1).min(count - 1)] - strand.points[k.saturating_sub(1)]).normalize_or_zero();
        let mut reach = around.veil.at(p);
        // The shadow of the head changes slowly along a hair, so every sixth point is enough.
        if k % 6 == 0 || veiled.is_none() {
            let mut clear = [1f32; 3];
            for (clear, softbox) in clear.iter_mut().zip(&around.studio.boxes) {
                let to = softbox.toward(p) + scatter(&mut rng) * 0.15;
                if around.solid.occluded(p + to.normalize_or_zero() * 0.03, to.normalize_or_zero(), 6.0) {
                    *clear = 0.0;
                }
            }
            veiled = Some(clear);
        }
        for (reach, clear) in reach.iter_mut().zip(veiled.unwrap_or([1.0; 3])) {
            *reach *= clear;
        }
        (around.camera.project(p), shade(strand, s, p, tangent, reach, around), s)
    });
    let points: Vec<((f32, f32, f32), Vec3, f32)> = points.collect();
    let piece = |w: &[((f32, f32, f32), Vec3, f32)]| {
        let (a, b) = (&w[0], &w[1]);
        let taper = f32::lerp(1.0, 0.35, smoothstep(0.4, 1.0, b.2));
        let width = 2.0 * strand.radius * taper * around.camera.scale_at(a.0.2);
        let cover = width.min(1.0) * smoothstep(1.02, 0.9, a.2).max(0.2);
        Piece { a: a.0, b: b.0, half: (width * 0.5).max(0.5), cover, colours: [a.1, b.1] }
    };
    points.windows(2).map(piece).collect()
}

/// Draws hairs over `image`, back to front. Hairs behind `depth` are hidden.
pub(crate) fn draw(strands: &[Strand], around: &Surroundings, image: &mut [Vec3], depth: &[f32], width: usize) {
    const BAND: usize = 48;
    let height = image.len() / width;
    let mut all: Vec<Piece> =
        strands.par_iter().enumerate().flat_map_iter(|(seed, strand)| pieces(strand, seed, around)).collect();
    all.par_sort_by(|p, q| (q.a.2 + q.b.2).total_cmp(&(p.a.2 + p.b.2)));
    let mut bands = vec![Vec::new(); height.div_ceil(BAND)];
    for (i, piece) in all.iter().enumerate() {
        let top = piece.a.1.min(piece.b.1) - piece.half - 1.0;
        let bottom = piece.a.1.max(piece.b.1) + piece.half + 1.0;
        if bottom < 0.0 || top >= height as f32 {
            continue;
        }
        for band in &mut bands[top.max(0.0) as usize / BAND..=(bottom as usize).min(height - 1) / BAND] {
            band.push(i as u32);
        }
    }
    image.par_chunks_mut(BAND * width).zip(depth.par_chunks(BAND * width)).zip(bands).enumerate().for_each(
        |(band, ((image, depth), list))| {
            let rows = image.len() / width;
            for i in list {
                line(&all[i as usize], image, depth, width, (band * BAND) as f32, rows);
            }
        },
    );
}

fn line(piece: &Piece, image: &mut [Vec3], depth: &[f32], width: usize, top: f32, rows: usize) {
    let (ax, ay, bx, by) = (piece.a.0, piece.a.1 - top, piece.b.0, piece.b.1 - top);
    let (dx, dy) = (bx - ax, by - ay);
    let squared = (dx * dx + dy * dy).max(1e-6);
    let margin = piece.half + 0.5;
    let y0 = (ay.min(by) - margin).floor().max(0.0) as usize;
    let y1 = ((ay.max(by) + margin).ceil().max(0.0) as usize).min(rows);
    for y in y0..y1 {
        // The pixels of the row that the line can touch.
        let cy = y as f32 + 0.5;
        let (mut x0, mut x1) = (ax.min(bx) - margin, ax.max(bx) + margin);
        if dy.abs() > 0.5 {
            let at = ax + (cy - ay) * dx / dy;
            let reach = margin * squared.sqrt() / dy.abs();
            (x0, x1) = (x0.max(at - reach), x1.min(at + reach));
        }
        if x1 < 0.0 || x0 >= width as f32 {
            continue;
        }
        for x in x0.max(0.0) as usize..(x1.ceil().max(0.0) as usize).min(width) {
            let (px, py) = (x as f32 + 0.5 - ax, cy - ay);
            let t = (px * dx + py * dy) / squared;
            if !(0.0..1.0).contains(&t) {
                continue;
            }
            let gap = (px * dy - py * dx).abs() / squared.sqrt();
            let cover = (margin - gap).clamp(0.0, 1.0) * piece.cover;
            let index = y * width + x;
            if cover > 0.0 && f32::lerp(piece.a.2, piece.b.2, t) < depth[index] + 0.012 {
                image[index] = image[index].lerp(piece.colours[0].lerp(piece.colours[1], t), cover);
            }
        }
    }
}
