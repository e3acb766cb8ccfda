//! Reader of MakeHuman's base mesh and shape targets.

use super::surface::Surface;
use flate2::read::GzDecoder;
use glam::{Vec2, Vec3};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use stgan::{Error, Result};

/// The base mesh in decimetres: x to the right of the image, y up, z towards the camera. The
/// midpoint between the eyeballs of the unshaped mesh is at x = y = 0.
#[derive(Debug)]
pub(super) struct BaseMesh {
    pub points: Vec<Vec3>,
    pub skin: Vec<[u32; 4]>,
    pub teeth: Vec<[u32; 4]>,
    pub tongue: Vec<[u32; 4]>,
    /// A hand with its wrist, as an object of its own.
    pub hand: Vec<[u32; 4]>,
    /// The vertices of the eyeballs, the one on the left of the image first.
    pub eyes: [Vec<u32>; 2],
    /// The vertices around the joint of the neck.
    pub neck: Vec<u32>,
    /// For each vertex, how far it belongs to the lips, the ears and the inside of the mouth.
    pub masks: Vec<[f32; 3]>,
}

/// A shape target: the vertices that it moves.
type Target = Vec<(u32, Vec3)>;

/// MakeHuman's shapes, which `make shapes` unpacks, prepared for rendering.
#[derive(Debug)]
pub struct Shapes {
    pub(super) mesh: BaseMesh,
    pub(super) surface: Surface,
    targets: BTreeMap<String, Target>,
}

/// The folders of targets that change a face.
const FOLDERS: [&str; 13] = [
    "asym",
    "cheek",
    "chin",
    "ears",
    "eyebrows",
    "eyes",
    "forehead",
    "head",
    "mouth",
    "neck",
    "nose",
    "macrodetails",
    "expression/units",
];
/// The height above which the mesh is used, and its greatest distance from the middle, in
/// decimetres of the file.
const USED: [f32; 2] = [3.7, 3.3];
/// The hand begins at this distance from the middle.
const HAND: f32 = 4.05;
const MASKS: [&str; 3] = ["lips", "ears", "inside-mouth"];

impl Shapes {
    /// Reads the shapes in a folder.
    ///
    /// # Errors
    /// [`Error::Argument`] if a file is missing, truncated or not of the expected format; the
    /// message names it.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("3dobjs/base.obj");
        let text = std::fs::read_to_string(&path).map_err(|e| unusable(&path, e))?;
        let object = Object::parse(&text).ok_or_else(|| unusable(&path, "it is not a mesh of quadrilaterals"))?;
        let (mesh, order) = object.base_mesh(folder, &path)?;
        let mut targets = BTreeMap::new();
        for name in FOLDERS {
            let below = folder.join("targets").join(name);
            add_targets(&below, name, &order, &mut targets)?;
            if name == "expression/units" {
                for race in super::identity::RACES {
                    add_targets(&below.join(race), &format!("{name}/{race}"), &order, &mut targets)?;
                }
            }
        }
        let surface = Surface::new(&mesh);
        Ok(Self { mesh, surface, targets })
    }

    /// Adds a target, scaled by `weight`. A target that the folder lacks changes nothing.
    pub(super) fn add(&self, points: &mut [Vec3], name: &str, weight: f32) {
        for (vertex, offset) in self.targets.get(name).into_iter().flatten() {
            points[*vertex as usize] += weight * *offset;
        }
    }

    /// The names of the targets in a folder, without the folder, in order.
    pub(super) fn names<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.targets.keys().filter_map(move |name| name.strip_prefix(folder)?.strip_prefix('/'))
    }
}

fn unusable(path: &Path, reason: impl std::fmt::Display) -> Error {
    let expected = format!("a file that `make shapes` has written ({reason})");
    Error::argument("shapes", path.display(), expected)
}

fn add_targets(folder: &Path, name: &str, order: &[Option<u32>], targets: &mut BTreeMap<String, Target>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| unusable(folder, e))? {
        let path = entry.map_err(|e| unusable(folder, e))?.path();
        let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(stem) = file.strip_suffix(".target.gz") else { continue };
        let mut text = String::new();
        let bytes = std::fs::read(&path).map_err(|e| unusable(&path, e))?;
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(|e| unusable(&path, e))?;
        let target = target(&text, order).ok_or_else(|| unusable(&path, "a line has not four numbers"))?;
        targets.insert(format!("{name}/{stem}"), target);
    }
    Ok(())
}

/// The lines `index x y z` of vertices that are used.
fn target(text: &str, order: &[Option<u32>]) -> Option<Target> {
    let mut target = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut fields = line.split_whitespace();
        let index: usize = fields.next()?.parse().ok()?;
        if let Some(Some(vertex)) = order.get(index) {
            target.push((*vertex, vector(&mut fields)?));
        }
    }
    Some(target)
}

fn vector<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<Vec3> {
    let mut next = || fields.next()?.parse().ok().filter(|x: &f32| x.is_finite());
    Some(Vec3::new(next()?, next()?, next()?))
}

/// An OBJ file of quadrilaterals.
struct Object {
    points: Vec<Vec3>,
    textures: Vec<Vec2>,
    /// The group, and the indices of points and texture coordinates.
    faces: Vec<(String, [[usize; 2]; 4])>,
}

