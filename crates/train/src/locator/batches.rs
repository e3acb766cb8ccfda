//! Batches for detector and refiner, with their targets.

use crate::Result;
use crate::address::{Address, Purpose, rng};
use crate::config::LocatorConfig;
use crate::data::landmarks::{Point, distance};
use crate::data::scenes::{KnownAttributes, Scene, Scenes, degrade};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use stgan::internals::locate::{self, Detector, STRIDE};
use stgan::{FaceAttributes, Homography, LocatedFace, Placement};

/// Inter-pupil distances, in pixels of the level, at which the detector has to find a face, and at
/// which it may, but need not.
const TARGET_DISTANCES: std::ops::Range<f64> = 3.8..14.5;
const AMBIGUOUS_DISTANCES: std::ops::Range<f64> = 3.0..24.0;

/// Within this distance from the midpoint of a face, in inter-pupil distances, a cell is positive.
/// Within the second it is ignored, otherwise negative.
const POSITIVE_RADIUS: f64 = 0.4;
const IGNORED_RADIUS: f64 = 1.0;

/// The minimum score of a proposal that the refiner is trained on.
const MIN_PROPOSAL_SCORE: f64 = 0.03;

/// The minimum width of the glasses' placement in a crop for the refiner, in pixels of the scene.
const MIN_PLACEMENT_WIDTH: f64 = 5.0;

/// Inputs [B, 3, H, W] and targets [B, …, h, w] for each output cell.
///
/// `positive` and `negative` are 0 or 1; a cell with 0 in both is ignored. `pupils` are the four
/// coordinates of the pupils, and `unit` is the size of their unit in inter-pupil distances.
pub(super) struct LocatorBatch {
    pub input: Tensor,
    pub positive: Tensor,
    pub negative: Tensor,
    pub pupils: Tensor,
    pub unit: Tensor,
    /// For the refiner: the attributes as the network outputs them, and 1 for each that is known.
    pub attributes: Option<[Tensor; 2]>,
}

/// One example of a batch.
struct LocatorExample {
    input: Vec<f32>,
    positive: Vec<f32>,
    negative: Vec<f32>,
    pupils: Vec<f32>,
    unit: Vec<f32>,
    /// Empty for the detector.
    attributes: Vec<f32>,
    known: Vec<f32>,
}

fn stack(examples: &[LocatorExample], input: usize, cells: usize, device: &Device) -> Result<LocatorBatch> {
    let n = examples.len();
    let tensor = |of: fn(&LocatorExample) -> &Vec<f32>, channels: usize, side: usize| -> Result<Tensor> {
        let all: Vec<f32> = examples.iter().flat_map(|e| of(e).iter().copied()).collect();
        Ok(Tensor::from_vec(all, (n, channels, side, side), device)?)
    };
    let attributes = match examples.iter().all(|e| e.known.is_empty()) {
        true => None,
        false => {
            let outputs = FaceAttributes::OUTPUTS;
            Some([tensor(|e| &e.attributes, outputs, cells)?, tensor(|e| &e.known, outputs, cells)?])
        }
    };
    Ok(LocatorBatch {
        attributes,
        input: tensor(|e| &e.input, 3, input)?,
        positive: tensor(|e| &e.positive, 1, cells)?,
        negative: tensor(|e| &e.negative, 1, cells)?,
        pupils: tensor(|e| &e.pupils, 4, cells)?,
        unit: tensor(|e| &e.unit, 1, cells)?,
    })
}

/// A batch for the detector.
pub(super) fn detector(
    config: &LocatorConfig,
    scenes: &Scenes,
    iteration: usize,
    device: &Device,
) -> Result<LocatorBatch> {
    let settings = &config.locator.detector;
    let size = settings.size;
    let one = |item: usize| -> Result<LocatorExample> {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Detector, iteration, item });
        let scene = scenes.sample(size, &mut rng)?;
        let input = degrade(&scene.render(&Homography::IDENTITY, size, size)?, size, &mut rng);
        Ok(detector_targets(&scene, input))
    };
    let examples: Vec<_> = (0..settings.batch).into_par_iter().map(one).collect::<Result<_>>()?;
    stack(&examples, size, size / STRIDE, device)
}

fn midpoint([a, b]: [Point; 2]) -> Point {
    [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])]
}

