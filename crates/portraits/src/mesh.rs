//! Head meshes: the reader of `heads.bin`, Catmull–Clark subdivision, and normals.

use std::collections::HashMap;

use glam::{Vec3, vec3};

static HEADS: &[u8] = include_bytes!("../assets/heads.bin");

/// Integer units of the file per decimetre. All lengths in this crate are in decimetres.
const SCALE: f32 = 3000.0;

/// The attributes of a vertex. Subdivision smooths all of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Vertex {
    /// The position: x to the right of the image, y up, z towards the camera, origin between the
    /// eyes.
    pub position: Vec3,
    /// The position on the unposed base mesh, in whose coordinates skin and hair are described.
    pub reference: Vec3,
    pub lips: f32,
    pub eyelids: f32,
    pub ears: f32,
    pub mouth: f32,
}

impl Vertex {
    pub(crate) fn weighted(parts: impl IntoIterator<Item = (f32, Self)>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, (w, v)| Self {
            position: sum.position + v.position * w,
            reference: sum.reference + v.reference * w,
            lips: sum.lips + v.lips * w,
            eyelids: sum.eyelids + v.eyelids * w,
            ears: sum.ears + v.ears * w,
            mouth: sum.mouth + v.mouth * w,
        })
    }
}

/// A mesh of quads.
pub(crate) struct Quads {
    pub vertices: Vec<Vertex>,
    pub faces: Vec<[u32; 4]>,
}

/// A mesh of triangles with a normal at each vertex.
#[derive(Default)]
pub(crate) struct Triangles {
    pub vertices: Vec<Vertex>,
    pub normals: Vec<Vec3>,
    pub faces: Vec<[u32; 3]>,
}

/// An eyeball.
#[derive(Clone, Copy)]
pub(crate) struct Ball {
    pub centre: Vec3,
    pub radius: f32,
}

/// The head and shoulders of one person.
pub(crate) struct Head {
    pub skin: Quads,
    /// The lid edges from the nose outwards: upper and lower lid of the eye on the left of the
    /// image, then of the eye on the right.
    pub lids: [Vec<Vec3>; 4],
    /// The eye on the left of the image, then the eye on the right.
    pub eyes: [Ball; 2],
}

/// Reads consecutive little-endian values. The file is embedded, so its format is not checked.
struct Reader(&'static [u8]);

impl Reader {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_first_chunk::<N>().expect("heads.bin is complete");
        self.0 = rest;
        *head
    }

    fn u32(&mut self) -> usize {
        u32::from_le_bytes(self.take()) as usize
    }

    fn point(&mut self) -> Vec3 {
        let mut next = || f32::from(i16::from_le_bytes(self.take())) / SCALE;
        let (x, y, z) = (next(), next(), next());
        vec3(x, y, z)
    }

    fn f32(&mut self) -> f32 {
        f32::from_le_bytes(self.take())
    }
}

/// The eyes of person `index`.
pub(crate) fn eyes(index: usize) -> [Ball; 2] {
    head(index).eyes
}

/// The head of person `index`.
pub(crate) fn head(index: usize) -> Head {
    let mut file = Reader(HEADS);
    assert_eq!(&file.take::<8>(), b"heads001");
    let (vertices, faces, people, masks) = (file.u32(), file.u32(), file.u32(), file.u32());
    assert!(index < people && masks == 4);
    let lids = [file.u32(), file.u32(), file.u32(), file.u32()];
    let faces = (0..faces).map(|_| std::array::from_fn(|_| u32::from(u16::from_le_bytes(file.take())))).collect();
    let masks: Vec<[u8; 4]> = (0..vertices).map(|_| file.take()).collect();
    let reference: Vec<Vec3> = (0..vertices).map(|_| file.point()).collect();
    let record = (vertices + lids.iter().sum::<usize>()) * 6 + 32;
    file.0 = &file.0[index * record..];
    let vertices = reference.into_iter().zip(masks).map(|(reference, masks)| {
        let [lips, eyelids, ears, mouth] = masks.map(|m| f32::from(m) / 255.0);
        Vertex { position: file.point(), reference, lips, eyelids, ears, mouth }
    });
    let vertices = vertices.collect();
    let lids = lids.map(|count| (0..count).map(|_| file.point()).collect());
    let eyes = [(); 2].map(|()| Ball { centre: vec3(file.f32(), file.f32(), file.f32()), radius: file.f32() });
    Head { skin: Quads { vertices, faces }, lids, eyes }
}

