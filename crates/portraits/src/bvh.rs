//! A bounding volume hierarchy over triangles, for nearest hits, occlusion and nearest points.

use glam::Vec3;

const LEAF: usize = 4;

#[derive(Clone, Copy)]
struct Node {
    low: Vec3,
    high: Vec3,
    /// In a leaf, the index of its first triangle. In an inner node, the index of the second child;
    /// the first child follows the node.
    start: u32,
    /// The number of triangles of a leaf; 0 for an inner node.
    count: u16,
    axis: u16,
}

/// A triangle: one corner, two edges, and the index of its face.
#[derive(Clone, Copy)]
struct Triangle {
    corner: Vec3,
    e1: Vec3,
    e2: Vec3,
    face: u32,
}

/// A hit: the distance along the ray, the face, and the barycentric weights of its second and third
/// corners.
#[derive(Clone, Copy)]
pub(crate) struct Hit {
    pub t: f32,
    pub face: u32,
    pub u: f32,
    pub v: f32,
}

pub(crate) struct Bvh {
    nodes: Vec<Node>,
    triangles: Vec<Triangle>,
}

fn bounds(triangles: &[Triangle]) -> (Vec3, Vec3) {
    let (mut low, mut high) = (Vec3::splat(f32::INFINITY), Vec3::splat(f32::NEG_INFINITY));
    for t in triangles {
        for p in [t.corner, t.corner + t.e1, t.corner + t.e2] {
            (low, high) = (low.min(p), high.max(p));
        }
    }
    (low, high)
}

impl Bvh {
    pub(crate) fn new(triangles: impl Iterator<Item = [Vec3; 3]>) -> Self {
        let mut triangles: Vec<Triangle> = triangles
            .enumerate()
            .map(|(face, [a, b, c])| Triangle { corner: a, e1: b - a, e2: c - a, face: face as u32 })
            .collect();
        let mut nodes = Vec::with_capacity(triangles.len());
        build(&mut nodes, &mut triangles, 0);
        Self { nodes, triangles }
    }

    /// The nearest hit closer than `limit`.
    pub(crate) fn hit(&self, origin: Vec3, direction: Vec3, limit: f32) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        self.walk(origin, direction, limit, |triangle, limit| {
            if let Some((t, u, v)) = triangle.hit(origin, direction, *limit) {
                *limit = t;
                best = Some(Hit { t, face: triangle.face, u, v });
            }
            false
        });
        best
    }

    /// Whether the ray hits anything closer than `limit`.
    pub(crate) fn occluded(&self, origin: Vec3, direction: Vec3, limit: f32) -> bool {
        let mut found = false;
        self.walk(origin, direction, limit, |triangle, limit| {
            found = triangle.hit(origin, direction, *limit).is_some();
            found
        });
        found
    }

    fn walk(&self, origin: Vec3, direction: Vec3, mut limit: f32, mut visit: impl FnMut(&Triangle, &mut f32) -> bool) {
        let inverse = direction.map(|d| 1.0 / d);
        let sign = inverse.to_array().map(|d| d < 0.0);
        let mut stack = [0u32; 64];
        let mut depth = 1;
        while depth > 0 {
            depth -= 1;
            let index = stack[depth];
            let node = &self.nodes[index as usize];
            let (a, b) = ((node.low - origin) * inverse, (node.high - origin) * inverse);
            let (near, far) = (a.min(b), a.max(b));
            if near.x.max(near.y).max(near.z).max(0.0) > far.x.min(far.y).min(far.z).min(limit) {
                continue;
            }
            if node.count > 0 {
                for triangle in &self.triangles[node.start as usize..][..node.count as usize] {
                    if visit(triangle, &mut limit) {
                        return;
                    }
                }
            } else {
                let (first, second) = (index + 1, node.start);
                let swap = sign[node.axis as usize];
                (stack[depth], stack[depth + 1]) = if swap { (first, second) } else { (second, first) };
                depth += 2;
            }
        }
    }

    /// The nearest point on the surface within `limit`: its distance, face and weights.
    pub(crate) fn nearest(&self, p: Vec3, mut limit: f32) -> Option<(f32, Hit)> {
        let mut best = None;
        let mut stack = vec![0u32];
        while let Some(index) = stack.pop() {
            let node = &self.nodes[index as usize];
            if self.away(index, p) > limit {
                continue;
            }
            if node.count > 0 {
                for triangle in &self.triangles[node.start as usize..][..node.count as usize] {
                    let (distance, u, v) = triangle.nearest(p);
                    if distance < limit {
                        limit = distance;
                        best = Some((distance, Hit { t: distance, face: triangle.face, u, v }));
                    }
                }
            } else if self.away(index + 1, p) < self.away(node.start, p) {
                stack.extend([node.start, index + 1]);
            } else {
                stack.extend([index + 1, node.start]);
            }
        }
        best
    }

    fn away(&self, node: u32, p: Vec3) -> f32 {
        let node = &self.nodes[node as usize];
        (node.low - p).max(p - node.high).max(Vec3::ZERO).length()
    }
}

