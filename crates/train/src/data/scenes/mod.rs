//! Training scenes for a locator: images with faces of any size, position and tilt, and with
//! distractors.
//!
//! A scene is a list of layers, each an image under a similarity. It can be rendered at any size
//! and through any view, so the detector's scene and the refiner's crops show the same faces. The
//! images are aligned images of a data set (cut out and pasted), its full photos, synthetic people,
//! glasses to put on faces, and faceless images.

mod degrade;
mod layers;
mod settings;
mod sources;

pub(crate) use degrade::degrade;
pub(crate) use layers::{KnownAttributes, Scene};
pub use settings::SceneSettings;

use super::landmarks::{self, Landmarks, Point};
use crate::Result;
use layers::{Mask, SceneLayer, SourceImage};
use rand::Rng;
use rand_distr::StandardNormal;
use sources::{CutOut, FacePhoto};
use std::sync::Arc;
use stgan::internals::pose::{PUPIL_X, TEMPLE_X};
use stgan::{Bitmap, Homography};

/// Inter-pupil distances in pixels of a scene: the range of the detector's levels, with a margin on
/// both sides.
const PUPIL_DISTANCES: std::ops::Range<f64> = 3.2..26.0;

/// The images that scenes are made of.
pub(crate) struct Scenes {
    settings: SceneSettings,
    /// With the landmarks of their faces, in their pixels.
    faces: Vec<CutOut>,
    people: Vec<CutOut>,
    photos: Vec<FacePhoto>,
    glasses: Vec<(Arc<SourceImage>, Homography)>,
    faceless: Vec<Arc<SourceImage>>,
}

/// An image with a pasted face.
pub(crate) struct Pasted {
    pub image: Bitmap,
    /// The landmarks of the face, and those that a fit should meet ([`super::Face::reference`]).
    pub target: Landmarks,
    pub reference: Landmarks,
    /// See [`super::Face::turn`].
    pub turn: f64,
}

impl Scenes {
    /// Samples a scene of `size × size` pixels.
    ///
    /// # Errors
    /// [`stgan::Error::Degenerate`] for degenerate landmarks, which an opened data set does not
    /// have.
    pub(crate) fn sample(&self, size: usize, rng: &mut impl Rng) -> Result<Scene> {
        let mut scene = Scene::new(size);
        let photo = if self.photos.is_empty() { 0.0 } else { self.settings.photo_share };
        if rng.random_bool(photo) {
            self.photo(&mut scene, rng)?
        } else {
            self.background(&mut scene, rng)?
        }
        // Distractors are pasted in the same way as faces, so that an outline does not reveal a
        // face.
        for _ in 0..rng.random_range(0..3) {
            self.distractor(&mut scene, rng)?;
        }
        let max_faces = if scene.faces.is_empty() { 5 } else { 3 };
        let empty = rng.random_bool(0.15);
        // In most scenes the faces have similar sizes, as in a group photo.
        let size = log_uniform(PUPIL_DISTANCES, rng);
        for _ in 0..if empty { 0 } else { rng.random_range(0..=max_faces) } {
            let scene_distance = if rng.random_bool(0.6) {
                size * rng.random_range(0.8..1.25)
            } else {
                log_uniform(PUPIL_DISTANCES, rng)
            };
            self.paste(&mut scene, scene_distance.clamp(PUPIL_DISTANCES.start, PUPIL_DISTANCES.end), rng)?;
        }
        Ok(scene)
    }

    /// The number of faces without glasses that can be pasted.
    pub(crate) fn faces_without_glasses(&self) -> usize {
        self.faces.iter().filter(|face| face.without_glasses).count()
    }

