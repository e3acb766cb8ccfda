//! Clothes, cut from the mesh of the body.

use std::collections::HashMap;

use glam::{Vec3, vec3};

use super::math::{noise, smoothstep};
use super::mesh::{Triangles, Vertex};

/// The cut of the clothes.
pub(crate) struct Cut {
    /// The height of the neckline at the front and at the back of the neck, in reference
    /// coordinates.
    pub front: f32,
    pub back: f32,
    /// The additional depth of a V-neck in the middle of the front.
    pub plunge: f32,
    /// The distance of the cloth from the body, and the thickness of the neckband.
    pub ease: f32,
    pub band: f32,
}

impl Cut {
    /// Positive above the neckline.
    fn above(&self, p: Vec3) -> f32 {
        let slope = (self.front - self.back) / 1.25;
        let v = (1.0 - p.x.abs() / 0.62).max(0.0) * smoothstep(0.1, 0.5, p.z) * self.plunge;
        p.y - (self.back + slope * (p.z + 0.35) - v) - 3.0 * smoothstep(0.72, 1.15, p.x.abs())
    }
}

/// Makes clothes: the body below the neckline, smoothed so that the cloth hangs, moved outwards,
/// with a neckband.
pub(crate) fn clothes(body: &Triangles, cut: &Cut) -> Triangles {
    let above: Vec<f32> = body.vertices.iter().map(|v| cut.above(v.reference)).collect();
    let mut loose = body.vertices.clone();
    let mut sums = vec![(Vec3::ZERO, 0f32); loose.len()];
    for _ in 0..24 {
        sums.fill((Vec3::ZERO, 0.0));
        for face in &body.faces {
            for k in 0..3 {
                let (i, next) = (face[k] as usize, face[(k + 1) % 3] as usize);
                sums[i].0 += loose[next].position;
                sums[i].1 += 1.0;
                sums[next].0 += loose[i].position;
                sums[next].1 += 1.0;
            }
        }
        for ((v, &(sum, n)), &above) in loose.iter_mut().zip(&sums).zip(&above) {
            if n > 0.0 {
                v.position = v.position.lerp(sum * (1.0 / n), 0.6 * smoothstep(-0.02, -0.7, above));
            }
        }
    }
    let mut out = Triangles { vertices: Vec::new(), normals: Vec::new(), faces: Vec::new() };
    let mut index: HashMap<(u32, u32), u32> = HashMap::new();
    let mut rim: Vec<(u32, u32)> = Vec::new();
    for face in &body.faces {
        // The part of the triangle below the neckline: (i, i) is a vertex, (i, j) an edge crossing.
        let mut corners: Vec<(u32, u32)> = Vec::with_capacity(4);
        for k in 0..3 {
            let (a, b) = (face[k], face[(k + 1) % 3]);
            if above[a as usize] <= 0.0 {
                corners.push((a, a));
            }
            if (above[a as usize] <= 0.0) != (above[b as usize] <= 0.0) {
                corners.push((a.min(b), a.max(b)));
            }
        }
        let ids: Vec<u32> = corners
            .iter()
            .map(|&(a, b)| {
                *index.entry((a, b)).or_insert_with(|| {
                    let (ha, hb) = (above[a as usize], above[b as usize]);
                    let t = if a == b { 0.0 } else { ha / (ha - hb) };
                    let mut v = Vertex::weighted([(1.0 - t, loose[a as usize]), (t, loose[b as usize])]);
                    let normal = body.normals[a as usize].lerp(body.normals[b as usize], t).normalize_or_zero();
                    let p = v.reference;
                    let fold = noise(vec3(p.x * 2.2 + p.y * 0.9, p.y * 0.8, p.z * 1.6)) * 0.045
                        + noise(vec3(p.x * 5.0 - p.y * 2.0, p.y * 1.5, p.z * 3.0)) * 0.014;
                    v.position += normal * (cut.ease + fold * smoothstep(0.0, -0.5, cut.above(p)));
                    out.vertices.push(v);
                    out.vertices.len() as u32 - 1
                })
            })
            .collect();
        for k in 2..ids.len() {
            out.faces.push([ids[0], ids[k - 1], ids[k]]);
        }
        for k in 0..ids.len() {
            let next = (k + 1) % ids.len();
            if corners[k].0 != corners[k].1 && corners[next].0 != corners[next].1 {
                rim.push((ids[k], ids[next]));
            }
        }
    }
    out.compute_normals();
    band(&mut out, &rim, cut.band);
    out
}

/// Removes the part of the body that the clothes hide, so that it can't show through.
pub(crate) fn uncovered(mut body: Triangles, cut: &Cut) -> Triangles {
    body.faces.retain(|face| face.iter().any(|&i| cut.above(body.vertices[i as usize].reference) > -0.12));
    body
}

/// Sweeps a flattened tube along the neckline.
fn band(cloth: &mut Triangles, rim: &[(u32, u32)], thickness: f32) {
    const SIDES: usize = 10;
    let mut rings: HashMap<u32, u32> = HashMap::new();
    let mut direction: HashMap<u32, Vec3> = HashMap::new();
    for &(a, b) in rim {
        let along = (cloth.vertices[b as usize].position - cloth.vertices[a as usize].position).normalize_or_zero();
        *direction.entry(a).or_default() += along;
        *direction.entry(b).or_default() += along;
    }
    for &(a, b) in rim {
        let ring = [a, b].map(|i| {
            *rings.entry(i).or_insert_with(|| {
                let (centre, out) = (cloth.vertices[i as usize], cloth.normals[i as usize]);
                let along = direction[&i].normalize_or_zero();
                let up = along.cross(out).normalize_or_zero();
                let up = if up.y < 0.0 { -up } else { up };
                let first = cloth.vertices.len() as u32;
                for side in 0..SIDES {
                    let (s, c) = (side as f32 / SIDES as f32 * std::f32::consts::TAU).sin_cos();
                    let normal = (out * s + up * c * 0.4).normalize_or_zero();
                    let offset = out * (s * thickness * 0.5) + up * ((c * 1.5 - 0.6) * thickness);
                    cloth.vertices.push(Vertex { position: centre.position + offset, mouth: 1.0, ..centre });
                    cloth.normals.push(normal);
                }
                first
            })
        });
        for side in 0..SIDES as u32 {
            let next = (side + 1) % SIDES as u32;
            cloth.faces.push([ring[0] + side, ring[1] + side, ring[1] + next]);
            cloth.faces.push([ring[0] + side, ring[1] + next, ring[0] + next]);
        }
    }
}
