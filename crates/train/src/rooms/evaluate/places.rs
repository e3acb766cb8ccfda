//! How many different right places are reached from starts all over a room.

use super::measure::nearest_place;
use super::{RoomSample, fit};
use crate::Result;
use crate::address::{Stream, rng};
use crate::data::landmarks::distance;
use crate::rooms::examples::drop_near;
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::Serialize;
use stgan::TryOn;

/// Starts in each room.
const STARTS: usize = 10;
/// A piece is in a right place if its inner points are this close, in diagonals.
const NEAR: f64 = 0.1;
/// Right places are different if the piece moves this far between them, in diagonals.
const APART: f64 = 0.5;

/// What fits reach from ten starts, evenly spaced over the width of the room's image: before
/// the first update, and after the last one. Means over the samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Places {
    /// The share of the starts that end in a right place: within 0.1 diagonals of one.
    pub reached: [f64; 2],
    /// The number of different right places that are reached: at least 0.5 diagonals apart.
    pub different: [f64; 2],
    /// The number of different right places that are known.
    pub known: f64,
}

/// Measures which right places are reached. Equal seeds give equal starts.
///
/// # Errors
/// Those of the fits. Without samples, all values are NaN.
pub fn places(tryon: &TryOn, updates: usize, samples: &[RoomSample], seed: u64) -> Result<Places> {
    let of_sample = |(item, sample): (usize, &RoomSample)| -> Result<([Vec<usize>; 2], usize)> {
        let mut rng = rng(seed, Stream::RoomStart(item));
        let mut reached = [Vec::new(), Vec::new()];
        for start in 0..STARTS {
            let (width, height) = (f64::from(sample.room.width()), f64::from(sample.room.height()));
            let x = width * (start as f64 + 0.5) / STARTS as f64;
            let offset = [x - sample.record.centre[0], 0.05 * height * rng.sample::<f64, _>(StandardNormal)];
            let area: f64 = rng.random_range(0.9..1.1);
            let start = (drop_near(sample, offset, area.sqrt(), 0.0), [0.0; 8]);
            let fit = fit(tryon, sample, &sample.room, &start, updates)?;
            for (reached, update) in reached.iter_mut().zip([0, updates]) {
                let (place, error) = nearest_place(sample, &fit.homography(update)?);
                if error <= NEAR {
                    reached.push(place);
                }
            }
        }
        Ok((reached, different(sample, &(0..sample.record.family.len()).collect::<Vec<_>>())))
    };
    let all: Vec<_> = samples.par_iter().enumerate().map(of_sample).collect::<Result<_>>()?;
    let n = samples.len() as f64;
    let mean = |value: &dyn Fn(&RoomSample, &[Vec<usize>; 2]) -> usize| {
        samples.iter().zip(&all).map(|(sample, (reached, _))| value(sample, reached) as f64).sum::<f64>() / n
    };
    Ok(Places {
        reached: [0, 1].map(|k| mean(&|_, reached| reached[k].len()) / STARTS as f64),
        different: [0, 1].map(|k| mean(&|sample, reached| different(sample, &reached[k]))),
        known: all.iter().map(|(_, known)| *known as f64).sum::<f64>() / n,
    })
}

/// The number of places of a list that lie apart, counted one after the other.
fn different(sample: &RoomSample, places: &[usize]) -> usize {
    let [left, top, right, bottom] = sample.record.bounds;
    let centre = [0.5 * (left + right), 0.5 * (top + bottom)];
    let centres: Vec<[f64; 2]> = sample.places().map(|place| place.apply(centre)).collect();
    let mut counted: Vec<[f64; 2]> = Vec::new();
    for &place in places {
        let at = centres[place];
        if counted.iter().all(|other| distance(at, *other) >= APART * sample.record.diagonal) {
            counted.push(at);
        }
    }
    counted.len()
}