    /// Pastes face `index` (of those without glasses) at a random position of a made-up background
    /// of `size × size` pixels.
    ///
    /// Its glasses would take 5 to 100 % of the width. The face is tilted by up to 35°, and
    /// mirrored in half of the cases. Landmarks are in pixels of the image.
    ///
    /// # Errors
    /// Those of [`Scenes::sample`].
    ///
    /// # Panics
    /// If there is no such face.
    pub(crate) fn pasted(&self, index: usize, size: usize, rng: &mut impl Rng) -> Result<Pasted> {
        let face = &self.faces[index];
        let mut scene = Scene::new(size);
        self.background(&mut scene, rng)?;
        let side = size as f64;
        let across = side * log_uniform(0.05..1.0, rng);
        let (midpoint, pupil_distance) = (midpoint(&face.target), landmarks::distance(face.target[0], face.target[1]));
        // The glasses lie completely within the image.
        let mut at = || 0.5 * across + (side - across) * rng.random::<f64>();
        let (x, y) = (at(), at());
        let (tilt, flip) = (rng.random_range(-35.0..35.0f64), rng.random_bool(0.5));
        let to_scene = Homography::similarity(across * PUPIL_X / TEMPLE_X / pupil_distance, tilt.to_radians(), x, y)
            * Homography([if flip { -1.0 } else { 1.0 }, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
            * Homography::similarity(1.0, 0.0, -midpoint[0], -midpoint[1]);
        let reach = [rng.random_range(1.35..2.3), rng.random_range(1.8..3.2)].map(|r| r * pupil_distance);
        let centre = [midpoint[0], midpoint[1] + 0.4 * pupil_distance];
        scene.push(SceneLayer::new(face.image.clone(), &to_scene, outline(centre, reach, rng))?);
        let [target, reference] = [&face.target, &face.reference].map(|points| {
            let mut points = landmarks::apply(&to_scene, points);
            if flip {
                points.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
            }
            points
        });
        let pixels = scene.render(&Homography::IDENTITY, size, size)?;
        let bytes = |pixel: [f32; 4]| pixel.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
        let data = pixels.into_iter().flat_map(|p| bytes([p[0], p[1], p[2], 1.0])).collect();
        let side = size as u32;
        Ok(Pasted { image: Bitmap::new(side, side, data)?, target, reference, turn: face.turn })
    }

    /// Adds a part of a full photo, in most cases with its face.
    fn photo(&self, scene: &mut Scene, rng: &mut impl Rng) -> Result<()> {
        let FacePhoto { image, target, known } = &self.photos[rng.random_range(0..self.photos.len())];
        let scene_distance = log_uniform(PUPIL_DISTANCES, rng);
        let size = scene.size as f64;
        // One in five shows what is beside the face.
        let at = if rng.random_bool(0.8) {
            [size * rng.random_range(0.05..0.95), size * rng.random_range(0.05..0.95)]
        } else {
            [size * rng.random_range(-0.5..1.5), size * rng.random_range(-0.7..0.1)]
        };
        let to_scene = self.pose(target, scene_distance, at, rng);
        scene.push(SceneLayer::new(image.clone(), &to_scene, Mask::Whole)?);
        scene.add_face(&landmarks::apply(&to_scene, target), *known);
        Ok(())
    }

    /// Adds a made-up background.
    fn background(&self, scene: &mut Scene, rng: &mut impl Rng) -> Result<()> {
        let size = scene.size as f64;
        let (image, centre, radius) = if rng.random_bool(0.6) || self.photos.is_empty() {
            let image = &self.faceless[rng.random_range(0..self.faceless.len())];
            let [w, h] = image.size();
            (image, [0.5 * w, 0.5 * h], 0.5 * w.min(h))
        } else {
            // The part below the face, which shows clothes.
            let FacePhoto { image, target, .. } = &self.photos[rng.random_range(0..self.photos.len())];
            let [w, h] = image.size();
            let pupil_distance = landmarks::distance(target[0], target[1]);
            let chin = target[0][1].max(target[1][1]) + 2.6 * pupil_distance;
            if h - chin < 12.0 {
                let image = &self.faceless[rng.random_range(0..self.faceless.len())];
                let [w, h] = image.size();
                (image, [0.5 * w, 0.5 * h], 0.5 * w.min(h))
            } else {
                (image, [0.5 * w, 0.5 * (chin + h)], 0.5 * w.min(h - chin))
            }
        };
        // The square around the centre covers the scene at any rotation.
        let scale = size / 2.0 / radius * rng.random_range(1.0..1.8);
        let turn = if rng.random_bool(0.7) { 0.0 } else { rng.random_range(-3.2..3.2f64) };
        let covering = scale * (turn.sin().abs() + turn.cos().abs());
        let flip = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        let to_scene = Homography::similarity(covering, turn, 0.5 * size, 0.5 * size)
            * Homography([flip, 0.0, -flip * centre[0], 0.0, 1.0, -centre[1], 0.0, 0.0, 1.0]);
        scene.push(SceneLayer::new(image.clone(), &to_scene, Mask::Clamped { centre, radius })?);
        Ok(())
    }

    /// Adds a distractor: a faceless image, cut out as faces are.
    fn distractor(&self, scene: &mut Scene, rng: &mut impl Rng) -> Result<()> {
        let (size, image) = (scene.size as f64, &self.faceless[rng.random_range(0..self.faceless.len())]);
        let [w, h] = image.size();
        let across = size * log_uniform(0.08..0.9, rng);
        let scale = across / w * rng.random_range(1.0..2.0);
        let at = [rng.random_range(0.0..size), rng.random_range(0.0..size)];
        let centre = [w * rng.random_range(0.2..0.8), h * rng.random_range(0.2..0.8)];
        let reach = across / scale * 0.5;
        let to_scene = Homography::similarity(scale, 0.3 * normal(rng), at[0], at[1])
            * Homography::similarity(1.0, 0.0, -centre[0], -centre[1]);
        if scene.is_free(at, 0.8 * across) {
            scene.push(SceneLayer::new(image.clone(), &to_scene, outline(centre, [reach, reach], rng))?);
        }
        Ok(())
    }

    /// Adds a face, cut out, at a free position if there is one.
    fn paste(&self, scene: &mut Scene, scene_distance: f64, rng: &mut impl Rng) -> Result<()> {
        let drawn =
            !self.people.is_empty() && (self.faces.is_empty() || rng.random_bool(self.settings.synthetic_share));
        let pool = if drawn { &self.people } else { &self.faces };
        if pool.is_empty() {
            return Ok(());
        }
        let face = &pool[rng.random_range(0..pool.len())];
        let (size, pupil_distance) = (scene.size as f64, landmarks::distance(face.target[0], face.target[1]));
        let midpoint = midpoint(&face.target);
        // The reach of the cutout in inter-pupil distances: from the head alone to head and
        // shoulders.
        let reach = [rng.random_range(1.35..2.3), rng.random_range(1.8..3.2)];
        let lower = rng.random_range(0.2..0.6);
        let centre = [midpoint[0], midpoint[1] + lower * pupil_distance];
        let mask = outline(centre, reach.map(|r| r * pupil_distance), rng);
        for _ in 0..6 {
            let margin = (0.7 * scene_distance).min(0.45 * size);
            let at = [rng.random_range(margin..size - margin), rng.random_range(margin..size - margin)];
            if !scene.is_free(at, reach[1] * scene_distance) {
                continue;
            }
            let to_scene = self.pose(&face.target, scene_distance, at, rng);
            scene.push(SceneLayer::new(face.image.clone(), &to_scene, mask)?);
            let mut known = face.known;
            if face.without_glasses && !self.glasses.is_empty() && rng.random_bool(self.settings.glasses_share) {
                let (glasses, to_canonical) = &self.glasses[rng.random_range(0..self.glasses.len())];
                let on_face = to_scene * landmarks::glasses_to_image(&face.target)? * *to_canonical;
                scene.push(SceneLayer::new(glasses.clone(), &on_face, Mask::Whole)?);
                // The lenses may be dark.
                known = KnownAttributes { glasses: Some(true), covered: None, ..known };
            }
            scene.add_face(&landmarks::apply(&to_scene, &face.target), known);
            break;
        }
        Ok(())
    }

    /// Maps an image to the scene: the midpoint of the pupils goes to `at`, their distance becomes
    /// `scene_distance`. The face is tilted at random, and mirrored in half of the cases.
    fn pose(&self, target: &Landmarks, scene_distance: f64, at: Point, rng: &mut impl Rng) -> Homography {
        let (midpoint, pupil_distance) = (midpoint(target), landmarks::distance(target[0], target[1]));
        let level = (target[1][1] - target[0][1]).atan2(target[1][0] - target[0][0]);
        let tilt = self.settings.tilt.to_radians();
        let tilt = if rng.random_bool(1.0 / 3.0) { rng.random_range(-3.0..3.0) * tilt } else { normal(rng) * tilt };
        let flip = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        // A random aspect ratio, as from lenses and turned heads.
        let squeeze = (0.06 * normal(rng)).exp();
        Homography::similarity(scene_distance / pupil_distance, tilt, at[0], at[1])
            * Homography([flip * squeeze, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
            * Homography::similarity(1.0, -level, 0.0, 0.0)
            * Homography::similarity(1.0, 0.0, -midpoint[0], -midpoint[1])
    }
}

fn midpoint(target: &Landmarks) -> Point {
    [0, 1].map(|k| 0.5 * (target[0][k] + target[1][k]))
}

/// An oval or a box with a sharp or soft edge.
fn outline(centre: Point, reach: [f64; 2], rng: &mut impl Rng) -> Mask {
    let soft = if rng.random_bool(0.3) { 0.01 } else { rng.random_range(0.02..0.35) };
    if rng.random_bool(0.7) { Mask::Oval { centre, reach, soft } } else { Mask::Box { centre, reach, soft } }
}

fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(StandardNormal)
}

fn log_uniform(range: std::ops::Range<f64>, rng: &mut impl Rng) -> f64 {
    rng.random_range(range.start.ln()..range.end.ln()).exp()
}
