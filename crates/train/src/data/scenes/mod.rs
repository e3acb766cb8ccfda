//! Scenes for a locator: photos as they might be, with faces of any size, place and tilt, and everything around them that is
//! none. Native only.
//!
//! A scene is a list of layers, each an image under a similarity; it is rendered at any size and through any view, so that the
//! detector's whole scene and the refiner's closer looks come from the same faces. Sources are a data set's aligned images (cut
//! out and pasted), its whole photos, drawn people, glasses to put on faces, and faceless pictures.

mod degrade;
mod layers;

pub(crate) use degrade::degrade;
pub(crate) use layers::Scene;

use super::landmarks::{self, Landmarks, Point};
use super::{Dataset, Pool};
use crate::Result;
use crate::address::{Stream, rng};
use layers::{Mask, SceneLayer, SourceImage};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use stgan::compose::Foreground;
use stgan::internals::pose::{PUPIL_X, TEMPLE_X, glasses_to_canonical};
use stgan::internals::resample::Pyramid;
use stgan::{Bitmap, Homography};
use stgan_synth::faceless::Kind;
use stgan_synth::people::{self, Person};
use stgan_synth::random;

/// What scenes are made of: shares and counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SceneSettings {
    /// Share of the scenes that are a part of a whole photo; the others have a made-up background.
    pub photo_share: f64,
    /// Share of the pasted faces that are drawn people.
    pub synthetic_share: f64,
    /// Share of the pasted bare faces that a frame is put on.
    pub glasses_share: f64,
    /// How many people are drawn, glasses, and faceless pictures of every kind.
    pub people: usize,
    /// The number of glasses.
    pub glasses: usize,
    /// Images without a face.
    pub faceless: usize,
    /// Standard deviation of the tilt in degrees; a third of the faces is tilted by up to three times that, evenly.
    pub tilt: f64,
}

impl Default for SceneSettings {
    fn default() -> Self {
        Self {
            photo_share: 0.35,
            synthetic_share: 0.12,
            glasses_share: 0.3,
            people: 400,
            glasses: 400,
            faceless: 150,
            tilt: 14.0,
        }
    }
}

/// Pixels across drawn people, and across faceless pictures.
const PERSON_WIDTH: u32 = 178;
const FACELESS_WIDTH: u32 = 160;
const GLASSES_WIDTH: u32 = 96;

/// Eye distances in a scene's pixels: what the detector's levels may hold, and a little beyond on both sides.
const PUPIL_DISTANCES: std::ops::Range<f64> = 3.2..26.0;

/// All images that scenes are made of.
pub(crate) struct Scenes {
    settings: SceneSettings,
    /// With the points of their faces, in their pixels.
    faces: Vec<CutOut>,
    people: Vec<CutOut>,
    photos: Vec<(Arc<SourceImage>, Landmarks)>,
    glasses: Vec<(Arc<SourceImage>, Homography)>,
    faceless: Vec<Arc<SourceImage>>,
}

/// An image with a face that can be cut out.
struct CutOut {
    image: Arc<SourceImage>,
    target: Landmarks,
    bare: bool,
    /// See [`super::Face::turn`].
    turn: f64,
}