impl Object {
    fn parse(text: &str) -> Option<Self> {
        let mut object = Self { points: Vec::new(), textures: Vec::new(), faces: Vec::new() };
        let mut group = "";
        for line in text.lines() {
            let mut fields = line.split_whitespace();
            match fields.next() {
                Some("v") => object.points.push(vector(&mut fields)?),
                Some("vt") => {
                    let mut next = || fields.next()?.parse().ok();
                    object.textures.push(Vec2::new(next()?, next()?));
                }
                Some("g") => group = fields.next()?,
                Some("f") => {
                    let corner = |field: &str| {
                        let mut indices = field.split('/').map(|index| index.parse::<usize>().ok()?.checked_sub(1));
                        Some([indices.next()??, indices.next()??])
                    };
                    let corners: Option<Vec<[usize; 2]>> = fields.map(corner).collect();
                    object.faces.push((group.to_owned(), corners?.try_into().ok()?));
                }
                _ => {}
            }
        }
        let valid = |&[point, texture]: &[usize; 2]| point < object.points.len() && texture < object.textures.len();
        object.faces.iter().flat_map(|(_, face)| face).all(valid).then_some(object)
    }

    /// The faces of a group, as indices of points.
    fn group(&self, name: &str) -> Vec<[usize; 4]> {
        let faces = self.faces.iter().filter(|(group, _)| group == name);
        faces.map(|(_, face)| face.map(|[point, _]| point)).collect()
    }

    /// The used part of the mesh, and for each vertex of the file its new index.
    fn base_mesh(&self, folder: &Path, path: &Path) -> Result<(BaseMesh, Vec<Option<u32>>)> {
        let height = |face: &[usize; 4]| face.iter().map(|&i| self.points[i].y).fold(f32::MIN, f32::max);
        let beside = |face: &[usize; 4]| face.iter().map(|&i| self.points[i].x.abs()).fold(f32::MIN, f32::max);
        let body = self.group("body");
        let skin: Vec<_> = body.iter().copied().filter(|f| height(f) > USED[0] && beside(f) < USED[1]).collect();
        let hand: Vec<_> = body.into_iter().filter(|f| f.iter().all(|&i| self.points[i].x > HAND)).collect();
        let teeth = ["helper-upper-teeth", "helper-lower-teeth"].map(|name| self.group(name)).concat();
        let tongue = self.group("helper-tongue");
        let eyes = ["helper-r-eye", "helper-l-eye"].map(|name| self.group(name));
        let neck = self.group("joint-neck");
        let mut order = vec![None; self.points.len()];
        let mut points = Vec::new();
        let mut renumber = |faces: &[[usize; 4]]| -> Vec<[u32; 4]> {
            let mut index = |i: usize| {
                *order[i].get_or_insert_with(|| {
                    points.push(self.points[i]);
                    points.len() as u32 - 1
                })
            };
            faces.iter().map(|face| face.map(&mut index)).collect()
        };
        let (skin, teeth, tongue, hand) = (renumber(&skin), renumber(&teeth), renumber(&tongue), renumber(&hand));
        let corners = |faces: Vec<[u32; 4]>| {
            let mut corners = faces.concat();
            corners.sort_unstable();
            corners.dedup();
            corners
        };
        let eyes = eyes.map(|faces| corners(renumber(&faces)));
        let neck = corners(renumber(&neck));
        for (name, empty) in [
            ("body", skin.is_empty()),
            ("helper-r-eye", eyes[0].is_empty()),
            ("helper-l-eye", eyes[1].is_empty()),
            ("joint-neck", neck.is_empty()),
        ] {
            if empty {
                return Err(unusable(path, format!("the group {name} is missing")));
            }
        }
        let mean =
            |vertices: &[u32]| vertices.iter().map(|&i| points[i as usize]).sum::<Vec3>() / vertices.len() as f32;
        let middle = 0.5 * (mean(&eyes[0]) + mean(&eyes[1]));
        let points = points.iter().map(|&p| p - middle.with_z(0.0)).collect();
        let masks = self.masks(folder, &order)?;
        Ok((BaseMesh { points, skin, teeth, tongue, hand, eyes, neck, masks }, order))
    }

    /// The values of the masks at the vertices.
    fn masks(&self, folder: &Path, order: &[Option<u32>]) -> Result<Vec<[f32; 3]>> {
        let count = order.iter().flatten().count();
        let mut masks = vec![[0.0_f32; 3]; count];
        for (k, name) in MASKS.into_iter().enumerate() {
            let path = folder.join(format!("textures/mpfb_{name}.jpg"));
            let bytes = std::fs::read(&path).map_err(|e| unusable(&path, e))?;
            let image = stgan_decoder::decode(&bytes).map_err(|e| unusable(&path, e))?;
            let (width, height) = (image.width as usize, image.height as usize);
            for (group, face) in &self.faces {
                for &[point, texture] in face.iter().filter(|_| group == "body") {
                    let Some(vertex) = order[point] else { continue };
                    let uv = self.textures[texture];
                    let x = (uv.x * (width - 1) as f32).clamp(0.0, (width - 1) as f32) as usize;
                    let y = ((1.0 - uv.y) * (height - 1) as f32).clamp(0.0, (height - 1) as f32) as usize;
                    let value = f32::from(image.pixels[4 * (y * width + x)]) / 255.0;
                    let mask = &mut masks[vertex as usize][k];
                    *mask = mask.max(value);
                }
            }
        }
        Ok(masks)
    }
}
