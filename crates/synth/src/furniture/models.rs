//! Furniture from Sweet Home 3D's models.
//!
//! The models are not part of the repository: `make models` unpacks Debian's package
//! `sweethome3d-furniture`. `catalogue.csv` lists those that were checked by hand, with their
//! licences and creators.

use super::paint::{Coat, linear};
use super::{Category, Piece};
use crate::colour::Colour;
use crate::raster::{Material, Mesh, Texture, Vertex};
use glam::{Affine3A, Mat3, Vec2, Vec3};
use rand::Rng;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use stgan::{Error, Result};

/// An entry of the catalogue of models.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    /// The library, which is a folder of the models.
    pub library: &'static str,
    /// The OBJ file in the folder of the library.
    pub file: &'static str,
    /// What it is.
    pub category: Category,
    /// The name in English.
    pub name: &'static str,
    /// Width, height and depth in metres.
    pub size: Vec3,
    /// The rotation that turns the front of the file to +z.
    rotation: Mat3,
    /// The licence: `CC0`, `CC-BY-3.0` or `CC-BY-3.0-US`.
    pub licence: &'static str,
    /// The creator.
    pub creator: &'static str,
}

/// The models that were checked by hand.
///
/// Lines of the file that are not valid are left out; a test compares the counts.
pub fn model_catalogue() -> Vec<ModelEntry> {
    include_str!("catalogue.csv").lines().skip(1).filter_map(entry).collect()
}

fn entry(line: &'static str) -> Option<ModelEntry> {
    let &[library, file, category, name, width, height, depth, rotation, licence, creator] =
        line.splitn(10, ',').collect::<Vec<_>>().as_slice()
    else {
        return None;
    };
    let metres = |text: &str| text.parse::<f32>().ok().map(|cm| 0.01 * cm);
    let numbers: Vec<f32> = rotation.split_whitespace().filter_map(|x| x.parse().ok()).collect();
    let rotation = match numbers.as_slice() {
        [] => Mat3::IDENTITY,
        numbers => Mat3::from_cols_array(numbers.try_into().ok()?).transpose(),
    };
    Some(ModelEntry {
        library,
        file,
        category: Category::from_name(category)?,
        name,
        size: Vec3::new(metres(width)?, metres(height)?, metres(depth)?),
        rotation,
        licence,
        creator: creator.trim_matches('"'),
    })
}

/// How much the width, height and depth of a model vary. There are few models to train with, and
/// pieces of the same kind differ by more than that.
const SPREAD: f32 = 0.2;
const HELD_OUT_SPREAD: f32 = 0.06;

/// The models in a folder, each read when it is first needed.
#[derive(Debug)]
pub struct Models {
    models: Vec<Model>,
}

#[derive(Debug)]
struct Model {
    entry: ModelEntry,
    path: PathBuf,
    /// Whether the model is only for tests.
    held_out: bool,
    meshes: OnceLock<Vec<Mesh>>,
}