/// The detector's targets for a scene.
fn detector_targets(scene: &Scene, input: Vec<f32>) -> LocatorExample {
    let (side, stride) = (scene.size / STRIDE, STRIDE as f64);
    let cells = side * side;
    let mut targets = LocatorExample {
        input,
        positive: vec![0.0; cells],
        negative: vec![1.0; cells],
        pupils: vec![0.0; 4 * cells],
        unit: vec![0.0; cells],
        attributes: Vec::new(),
        known: Vec::new(),
    };
    let mut nearest = vec![f64::INFINITY; cells];
    for &face in &scene.faces {
        let (pupil_distance, centre) = (distance(face[0], face[1]), midpoint(face));
        for (cell, nearest) in nearest.iter_mut().enumerate() {
            let at = [(cell % side) as f64 + 0.5, (cell / side) as f64 + 0.5].map(|x| x * stride);
            let offset = distance(at, centre);
            // At least one cell is positive, however small the face is.
            let radius = (POSITIVE_RADIUS * pupil_distance).max(0.71 * stride);
            if TARGET_DISTANCES.contains(&pupil_distance) && offset < radius {
                targets.negative[cell] = 0.0;
                if offset < *nearest {
                    *nearest = offset;
                    (targets.positive[cell], targets.unit[cell]) = (1.0, (stride / pupil_distance) as f32);
                    for (k, value) in face.iter().flatten().enumerate() {
                        targets.pupils[k * cells + cell] = ((value - at[k % 2]) / stride) as f32;
                    }
                }
            } else if AMBIGUOUS_DISTANCES.contains(&pupil_distance)
                && offset < (IGNORED_RADIUS * pupil_distance).max(radius + 0.5 * stride)
            {
                targets.negative[cell] = 0.0;
            }
        }
    }
    targets
}

/// A batch for the refiner: crops of scenes around the detector's proposals and around other
/// places.
pub(super) fn refiner(
    config: &LocatorConfig,
    scenes: &Scenes,
    detector: &Detector,
    iteration: usize,
    device: &Device,
) -> Result<LocatorBatch> {
    let settings = &config.locator.refiner;
    let (scene_size, size) = (config.locator.detector.size, config.locator.networks.refiner.size);
    let one = |item: usize| -> Result<Vec<LocatorExample>> {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Refiner, iteration, item });
        let scene = scenes.sample(scene_size, &mut rng)?;
        let input = degrade(&scene.render(&Homography::IDENTITY, scene_size, scene_size)?, scene_size, &mut rng);
        let proposals = detector.in_planes(&input, (scene_size, scene_size));
        let mut examples = Vec::new();
        for place in places(&scene, proposals, settings.views, &mut rng) {
            examples.push(view(&scene, &place, size, &mut rng)?);
        }
        Ok(examples)
    };
    let examples: Vec<Vec<LocatorExample>> = (0..settings.batch).into_par_iter().map(one).collect::<Result<_>>()?;
    let examples: Vec<LocatorExample> = examples.into_iter().flatten().collect();
    stack(&examples, size, 1, device)
}

/// The places of the refiner's crops in a scene.
fn places(scene: &Scene, mut proposals: Vec<LocatedFace>, count: usize, rng: &mut impl Rng) -> Vec<Placement> {
    let normal = |rng: &mut dyn rand::RngCore| rng.sample::<f64, _>(StandardNormal);
    // False positives come first, since they are few.
    proposals.retain(|place| place.score > MIN_PROPOSAL_SCORE && place.placement().width > MIN_PLACEMENT_WIDTH);
    proposals.sort_by_key(|place| matches(scene, &place.placement()).is_some());
    let mut places: Vec<Placement> = proposals.iter().take(count / 2).map(LocatedFace::placement).collect();
    while places.len() < count {
        let size = scene.size as f64;
        let random_point = |rng: &mut dyn rand::RngCore| [rng.random_range(0.0..size), rng.random_range(0.0..size)];
        let choice = rng.random_range(0.0..1.0);
        let face = (!scene.faces.is_empty()).then(|| scene.faces[rng.random_range(0..scene.faces.len())]);
        places.push(match face {
            // A small offset, as from the detector and from moving people.
            Some(face) if choice < 0.6 => {
                let place = LocatedFace::new(face, 1.0).placement();
                let pupil_distance = distance(face[0], face[1]);
                let spread = if rng.random_bool(0.3) { 0.28 } else { 0.13 };
                Placement {
                    x: place.x + spread * pupil_distance * normal(rng),
                    y: place.y + spread * pupil_distance * normal(rng),
                    width: place.width * (0.15 * normal(rng)).exp(),
                    rotation: place.rotation + 9.0 * normal(rng),
                }
            }
            // A large offset: beside the face, a part of it, or another scale.
            Some(face) if choice < 0.85 => {
                let place = LocatedFace::new(face, 1.0).placement();
                let pupil_distance = distance(face[0], face[1]);
                Placement {
                    x: place.x + 1.2 * pupil_distance * normal(rng),
                    y: place.y + 1.2 * pupil_distance * normal(rng),
                    width: place.width * (0.7 * normal(rng)).exp(),
                    rotation: place.rotation + 20.0 * normal(rng),
                }
            }
            _ => {
                let [x, y] = random_point(rng);
                let width = rng.random_range(7.0f64.ln()..60.0f64.ln()).exp();
                Placement { x, y, width, rotation: 20.0 * normal(rng) }
            }
        });
    }
    places.iter_mut().for_each(|place| place.width = place.width.max(MIN_PLACEMENT_WIDTH));
    places
}

