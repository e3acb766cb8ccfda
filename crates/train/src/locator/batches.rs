//! What one iteration looks at, and what it should have answered.

use crate::Result;
use crate::address::{Address, Purpose, rng};
use crate::config::LocatorConfig;
use crate::data::anchors::{Point, distance};
use crate::data::scenes::{Scene, Scenes, weather};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use stgan::internals::locate::{self, Detector, STRIDE};
use stgan::{Homography, LocatedFace, Placement};

/// Eye distances in pixels of a level at which a face is the detector's to find, and those at which it may, but need not.
const FOUND: std::ops::Range<f64> = 3.8..14.5;
const MAYBE: std::ops::Range<f64> = 3.0..24.0;

/// Places nearer to a face's middle than this, in eye distances, should say that it is one; places nearer than the second say
/// nothing wrong, whatever they say.
const NEAR: f64 = 0.4;
const BESIDE: f64 = 1.0;

/// The refiner is not shown places whose frame would be narrower than this many pixels of the scene.
const SMALLEST: f64 = 5.0;

/// Inputs [B, 3, H, W], and for every place of the answers [B, …, h, w]: 1 where there is a face, 1 where there is none (what has
/// neither does not count), the answer's four coordinates, and what a unit of them is in eye distances.
pub(super) struct Batch {
    pub input: Tensor,
    pub face: Tensor,
    pub none: Tensor,
    pub eyes: Tensor,
    pub unit: Tensor,
}

/// The same of one example, as plain numbers.
struct Example {
    input: Vec<f32>,
    face: Vec<f32>,
    none: Vec<f32>,
    eyes: Vec<f32>,
    unit: Vec<f32>,
}

fn stack(examples: &[Example], input: usize, places: usize, device: &Device) -> Result<Batch> {
    let n = examples.len();
    let tensor = |of: fn(&Example) -> &Vec<f32>, channels: usize, side: usize| -> Result<Tensor> {
        let all: Vec<f32> = examples.iter().flat_map(|e| of(e).iter().copied()).collect();
        Ok(Tensor::from_vec(all, (n, channels, side, side), device)?)
    };
    Ok(Batch {
        input: tensor(|e| &e.input, 3, input)?,
        face: tensor(|e| &e.face, 1, places)?,
        none: tensor(|e| &e.none, 1, places)?,
        eyes: tensor(|e| &e.eyes, 4, places)?,
        unit: tensor(|e| &e.unit, 1, places)?,
    })
}

/// A batch for the detector.
pub(super) fn detector(config: &LocatorConfig, scenes: &Scenes, step: usize, device: &Device) -> Result<Batch> {
    let settings = &config.locator.detector;
    let size = settings.size;
    let one = |item: usize| -> Result<Example> {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Detector, step, item });
        let scene = scenes.sample(size, &mut rng)?;
        let input = weather(&scene.render(&Homography::IDENTITY, size, size)?, size, &mut rng);
        Ok(answers(&scene, input))
    };
    let examples: Vec<_> = (0..settings.batch).into_par_iter().map(one).collect::<Result<_>>()?;
    stack(&examples, size, size / STRIDE, device)
}

fn middle([a, b]: [Point; 2]) -> Point {
    [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])]
}

/// What the detector should say of a scene.
fn answers(scene: &Scene, input: Vec<f32>) -> Example {
    let (side, stride) = (scene.size / STRIDE, STRIDE as f64);
    let places = side * side;
    let mut e = Example {
        input,
        face: vec![0.0; places],
        none: vec![1.0; places],
        eyes: vec![0.0; 4 * places],
        unit: vec![0.0; places],
    };
    let mut nearest = vec![f64::INFINITY; places];
    for &face in &scene.faces {
        let (apart, centre) = (distance(face[0], face[1]), middle(face));
        for (place, nearest) in nearest.iter_mut().enumerate() {
            let at = [(place % side) as f64 + 0.5, (place / side) as f64 + 0.5].map(|x| x * stride);
            let far = distance(at, centre);
            // At least one place is that near, however small the face is.
            let near = (NEAR * apart).max(0.71 * stride);
            if FOUND.contains(&apart) && far < near {
                e.none[place] = 0.0;
                if far < *nearest {
                    *nearest = far;
                    (e.face[place], e.unit[place]) = (1.0, (stride / apart) as f32);
                    for (k, value) in face.iter().flatten().enumerate() {
                        e.eyes[k * places + place] = ((value - at[k % 2]) / stride) as f32;
                    }
                }
            } else if MAYBE.contains(&apart) && far < (BESIDE * apart).max(near + 0.5 * stride) {
                e.none[place] = 0.0;
            }
        }
    }
    e
}

