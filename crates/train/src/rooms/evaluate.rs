//! Measures of a cascade on held-out rooms and furniture.

use super::RoomSample;
use super::examples::{background, drop_near, look_up, recentred, view_maps};
use super::similarity::Similarity;
use crate::Result;
use crate::address::{Stream, rng};
use crate::data::landmarks::{Point, distance};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use stgan::Homography;
use stgan::internals::homography::DIMENSION;
use stgan::internals::pose::ViewMaps;
use stgan::model::{Cascade, GeneratorSpec, ImageSize, inner_points};

/// How placements start (ST-GAN, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// At the right centre and area, with noise: the translation N(0, 0.1) in canonical units of
    /// the room's image, the area multiplied by U(0.9, 1.1).
    Dropped,
    /// At the right centre and area, with noise N(0, 0.1) on all eight warp parameters. The view
    /// is cut out around the result, so that it does not tell the right place.
    Warped,
}

/// What the networks see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Room,
    /// The room of another sample.
    WrongRoom,
    /// Zeros.
    Blind,
}

/// Errors at one stage: means over the samples. Pixels are those of the room's image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StageErrors {
    /// Distance of the inner points from the truth, in pixels.
    pub inner: f64,
    /// That distance without the mean horizontal offset, in pixels.
    pub inner_upright: f64,
    /// The distance from the truth in diagonals of the piece.
    pub diagonals: f64,
    /// The median distance from the nearest right place, in diagonals.
    pub nearest: f64,
    /// The height error of the foot line, in pixels.
    pub foot: f64,
    /// The distance after the best similarity, in pixels: aspect ratio, shear and perspective.
    pub perspective: f64,
}

/// The errors of one protocol.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoomErrors {
    /// How placements started.
    pub protocol: Protocol,
    /// Samples.
    pub samples: usize,
    /// The errors of the initial placement, and after each update.
    pub stages: Vec<StageErrors>,
    /// After the last update, by category.
    pub categories: BTreeMap<String, (usize, StageErrors, StageErrors)>,
    /// After the last update, if the networks see the room of another sample.
    pub wrong_room: StageErrors,
    /// After the last update, if the networks see a black room.
    pub blind: StageErrors,
}

/// Samples of one batch.
const BATCH: usize = 32;

/// Measures `updates` updates of `cascade` on `samples`. Updates beyond the number of stages use
/// the last stage. Equal seeds give equal initial placements.
///
/// # Errors
/// Those of the networks. Without samples, all errors are NaN.
pub fn evaluate(
    cascade: &Cascade,
    updates: usize,
    samples: &[RoomSample],
    protocol: Protocol,
    seed: u64,
) -> Result<RoomErrors> {
    let run = |sight| -> Result<Vec<Vec<StageErrors>>> {
        let batches = (0..samples.len()).step_by(BATCH).map(|first| {
            let items: Vec<usize> = (first..(first + BATCH).min(samples.len())).collect();
            batch((cascade, updates), samples, &items, protocol, sight, seed)
        });
        Ok(batches.collect::<Result<Vec<_>>>()?.concat())
    };
    let seeing = run(Sight::Room)?;
    let last = |errors: &[Vec<StageErrors>]| {
        let last: Vec<StageErrors> = errors.iter().filter_map(|stages| stages.last().copied()).collect();
        mean(&last)
    };
    let mut categories: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, sample) in samples.iter().enumerate() {
        categories.entry(sample.record.category.clone()).or_default().push(i);
    }
    let stage = |members: &[usize], stage: usize| mean(&members.iter().map(|&i| seeing[i][stage]).collect::<Vec<_>>());
    let all: Vec<usize> = (0..samples.len()).collect();
    Ok(RoomErrors {
        protocol,
        samples: samples.len(),
        stages: (0..=updates).map(|k| stage(&all, k)).collect(),
        categories: categories
            .into_iter()
            .map(|(name, members)| (name, (members.len(), stage(&members, 0), stage(&members, updates))))
            .collect(),
        wrong_room: last(&run(Sight::WrongRoom)?),
        blind: last(&run(Sight::Blind)?),
    })
}