/// The face that a place matches, if there is one: its index, and its pupils in canonical
/// coordinates.
fn matches(scene: &Scene, place: &Placement) -> Option<(usize, [Point; 2])> {
    let to_canonical = place.to_photo().ok()?.inverse().ok()?;
    let ([left, right], unit) = locate::canonical_pupils();
    let target = midpoint([left, right]);
    let pupils = scene.faces.iter().map(|face| face.map(|pupil| to_canonical.apply(pupil)));
    pupils.enumerate().find(|(_, pupils)| {
        let size = distance(pupils[0], pupils[1]) / unit;
        distance(midpoint(*pupils), target) < 0.6 * unit * size.max(1.0) && (0.5..2.0).contains(&size)
    })
}

/// Whether a place is too close to a face to be a negative example.
fn is_ambiguous(scene: &Scene, place: &Placement) -> bool {
    let Some(to_canonical) = place.to_photo().ok().and_then(|map| map.inverse().ok()) else { return true };
    let ([left, right], unit) = locate::canonical_pupils();
    scene.faces.iter().any(|face| {
        let pupils = face.map(|pupil| to_canonical.apply(pupil));
        let size = distance(pupils[0], pupils[1]) / unit;
        distance(midpoint(pupils), midpoint([left, right])) < 0.9 * unit * size.max(1.0) && (0.4..2.5).contains(&size)
    })
}

/// The outputs of the refiner for known attributes: probabilities, then angles in its unit.
fn outputs(known: &KnownAttributes) -> [Option<f32>; FaceAttributes::OUTPUTS] {
    let flag = |value: Option<bool>| value.map(|value| f32::from(u8::from(value)));
    let angle = |value: Option<f64>| value.map(|degrees| (degrees / FaceAttributes::UNIT) as f32);
    [flag(known.glasses), flag(known.covered), angle(known.yaw), angle(known.pitch)]
}

/// The refiner's input for a place, with its targets.
fn view(scene: &Scene, place: &Placement, size: usize, rng: &mut impl Rng) -> Result<LocatorExample> {
    let input = degrade(&scene.render(&locate::view_to_photo(place, size)?, size, size)?, size, rng);
    let face = matches(scene, place);
    let (expected, unit) = locate::canonical_pupils();
    let mut example = LocatorExample {
        input,
        positive: vec![0.0],
        negative: vec![0.0],
        pupils: vec![0.0; 4],
        unit: vec![1.0],
        attributes: vec![0.0; FaceAttributes::OUTPUTS],
        known: vec![0.0; FaceAttributes::OUTPUTS],
    };
    match face {
        Some((index, pupils)) => {
            example.positive[0] = 1.0;
            for (k, value) in outputs(&scene.attributes[index]).into_iter().enumerate() {
                if let Some(value) = value {
                    (example.attributes[k], example.known[k]) = (value, 1.0);
                }
            }
            for (k, value) in example.pupils.iter_mut().enumerate() {
                *value = ((pupils[k / 2][k % 2] - expected[k / 2][k % 2]) / unit) as f32;
            }
        }
        None if is_ambiguous(scene, place) => {}
        None => example.negative[0] = 1.0,
    }
    Ok(example)
}