/// A batch for the refiner, on what `proposals` takes for faces and on other places of the scenes.
pub(super) fn refiner(
    config: &LocatorConfig,
    scenes: &Scenes,
    proposals: &Detector,
    step: usize,
    device: &Device,
) -> Result<Batch> {
    let settings = &config.locator.refiner;
    let (scene_size, size) = (config.locator.detector.size, config.locator.networks.refiner.size);
    let one = |item: usize| -> Result<Vec<Example>> {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Refiner, step, item });
        let scene = scenes.sample(scene_size, &mut rng)?;
        let seen = weather(&scene.render(&Homography::IDENTITY, scene_size, scene_size)?, scene_size, &mut rng);
        let named = proposals.in_planes(&seen, (scene_size, scene_size));
        let mut examples = Vec::new();
        for place in places(&scene, named, settings.views, &mut rng) {
            examples.push(view(&scene, &place, size, &mut rng)?);
        }
        Ok(examples)
    };
    let examples: Vec<Vec<Example>> = (0..settings.batch).into_par_iter().map(one).collect::<Result<_>>()?;
    let examples: Vec<Example> = examples.into_iter().flatten().collect();
    stack(&examples, size, 1, device)
}

/// Where the refiner looks in a scene.
fn places(scene: &Scene, mut named: Vec<LocatedFace>, count: usize, rng: &mut impl Rng) -> Vec<Placement> {
    let normal = |rng: &mut dyn rand::RngCore| rng.sample::<f64, _>(StandardNormal);
    // The mistakes first: they are few.
    named.retain(|place| place.score > 0.03 && place.placement().width > SMALLEST);
    named.sort_by_key(|place| matches(scene, &place.placement()).is_some());
    let mut places: Vec<Placement> = named.iter().take(count / 2).map(LocatedFace::placement).collect();
    while places.len() < count {
        let size = scene.size as f64;
        let somewhere = |rng: &mut dyn rand::RngCore| [rng.random_range(0.0..size), rng.random_range(0.0..size)];
        let choice = rng.random_range(0.0..1.0);
        let face = (!scene.faces.is_empty()).then(|| scene.faces[rng.random_range(0..scene.faces.len())]);
        places.push(match face {
            // Missed by a little, as the detector does and as people do who move.
            Some(face) if choice < 0.6 => {
                let place = LocatedFace::new(face, 1.0).placement();
                let apart = distance(face[0], face[1]);
                let far = if rng.random_bool(0.3) { 0.28 } else { 0.13 };
                Placement {
                    x: place.x + far * apart * normal(rng),
                    y: place.y + far * apart * normal(rng),
                    width: place.width * (0.15 * normal(rng)).exp(),
                    rotation: place.rotation + 9.0 * normal(rng),
                }
            }
            // Missed by far: beside, a part, of another size.
            Some(face) if choice < 0.85 => {
                let place = LocatedFace::new(face, 1.0).placement();
                let apart = distance(face[0], face[1]);
                Placement {
                    x: place.x + 1.2 * apart * normal(rng),
                    y: place.y + 1.2 * apart * normal(rng),
                    width: place.width * (0.7 * normal(rng)).exp(),
                    rotation: place.rotation + 20.0 * normal(rng),
                }
            }
            _ => {
                let [x, y] = somewhere(rng);
                let width = rng.random_range(7.0f64.ln()..60.0f64.ln()).exp();
                Placement { x, y, width, rotation: 20.0 * normal(rng) }
            }
        });
    }
    places.iter_mut().for_each(|place| place.width = place.width.max(SMALLEST));
    places
}

/// The face that a place is near enough to, if there is one: its pupils in canonical coordinates.
fn matches(scene: &Scene, place: &Placement) -> Option<[Point; 2]> {
    let to_canonical = place.to_photo().ok()?.inverse().ok()?;
    let ([left, right], unit) = locate::canonical_pupils();
    let wanted = middle([left, right]);
    scene.faces.iter().map(|face| face.map(|eye| to_canonical.apply(eye))).find(|eyes| {
        let size = distance(eyes[0], eyes[1]) / unit;
        distance(middle(*eyes), wanted) < 0.6 * unit * size.max(1.0) && (0.5..2.0).contains(&size)
    })
}

/// Whether a place is so near to a face that it would be wrong to say that it is none.
fn doubtful(scene: &Scene, place: &Placement) -> bool {
    let Some(to_canonical) = place.to_photo().ok().and_then(|map| map.inverse().ok()) else { return true };
    let ([left, right], unit) = locate::canonical_pupils();
    scene.faces.iter().any(|face| {
        let eyes = face.map(|eye| to_canonical.apply(eye));
        let size = distance(eyes[0], eyes[1]) / unit;
        distance(middle(eyes), middle([left, right])) < 0.9 * unit * size.max(1.0) && (0.4..2.5).contains(&size)
    })
}

/// What the refiner sees of a place, and what it should say.
fn view(scene: &Scene, place: &Placement, size: usize, rng: &mut impl Rng) -> Result<Example> {
    let input = weather(&scene.render(&locate::view_to_photo(place, size)?, size, size)?, size, rng);
    let found = matches(scene, place);
    let (expected, unit) = locate::canonical_pupils();
    let mut e = Example { input, face: vec![0.0], none: vec![0.0], eyes: vec![0.0; 4], unit: vec![1.0] };
    match found {
        Some(eyes) => {
            e.face[0] = 1.0;
            for (k, value) in e.eyes.iter_mut().enumerate() {
                *value = ((eyes[k / 2][k % 2] - expected[k / 2][k % 2]) / unit) as f32;
            }
        }
        None if doubtful(scene, place) => {}
        None => e.none[0] = 1.0,
    }
    Ok(e)
}