impl Triangle {
    /// The Möller–Trumbore intersection test: distance and weights.
    fn hit(&self, origin: Vec3, direction: Vec3, limit: f32) -> Option<(f32, f32, f32)> {
        let p = direction.cross(self.e2);
        let det = self.e1.dot(p);
        if det.abs() < 1e-12 {
            return None;
        }
        let inverse = 1.0 / det;
        let s = origin - self.corner;
        let u = s.dot(p) * inverse;
        if !(0.0..=1.0).contains(&u) {
            return None;
        }
        let q = s.cross(self.e1);
        let v = direction.dot(q) * inverse;
        let t = self.e2.dot(q) * inverse;
        (v >= 0.0 && u + v <= 1.0 && t > 0.0 && t < limit).then_some((t, u, v))
    }

    /// The distance and the weights of the point nearest to `p`. Source: Ericson, "Real-Time
    /// Collision Detection", section 5.1.5.
    fn nearest(&self, p: Vec3) -> (f32, f32, f32) {
        let ap = p - self.corner;
        let (d1, d2) = (self.e1.dot(ap), self.e2.dot(ap));
        let (bp, cp) = (ap - self.e1, ap - self.e2);
        let (d3, d4, d5, d6) = (self.e1.dot(bp), self.e2.dot(bp), self.e1.dot(cp), self.e2.dot(cp));
        let (va, vb, vc) = (d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2);
        let (u, v) = if d1 <= 0.0 && d2 <= 0.0 {
            (0.0, 0.0)
        } else if d3 >= 0.0 && d4 <= d3 {
            (1.0, 0.0)
        } else if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
            (d1 / (d1 - d3), 0.0)
        } else if d6 >= 0.0 && d5 <= d6 {
            (0.0, 1.0)
        } else if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
            (0.0, d2 / (d2 - d6))
        } else if va <= 0.0 && d4 >= d3 && d5 >= d6 {
            let w = (d4 - d3) / ((d4 - d3) + (d5 - d6));
            (1.0 - w, w)
        } else {
            let sum = va + vb + vc;
            (vb / sum, vc / sum)
        };
        ((ap - self.e1 * u - self.e2 * v).length(), u, v)
    }
}

/// Builds the tree by the surface area heuristic over 16 bins of the longest axis.
fn build(nodes: &mut Vec<Node>, triangles: &mut [Triangle], offset: u32) {
    const BINS: usize = 16;
    let (low, high) = bounds(triangles);
    let here = nodes.len();
    if triangles.len() <= LEAF {
        nodes.push(Node { low, high, start: offset, count: triangles.len() as u16, axis: 0 });
        return;
    }
    nodes.push(Node { low, high, start: 0, count: 0, axis: 0 });
    let centre = |t: &Triangle| t.corner * 3.0 + t.e1 + t.e2;
    let (mut least, mut most) = (Vec3::splat(f32::INFINITY), Vec3::splat(f32::NEG_INFINITY));
    for t in triangles.iter() {
        (least, most) = (least.min(centre(t)), most.max(centre(t)));
    }
    let size = (most - least).to_array();
    let axis = (0..3).max_by(|&a, &b| size[a].total_cmp(&size[b])).unwrap_or(0);
    let scale = BINS as f32 * 0.9999 / size[axis].max(1e-12);
    let bin = |t: &Triangle| ((centre(t).to_array()[axis] - least.to_array()[axis]) * scale) as usize;
    let empty = (Vec3::splat(f32::INFINITY), Vec3::splat(f32::NEG_INFINITY), 0usize);
    let mut bins = [empty; BINS];
    for t in triangles.iter() {
        let (low, high) = bounds(std::slice::from_ref(t));
        let b = &mut bins[bin(t)];
        *b = (b.0.min(low), b.1.max(high), b.2 + 1);
    }
    let cost = |part: &[(Vec3, Vec3, usize)]| {
        let whole = part.iter().fold(empty, |s, b| (s.0.min(b.0), s.1.max(b.1), s.2 + b.2));
        let e = (whole.1 - whole.0).max(Vec3::ZERO);
        (whole.2 as f32 * (e.x * e.y + e.y * e.z + e.z * e.x), whole.2)
    };
    let split = (1..BINS)
        .filter_map(|k| {
            let ((left, n), (right, m)) = (cost(&bins[..k]), cost(&bins[k..]));
            (n > 0 && m > 0).then_some((left + right, k))
        })
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let half = match split {
        Some((_, k)) => {
            // The order inside a part does not matter.
            triangles.sort_unstable_by_key(|t| bin(t) >= k);
            triangles.partition_point(|t| bin(t) < k)
        }
        None => triangles.len() / 2,
    };
    let (left, right) = triangles.split_at_mut(half);
    build(nodes, left, offset);
    let second = nodes.len() as u32;
    build(nodes, right, offset + half as u32);
    nodes[here] = Node { low, high, start: second, count: 0, axis: axis as u16 };
}