impl Scenes {
    /// From the faces of a data set that are learned from, or from those that are held out.
    ///
    /// # Errors
    /// [`crate::Error::Data`] and [`crate::Error::Io`] for images that cannot be read.
    pub(crate) fn new(dataset: &Dataset, held_out: bool, settings: &SceneSettings, seed: u64) -> Result<Self> {
        let (bare, wearers) = if held_out {
            (&dataset.validation_without_glasses, &dataset.validation_with_glasses)
        } else {
            (&dataset.without_glasses, &dataset.with_glasses)
        };
        let (mut faces, mut photos) = (Vec::new(), Vec::new());
        for (pool, bare) in [(bare, true), (wearers, false)] {
            faces.extend(of_pool(pool, bare)?);
            photos.extend(photos_of(pool)?);
        }
        let people = (0..settings.people)
            .into_par_iter()
            .map(|i| {
                let person = Person::sample(&mut rng(seed, Stream::ScenePerson(i)));
                let scale = f64::from(PERSON_WIDTH) / people::WIDTH;
                let scaled = |points: [Point; 2]| points.map(|p| p.map(|x| x * scale));
                let target = landmarks::from_landmarks(scaled(person.irises()), scaled(person.temples()));
                let image = SourceImage::new(person.draw(PERSON_WIDTH)?.as_ref(), 0)?;
                Ok(CutOut { image, target, bare: true, turn: 0.0 })
            })
            .collect::<Result<_>>()?;
        let glasses = (0..settings.glasses)
            .into_par_iter()
            .map(|i| {
                let image = random::frame(&mut rng(seed, Stream::SceneGlasses(i)), GLASSES_WIDTH);
                let to_canonical = glasses_to_canonical(&Foreground::new(image.as_ref())?);
                Ok((SourceImage::new(image.as_ref(), 0)?, to_canonical))
            })
            .collect::<Result<_>>()?;
        let faceless = (0..settings.faceless * Kind::ALL.len())
            .into_par_iter()
            .map(|i| {
                let kind = Kind::ALL[i % Kind::ALL.len()];
                SourceImage::new(kind.draw(&mut rng(seed, Stream::SceneFaceless(i)), FACELESS_WIDTH)?.as_ref(), 0)
            })
            .collect::<Result<_>>()?;
        Ok(Self { settings: settings.clone(), faces, people, photos, glasses, faceless })
    }

    /// A scene of `size × size` pixels.
    ///
    /// # Errors
    /// None for the data that [`Scenes::new`] admits.
    pub(crate) fn sample(&self, size: usize, rng: &mut impl Rng) -> Result<Scene> {
        let mut scene = Scene::new(size);
        let photo = if self.photos.is_empty() { 0.0 } else { self.settings.photo_share };
        if rng.random_bool(photo) {
            self.photo(&mut scene, rng)?
        } else {
            self.background(&mut scene, rng)?
        }
        // Things that are pasted just as faces are, so that an outline tells nothing.
        for _ in 0..rng.random_range(0..3) {
            self.distractor(&mut scene, rng)?;
        }
        let most = if scene.faces.is_empty() { 5 } else { 3 };
        let alone = rng.random_bool(0.15);
        // In most scenes faces are of about one size, as in a group.
        let size = log_uniform(PUPIL_DISTANCES, rng);
        for _ in 0..if alone { 0 } else { rng.random_range(0..=most) } {
            let eyes = if rng.random_bool(0.6) {
                size * rng.random_range(0.8..1.25)
            } else {
                log_uniform(PUPIL_DISTANCES, rng)
            };
            self.paste(&mut scene, eyes.clamp(PUPIL_DISTANCES.start, PUPIL_DISTANCES.end), rng)?;
        }
        Ok(scene)
    }

    /// How many bare faces can be pasted.
    pub(crate) fn faces_without_glasses(&self) -> usize {
        self.faces.iter().filter(|face| face.bare).count()
    }