impl Models {
    /// The models of the catalogue that are in a folder, which has one folder for each library.
    ///
    /// # Errors
    /// [`Error::Argument`] if the folder has none.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut count = std::collections::BTreeMap::new();
        let models = model_catalogue().into_iter().filter_map(|entry| {
            let number: &mut usize = count.entry(entry.category).or_default();
            *number += 1;
            let path = folder.join(entry.library).join(entry.file);
            let held_out = *number % 5 == 1;
            path.is_file().then(|| Model { entry, path, held_out, meshes: OnceLock::new() })
        });
        let models: Vec<Model> = models.collect();
        if models.is_empty() {
            let value = folder.display().to_string();
            return Err(Error::argument("models", value, "a folder that `make models` has written"));
        }
        Ok(Self { models })
    }

    /// The number of models.
    pub fn len(&self) -> usize {
        self.models.len()
    }

    /// Whether there are no models.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// A random model of a category in random colours and with random proportions. `None` if there
    /// is none in this split, or if its file cannot be read.
    pub fn piece(&self, rng: &mut impl Rng, category: Category, held_out: bool) -> Option<Piece> {
        let fitting = |model: &&Model| model.entry.category == category && model.held_out == held_out;
        let of_category: Vec<&Model> = self.models.iter().filter(fitting).collect();
        let model = of_category.get(rng.random_range(0..of_category.len().max(1)))?;
        let mut meshes = model.meshes().to_vec();
        for mesh in &mut meshes {
            let gain = rng.random_range(0.6..1.35_f32);
            let tint = gain * Vec3::from_array(std::array::from_fn(|_| rng.random_range(0.85..1.15)));
            mesh.vertices.iter_mut().for_each(|v| v.colour = (v.colour * tint).min(Vec3::ONE));
        }
        let stem = model.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut piece = Piece { id: stem, category, size: Vec3::ZERO, meshes };
        piece.stand();
        let spread = if held_out { HELD_OUT_SPREAD } else { SPREAD };
        piece.stretch(Vec3::from_array(std::array::from_fn(|_| rng.random_range(1.0 - spread..1.0 + spread))));
        (piece.size.min_element() > 0.0).then_some(piece)
    }
}

impl Model {
    /// The surfaces at their real size; none if the file cannot be read.
    fn meshes(&self) -> &[Mesh] {
        self.meshes.get_or_init(|| read(&self.path, &self.entry).unwrap_or_default())
    }
}

/// Materials below this opacity, such as glass, are left out.
const MIN_OPACITY: f32 = 0.35;
/// Textures are reduced to at most this side.
const MAX_TEXTURE: u32 = 128;

/// Reads an OBJ file with its materials and textures. Missing materials are grey.
///
/// # Errors
/// [`Error::Decode`] for a file that is not a valid OBJ file.
fn read(path: &Path, entry: &ModelEntry) -> Result<Vec<Mesh>> {
    let options = tobj::LoadOptions { triangulate: true, single_index: true, ..tobj::LoadOptions::default() };
    let (models, materials) = tobj::load_obj(path, &options).map_err(Error::decode)?;
    let materials = materials.unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new(""));
    let coats: Vec<Option<Coat>> = materials.iter().map(|material| coat(material, folder)).collect();
    let grey = Coat { colour: linear(Colour::WHITE.scaled(0.7)), material: Material::default() };
    let mut meshes = Vec::new();
    for model in models {
        let coat = match model.mesh.material_id {
            Some(id) => coats.get(id).cloned().flatten(),
            None => Some(grey.clone()),
        };
        meshes.extend(coat.map(|coat| mesh(&model.mesh, &coat)));
    }
    fit(&mut meshes, entry);
    Ok(meshes)
}

/// The colour and texture of a material; `None` if it is hardly visible.
fn coat(material: &tobj::Material, folder: &Path) -> Option<Coat> {
    if material.dissolve.is_some_and(|opacity| opacity < MIN_OPACITY) {
        return None;
    }
    let file = material.diffuse_texture.as_ref().map(|name| folder.join(name.replace('\\', "/")));
    let texture = file.and_then(|path| texture(&path));
    let diffuse = material.diffuse.unwrap_or([0.7; 3]).map(|x| f64::from(x.clamp(0.015, 1.0)));
    let colour = if texture.is_some() { Vec3::ONE } else { linear(Colour(diffuse)) };
    Some(Coat { colour, material: Material { texture: texture.map(Arc::new), gloss: 0.03 } })
}

/// A texture from an image file; `None` if it cannot be read.
fn texture(path: &Path) -> Option<Texture> {
    let image = stgan_decoder::decode(&std::fs::read(path).ok()?).ok()?;
    let step = image.width.max(image.height).div_ceil(MAX_TEXTURE).max(1);
    let (width, height) = (image.width.div_ceil(step), image.height.div_ceil(step));
    let texel = |i: u32| {
        // The mean of a block of pixels.
        let (x0, y0) = (i % width * step, i / width * step);
        let (mut sum, mut count) = (Vec3::ZERO, 0.0);
        for y in y0..(y0 + step).min(image.height) {
            for x in x0..(x0 + step).min(image.width) {
                let pixel = &image.pixels[4 * (y * image.width + x) as usize..][..3];
                let rgb = Vec3::new(f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2])) / 255.0;
                sum += rgb * rgb;
                count += 1.0;
            }
        }
        sum / count
    };
    Some(Texture::new(width as usize, height as usize, (0..width * height).map(texel).collect()))
}