impl Quads {
    /// One Catmull–Clark step. Open edges are subdivided as cubic splines.
    pub(crate) fn subdivide(&self) -> Self {
        let count = self.vertices.len();
        let mut out = self.vertices.clone();
        let centres: Vec<Vertex> =
            self.faces.iter().map(|f| Vertex::weighted(f.iter().map(|&i| (0.25, self.vertices[i as usize])))).collect();
        // The index of each edge, and the indices of its faces.
        let mut edges: HashMap<(u32, u32), usize> = HashMap::with_capacity(self.faces.len() * 2);
        let mut sides: Vec<((u32, u32), Vec<usize>)> = Vec::with_capacity(self.faces.len() * 2);
        for (face, corners) in self.faces.iter().enumerate() {
            for k in 0..4 {
                let (a, b) = (corners[k], corners[(k + 1) % 4]);
                let key = (a.min(b), a.max(b));
                let edge = *edges.entry(key).or_insert_with(|| {
                    sides.push((key, Vec::with_capacity(2)));
                    sides.len() - 1
                });
                sides[edge].1.push(face);
            }
        }
        let mut around = vec![(Vertex::default(), 0f32, Vertex::default(), 0f32); count];
        let mut border = vec![(Vertex::default(), 0f32); count];
        for ((a, b), faces) in &sides {
            let (va, vb) = (self.vertices[*a as usize], self.vertices[*b as usize]);
            let middle = Vertex::weighted([(0.5, va), (0.5, vb)]);
            let point = match faces[..] {
                [f, g] => Vertex::weighted([(0.5, middle), (0.25, centres[f]), (0.25, centres[g])]),
                _ => middle,
            };
            for &i in [a, b] {
                let entry = &mut around[i as usize];
                (entry.2, entry.3) = (Vertex::weighted([(1.0, entry.2), (1.0, middle)]), entry.3 + 1.0);
                if faces.len() != 2 {
                    let entry = &mut border[i as usize];
                    *entry = (Vertex::weighted([(1.0, entry.0), (1.0, middle)]), entry.1 + 1.0);
                }
            }
            out.push(point);
        }
        for (face, corners) in self.faces.iter().enumerate() {
            for &i in corners {
                let entry = &mut around[i as usize];
                (entry.0, entry.1) = (Vertex::weighted([(1.0, entry.0), (1.0, centres[face])]), entry.1 + 1.0);
            }
        }
        for (i, vertex) in out[..count].iter_mut().enumerate() {
            let (faces, n, middles, m) = around[i];
            *vertex = match border[i] {
                (_, 0.0) if n > 0.0 => {
                    Vertex::weighted([(1.0 / (n * n), faces), (2.0 / (n * m), middles), ((n - 3.0) / n, *vertex)])
                }
                (sum, 2.0) => Vertex::weighted([(0.25, sum), (0.5, *vertex)]),
                _ => *vertex,
            };
        }
        let first_centre = out.len() as u32;
        out.extend(&centres);
        let mut faces = Vec::with_capacity(self.faces.len() * 4);
        for (face, corners) in self.faces.iter().enumerate() {
            let edge = |k: usize| {
                let (a, b) = (corners[k % 4], corners[(k + 1) % 4]);
                (count + edges[&(a.min(b), a.max(b))]) as u32
            };
            for (k, &corner) in corners.iter().enumerate() {
                faces.push([corner, edge(k), first_centre + face as u32, edge(k + 3)]);
            }
        }
        Self { vertices: out, faces }
    }

    pub(crate) fn triangles(&self) -> Triangles {
        let faces = self.faces.iter().flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]]).collect();
        let mut out = Triangles { vertices: self.vertices.clone(), normals: Vec::new(), faces };
        out.compute_normals();
        out
    }
}

impl Triangles {
    pub(crate) fn compute_normals(&mut self) {
        self.normals = vec![Vec3::ZERO; self.vertices.len()];
        for face in &self.faces {
            let [a, b, c] = face.map(|i| self.vertices[i as usize].position);
            let normal = (b - a).cross(c - a);
            for &i in face {
                self.normals[i as usize] += normal;
            }
        }
        for normal in &mut self.normals {
            *normal = normal.normalize_or_zero();
        }
    }
}
