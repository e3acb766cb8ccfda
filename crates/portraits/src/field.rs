//! A signed distance field of the body, which keeps growing hair out of the head.

use glam::{Vec3, vec3};
use rayon::prelude::*;

use super::bvh::Bvh;
use super::mesh::Triangles;

const LOW: Vec3 = vec3(-1.5, -2.6, -2.4);
const HIGH: Vec3 = vec3(1.5, 1.6, 0.9);
const STEP: f32 = 0.06;

pub(crate) struct Field {
    size: [usize; 3],
    distances: Vec<f32>,
}

impl Field {
    pub(crate) fn new(body: &Triangles, bvh: &Bvh) -> Self {
        let size = ((HIGH - LOW) * (1.0 / STEP)).to_array().map(|n| n as usize + 2);
        let distances = (0..size[0] * size[1] * size[2])
            .into_par_iter()
            .map(|i| {
                let cell = vec3((i % size[0]) as f32, (i / size[0] % size[1]) as f32, (i / size[0] / size[1]) as f32);
                let p = LOW + cell * STEP;
                let Some((distance, hit)) = bvh.nearest(p, 0.8) else { return 0.8 };
                let corners = body.faces[hit.face as usize].map(|i| i as usize);
                let weights = [1.0 - hit.u - hit.v, hit.u, hit.v];
                let (mut near, mut normal) = (Vec3::ZERO, Vec3::ZERO);
                for (i, weight) in corners.into_iter().zip(weights) {
                    near += body.vertices[i].position * weight;
                    normal += body.normals[i] * weight;
                }
                distance.copysign((p - near).dot(normal))
            })
            .collect();
        Self { size, distances }
    }

    /// The signed distance, negative inside.
    pub(crate) fn distance(&self, p: Vec3) -> f32 {
        let at = (p - LOW) * (1.0 / STEP);
        let clamp = |v: f32, n: usize| v.clamp(0.0, n as f32 - 1.001);
        let at = [clamp(at.x, self.size[0]), clamp(at.y, self.size[1]), clamp(at.z, self.size[2])];
        let cell = at.map(|v| v as usize);
        let t = [at[0] - cell[0] as f32, at[1] - cell[1] as f32, at[2] - cell[2] as f32];
        let mut sum = 0.0;
        for corner in 0..8 {
            let bit = |axis: usize| (corner >> axis) & 1;
            let weight: f32 = (0..3).map(|a| if bit(a) == 1 { t[a] } else { 1.0 - t[a] }).product();
            let index = ((cell[2] + bit(2)) * self.size[1] + cell[1] + bit(1)) * self.size[0] + cell[0] + bit(0);
            sum += weight * self.distances[index];
        }
        sum
    }

    /// The direction away from the body.
    pub(crate) fn outward(&self, p: Vec3) -> Vec3 {
        let h = STEP * 0.7;
        let slope = |d: Vec3| self.distance(p + d) - self.distance(p - d);
        vec3(slope(vec3(h, 0.0, 0.0)), slope(vec3(0.0, h, 0.0)), slope(vec3(0.0, 0.0, h))).normalize_or_zero()
    }
}