fn mesh(mesh: &tobj::Mesh, coat: &Coat) -> Mesh {
    let at = |values: &[f32], i: usize| values.get(3 * i..3 * i + 3).map_or(Vec3::ZERO, Vec3::from_slice);
    let vertices = (0..mesh.positions.len() / 3).map(|i| Vertex {
        position: at(&mesh.positions, i),
        normal: at(&mesh.normals, i),
        uv: mesh.texcoords.get(2 * i..2 * i + 2).map_or(Vec2::ZERO, Vec2::from_slice),
        colour: coat.colour,
    });
    let triangles = mesh.indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect();
    Mesh { vertices: vertices.collect(), triangles, material: coat.material.clone() }
}

/// Rotates and scales meshes to the size of the catalogue.
fn fit(meshes: &mut [Mesh], entry: &ModelEntry) {
    let rotation = Affine3A::from_mat3(entry.rotation);
    meshes.iter_mut().for_each(|mesh| mesh.transform(&rotation));
    let bounds = meshes.iter().filter_map(Mesh::bounds).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    if let Some((low, high)) = bounds {
        let scale = Affine3A::from_scale(entry.size / (high - low).max(Vec3::splat(1e-6)));
        meshes.iter_mut().for_each(|mesh| mesh.transform(&scale));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn every_line_of_the_catalogue_is_a_model_with_licence_and_creator() {
        let lines = include_str!("catalogue.csv").lines().count() - 1;
        let models = model_catalogue();
        assert_eq!(models.len(), lines);
        for model in &models {
            assert!(["CC0", "CC-BY-3.0", "CC-BY-3.0-US"].contains(&model.licence), "{model:?}");
            assert!(!model.creator.is_empty() && model.file.ends_with(".obj"), "{model:?}");
            assert!(model.size.min_element() > 0.1 && model.size.max_element() < 4.0, "{model:?}");
            assert!((model.rotation.determinant() - 1.0).abs() < 1e-3, "{model:?}");
        }
        for category in Category::TARGETS {
            assert!(models.iter().filter(|model| model.category == category).count() >= 8, "{category:?}");
        }
    }

    #[test]
    fn a_model_gets_its_size_colour_and_texture() {
        let folder = std::env::temp_dir().join(format!("stgan-test-{}-models", std::process::id()));
        let entry = model_catalogue().into_iter().find(|e| e.category == Category::Desk).unwrap();
        let path = folder.join(entry.library).join(entry.file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mtl = "newmtl red\nKd 1 0 0\nnewmtl glass\nKd 1 1 1\nd 0.1\n";
        std::fs::write(path.with_file_name("m.mtl"), mtl).unwrap();
        let obj = "mtllib m.mtl\nv 0 0 0\nv 4 0 0\nv 4 2 0\nv 0 2 8\nusemtl red\nf 1 2 3 4\nusemtl glass\nf 1 2 3\n";
        std::fs::write(&path, obj).unwrap();
        let models = Models::open(&folder).unwrap();
        assert_eq!(models.len(), 1);
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let piece = models.piece(rng, Category::Desk, true).unwrap();
        assert!((piece.size / entry.size - Vec3::ONE).abs().max_element() < 0.061, "{}", piece.size);
        assert_eq!(piece.meshes.len(), 1, "glass is left out");
        let colour = piece.meshes[0].vertices[0].colour;
        assert!(colour.x > 0.4 && colour.y < 0.01, "{colour}");
        assert!(models.piece(rng, Category::Desk, false).is_none() && models.piece(rng, Category::Bed, true).is_none());
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(Models::open(&folder).unwrap_err().code(), "argument");
    }
}