/// The maps of the initial view, and the initial warp parameters, of a sample.
fn start(
    spec: &GeneratorSpec,
    sample: &RoomSample,
    protocol: Protocol,
    seed: u64,
    item: usize,
) -> Result<(ViewMaps, [f64; DIMENSION])> {
    const DEVIATION: f64 = 0.1;
    let mut rng = rng(seed, Stream::RoomStart(item));
    let mut normal = || -> f64 { DEVIATION * rng.sample::<f64, _>(StandardNormal) };
    match protocol {
        Protocol::Dropped => {
            let half = [sample.room.width(), sample.room.height()].map(|side| 0.5 * (f64::from(side) - 1.0));
            let offset = half.map(|half| half * normal());
            let area: f64 = rng.random_range(0.9..1.1);
            let maps = view_maps(spec, sample, &drop_near(sample, offset, area.sqrt(), 0.0))?;
            Ok((maps, [0.0; DIMENSION]))
        }
        Protocol::Warped => {
            let params = std::array::from_fn(|_| normal());
            recentred(spec, sample, &view_maps(spec, sample, &drop_near(sample, [0.0; 2], 1.0, 0.0))?, &params)
        }
    }
}

/// What the networks get of a sample.
struct Prepared {
    maps: ViewMaps,
    params: [f64; DIMENSION],
    view: Vec<f32>,
    cutout: Vec<f32>,
}

/// The errors of some samples, each by stage.
fn batch(
    (cascade, updates): (&Cascade, usize),
    samples: &[RoomSample],
    items: &[usize],
    protocol: Protocol,
    sight: Sight,
    seed: u64,
) -> Result<Vec<Vec<StageErrors>>> {
    let spec = cascade.spec();
    let prepare = |&item: &usize| -> Result<Prepared> {
        let sample = &samples[item];
        let (maps, params) = start(spec, sample, protocol, seed, item)?;
        let room = match sight {
            Sight::WrongRoom => &samples[(item + samples.len() / 2) % samples.len()].room,
            _ => &sample.room,
        };
        let mut view = background(room, &maps.view_to_photo(), spec)?;
        if sight == Sight::Blind {
            view.fill(0.0);
        }
        let cutout = look_up(&sample.cutout, &maps.view_to_foreground()?, spec)?;
        Ok(Prepared { maps, params, view, cutout })
    };
    let prepared: Vec<_> = items.par_iter().map(prepare).collect::<Result<_>>()?;
    let (n, ImageSize { height, width }) = (items.len(), spec.size);
    let tensor =
        |values: Vec<f32>, channels: usize| Tensor::from_vec(values, (n, channels, height, width), &Device::Cpu);
    let views = tensor(prepared.iter().flat_map(|p| p.view.iter().copied()).collect(), 3)?;
    let foregrounds =
        cascade.foreground(&tensor(prepared.iter().flat_map(|p| p.cutout.iter().copied()).collect(), 4)?)?;
    let params: Vec<f32> = prepared.iter().flat_map(|p| p.params.map(|x| x as f32)).collect();
    let params = Tensor::from_vec(params, (n, DIMENSION), &Device::Cpu)?;
    let mut errors = vec![Vec::new(); n];
    let mut all = vec![params];
    for update in 0..updates {
        let (stage, params) = (update.min(cascade.stages().len() - 1), &all[update]);
        all.push((params + cascade.update(stage, &views, &foregrounds, params)?)?);
    }
    for params in all {
        for ((row, &item), (errors, prepared)) in
            params.to_vec2::<f32>()?.iter().zip(items).zip(errors.iter_mut().zip(&prepared))
        {
            let found = prepared.maps.foreground_to_photo(&std::array::from_fn(|i| f64::from(row[i])));
            errors.push(measure(&samples[item], &found));
        }
    }
    Ok(errors)
}