    /// A picture of `size × size` pixels with one of the bare faces, cut out and pasted anywhere on a made-up background: a frame
    /// on it would take 5 to 100 % of the width; it is tilted by up to 35°, and mirrored in half of the cases. Gives the face's
    /// points in the image, and how far the head is turned ([`super::Face::turn`]).
    ///
    /// # Errors
    /// As [`Scenes::sample`].
    ///
    /// # Panics
    /// Where there is no such face.
    pub(crate) fn pasted(&self, index: usize, size: usize, rng: &mut impl Rng) -> Result<(Bitmap, Landmarks, f64)> {
        let face = &self.faces[index];
        let mut scene = Scene::new(size);
        self.background(&mut scene, rng)?;
        let side = size as f64;
        let across = side * log_uniform(0.05..1.0, rng);
        let (middle, apart) = (middle(&face.target), landmarks::distance(face.target[0], face.target[1]));
        // All of the frame is in the image.
        let mut at = || 0.5 * across + (side - across) * rng.random::<f64>();
        let (x, y) = (at(), at());
        let (tilt, flip) = (rng.random_range(-35.0..35.0f64), rng.random_bool(0.5));
        let to_scene = Homography::similarity(across * PUPIL_X / TEMPLE_X / apart, tilt.to_radians(), x, y)
            * Homography([if flip { -1.0 } else { 1.0 }, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
            * Homography::similarity(1.0, 0.0, -middle[0], -middle[1]);
        let reach = [rng.random_range(1.35..2.3), rng.random_range(1.8..3.2)].map(|r| r * apart);
        let centre = [middle[0], middle[1] + 0.4 * apart];
        scene.push(SceneLayer::new(face.image.clone(), &to_scene, outline(centre, reach, rng))?);
        let mut target = landmarks::apply(&to_scene, &face.target);
        if flip {
            target.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        let pixels = scene.render(&Homography::IDENTITY, size, size)?;
        let bytes = |pixel: [f32; 4]| pixel.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
        let data = pixels.into_iter().flat_map(|p| bytes([p[0], p[1], p[2], 1.0])).collect();
        let side = size as u32;
        Ok((Bitmap::new(side, side, data)?, target, face.turn))
    }

    /// A part of a whole photo, mostly with its face.
    fn photo(&self, scene: &mut Scene, rng: &mut impl Rng) -> Result<()> {
        let (image, target) = &self.photos[rng.random_range(0..self.photos.len())];
        let eyes = log_uniform(PUPIL_DISTANCES, rng);
        let size = scene.size as f64;
        // One in five shows what is beside the face.
        let at = if rng.random_bool(0.8) {
            [size * rng.random_range(0.05..0.95), size * rng.random_range(0.05..0.95)]
        } else {
            [size * rng.random_range(-0.5..1.5), size * rng.random_range(-0.7..0.1)]
        };
        let to_scene = self.pose(target, eyes, at, rng);
        scene.push(SceneLayer::new(image.clone(), &to_scene, Mask::Whole)?);
        scene.add_face(&landmarks::apply(&to_scene, target));
        Ok(())
    }

    /// A made-up background.
    fn background(&self, scene: &mut Scene, rng: &mut impl Rng) -> Result<()> {
        let size = scene.size as f64;
        let (image, centre, radius) = if rng.random_bool(0.6) || self.photos.is_empty() {
            let image = &self.faceless[rng.random_range(0..self.faceless.len())];
            let [w, h] = image.size();
            (image, [0.5 * w, 0.5 * h], 0.5 * w.min(h))
        } else {
            // Below the face, where a photo has clothes and what stands there.
            let (image, target) = &self.photos[rng.random_range(0..self.photos.len())];
            let [w, h] = image.size();
            let eyes = landmarks::distance(target[0], target[1]);
            let chin = target[0][1].max(target[1][1]) + 2.6 * eyes;
            if h - chin < 12.0 {
                let image = &self.faceless[rng.random_range(0..self.faceless.len())];
                let [w, h] = image.size();
                (image, [0.5 * w, 0.5 * h], 0.5 * w.min(h))
            } else {
                (image, [0.5 * w, 0.5 * (chin + h)], 0.5 * w.min(h - chin))
            }
        };
        // The square around the centre covers the scene, whichever way it is turned.
        let scale = size / 2.0 / radius * rng.random_range(1.0..1.8);
        let turn = if rng.random_bool(0.7) { 0.0 } else { rng.random_range(-3.2..3.2f64) };
        let covering = scale * (turn.sin().abs() + turn.cos().abs());
        let flip = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        let to_scene = Homography::similarity(covering, turn, 0.5 * size, 0.5 * size)
            * Homography([flip, 0.0, -flip * centre[0], 0.0, 1.0, -centre[1], 0.0, 0.0, 1.0]);
        scene.push(SceneLayer::new(image.clone(), &to_scene, Mask::Clamped { centre, radius })?);
        Ok(())
    }

    /// Something that is no face, cut out as faces are.
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

    /// A face, cut out and put where there is room for it.
    fn paste(&self, scene: &mut Scene, eyes: f64, rng: &mut impl Rng) -> Result<()> {
        let drawn =
            !self.people.is_empty() && (self.faces.is_empty() || rng.random_bool(self.settings.synthetic_share));
        let pool = if drawn { &self.people } else { &self.faces };
        if pool.is_empty() {
            return Ok(());
        }
        let face = &pool[rng.random_range(0..pool.len())];
        let (size, apart) = (scene.size as f64, landmarks::distance(face.target[0], face.target[1]));
        let middle = middle(&face.target);
        // How much of the image comes along, in eye distances: the head alone, or the shoulders too.
        let reach = [rng.random_range(1.35..2.3), rng.random_range(1.8..3.2)];
        let lower = rng.random_range(0.2..0.6);
        let centre = [middle[0], middle[1] + lower * apart];
        let mask = outline(centre, reach.map(|r| r * apart), rng);
        for _ in 0..6 {
            let margin = (0.7 * eyes).min(0.45 * size);
            let at = [rng.random_range(margin..size - margin), rng.random_range(margin..size - margin)];
            if !scene.is_free(at, reach[1] * eyes) {
                continue;
            }
            let to_scene = self.pose(&face.target, eyes, at, rng);
            scene.push(SceneLayer::new(face.image.clone(), &to_scene, mask)?);
            if face.bare && !self.glasses.is_empty() && rng.random_bool(self.settings.glasses_share) {
                let (frame, to_canonical) = &self.glasses[rng.random_range(0..self.glasses.len())];
                let on_face = to_scene * landmarks::glasses_to_image(&face.target)? * *to_canonical;
                scene.push(SceneLayer::new(frame.clone(), &on_face, Mask::Whole)?);
            }
            scene.add_face(&landmarks::apply(&to_scene, &face.target));
            break;
        }
        Ok(())
    }

    /// From an image to the scene: the pupils' middle at `at`, as far apart as `eyes`, tilted, mirrored in half of the cases.
    fn pose(&self, target: &Landmarks, eyes: f64, at: Point, rng: &mut impl Rng) -> Homography {
        let (middle, apart) = (middle(target), landmarks::distance(target[0], target[1]));
        let level = (target[1][1] - target[0][1]).atan2(target[1][0] - target[0][0]);
        let tilt = self.settings.tilt.to_radians();
        let tilt = if rng.random_bool(1.0 / 3.0) { rng.random_range(-3.0..3.0) * tilt } else { normal(rng) * tilt };
        let flip = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        // A little narrower or wider than it is, as lenses and turned heads make it.
        let squeeze = (0.06 * normal(rng)).exp();
        Homography::similarity(eyes / apart, tilt, at[0], at[1])
            * Homography([flip * squeeze, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
            * Homography::similarity(1.0, -level, 0.0, 0.0)
            * Homography::similarity(1.0, 0.0, -middle[0], -middle[1])
    }
}

fn middle(target: &Landmarks) -> Point {
    [0, 1].map(|k| 0.5 * (target[0][k] + target[1][k]))
}

/// An oval or a box, its edge sharp or soft.
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

/// The aligned images of a pool, at half their size: sharper than a scene needs them.
fn of_pool(pool: &Pool, bare: bool) -> Result<Vec<CutOut>> {
    let face = |face: &super::Face| -> Option<Result<CutOut>> {
        let target = face.target?;
        // Where a face has 60 pixels between its eyes, half of them do.
        let skipped = u32::from(landmarks::distance(target[0], target[1]) > 40.0);
        let image = face.image().and_then(|image| SourceImage::new(image.as_ref(), skipped));
        let turn = face.turn().unwrap_or(0.0);
        Some(image.map(|image| CutOut { image, target, bare, turn }))
    };
    pool.faces().par_iter().filter_map(face).collect()
}

/// The whole photos of a pool, with no more detail than scenes need.
fn photos_of(pool: &Pool) -> Result<Vec<(Arc<SourceImage>, Landmarks)>> {
    let photo = |face: &super::Face| -> Option<Result<(Arc<SourceImage>, Landmarks)>> {
        let (image, target) = match face.photo() {
            Ok(found) => found?,
            Err(error) => return Some(Err(error)),
        };
        let skipped = (landmarks::distance(target[0], target[1]) / 40.0).log2().ceil().clamp(0.0, 6.0) as u32;
        Some(SourceImage::new(image.as_ref(), skipped).map(|image| (image, target)))
    };
    pool.faces().par_iter().filter_map(photo).collect()
}

/// A pyramid with its size.
impl SourceImage {
    fn new(image: stgan::BitmapRef, skipped: u32) -> Result<Arc<Self>> {
        Ok(Arc::new(Self(Pyramid::from_level(image, skipped)?)))
    }

    fn size(&self) -> [f64; 2] {
        [f64::from(self.0.width()), f64::from(self.0.height())]
    }
}