/// The errors of a homography from cut-out to room.
fn measure(sample: &RoomSample, found: &Homography) -> StageErrors {
    let record = &sample.record;
    let truth = record.truth();
    let points = inner_points(record.bounds);
    let (at, right) = (points.map(|p| found.apply(p)), points.map(|p| truth.apply(p)));
    let offsets: Vec<Point> = at.iter().zip(&right).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]).collect();
    let n = offsets.len() as f64;
    let sideways = offsets.iter().map(|o| o[0]).sum::<f64>() / n;
    let inner = offsets.iter().map(|o| o[0].hypot(o[1])).sum::<f64>() / n;
    let to_member = |h: &[f64; 9]| {
        let h = Homography(*h);
        points.iter().zip(&at).map(|(p, a)| distance(*a, h.apply(*p))).sum::<f64>() / n
    };
    let nearest = record.family.iter().map(to_member).fold(f64::INFINITY, f64::min);
    let [left, _, right_edge, bottom] = record.bounds;
    let foot = |h: &Homography| {
        let at = |share: f64| h.apply([left + share * (right_edge - left), bottom])[1];
        [at(0.15), at(0.5), at(0.85)]
    };
    let heights = foot(found).into_iter().zip(foot(&truth)).map(|(a, b)| (a - b).abs());
    StageErrors {
        inner,
        inner_upright: offsets.iter().map(|o| (o[0] - sideways).hypot(o[1])).sum::<f64>() / n,
        diagonals: inner / record.diagonal,
        nearest: nearest / record.diagonal,
        foot: heights.sum::<f64>() / 3.0,
        perspective: after_similarity(&at, &right),
    }
}

/// The mean distance of points after the similarity that moves them closest to their places.
fn after_similarity(from: &[Point], to: &[Point]) -> f64 {
    let closest = Similarity::closest(from, to);
    from.iter().zip(to).map(|(p, q)| distance(closest.apply(*p), *q)).sum::<f64>() / from.len() as f64
}

/// The means of all errors, and the median of the distance from the nearest right place.
fn mean(errors: &[StageErrors]) -> StageErrors {
    let n = errors.len() as f64;
    let of = |value: fn(&StageErrors) -> f64| errors.iter().map(value).sum::<f64>() / n;
    let mut nearest: Vec<f64> = errors.iter().map(|e| e.nearest).collect();
    nearest.sort_by(f64::total_cmp);
    StageErrors {
        inner: of(|e| e.inner),
        inner_upright: of(|e| e.inner_upright),
        diagonals: of(|e| e.diagonals),
        nearest: nearest.get(nearest.len() / 2).copied().unwrap_or(f64::NAN),
        foot: of(|e| e.foot),
        perspective: of(|e| e.perspective),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::{RoomSettings, draw};
    use stgan_synth::rooms::Split;

    #[test]
    fn the_truth_has_no_error_and_a_shift_has_its_length() {
        for sample in draw(4, &RoomSettings::default().options(Split::Test).unwrap(), 2, &mut |_| ()).unwrap() {
            let truth = sample.record.truth();
            let none = measure(&sample, &truth);
            assert!(none.inner < 1e-9 && none.nearest < 1e-9 && none.foot < 1e-9 && none.perspective < 1e-9);
            let aside = measure(&sample, &(Homography::similarity(1.0, 0.0, 3.0, 0.0) * truth));
            assert!((aside.inner - 3.0).abs() < 1e-9 && aside.inner_upright < 1e-9 && aside.foot < 1e-9);
            assert!(aside.nearest <= aside.diagonals + 1e-12);
            let down = measure(&sample, &(Homography::similarity(1.0, 0.0, 0.0, -2.0) * truth));
            assert!((down.foot - 2.0).abs() < 1e-9 && (down.inner_upright - 2.0).abs() < 1e-9);
            assert!(down.perspective < 1e-9);
        }
    }
}
