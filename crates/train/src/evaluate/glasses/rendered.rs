//! Labels of rendered product photos.

use super::in_place;
use crate::Result;
use crate::address::{Stream, rng};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use stgan::glasses::Removal;
use stgan::internals::cutout::LABELS;
use stgan::internals::glasses::extract;
use stgan::{Bitmap, CutOut};
use stgan_synth::products::{Label, Product, product};

/// The size of a rendered photo in pixels.
const SIZE: (usize, usize) = (720, 480);

/// Metrics of a cut-out network on rendered product photos.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RenderedReport {
    /// The number of photos.
    pub photos: usize,
    /// The number of refused photos by the code of the error.
    pub refused: BTreeMap<String, usize>,
    /// Intersection over union of the background, over the pixels of all photos that were not
    /// refused; NaN (`null` in JSON) if there are none.
    pub background: f64,
    /// Intersection over union of the front.
    pub front: f64,
    /// Intersection over union of the lenses.
    pub lens: f64,
    /// Intersection over union of arms and pads.
    pub arm: f64,
}

/// Pixels with a label in both label maps, and in at least one of them.
type Counts = [[usize; 2]; LABELS];

/// Labels `photos` rendered product photos of random glasses and compares the labels with the true
/// ones.
///
/// # Errors
/// None in practice: the size of the photos is valid.
pub fn rendered_photos(cut_out: &CutOut, photos: usize, seed: u64) -> Result<RenderedReport> {
    let one = |index: usize| -> Result<Result<Counts, String>> {
        let product = product(&mut rng(seed, Stream::Product(index)), SIZE)?;
        Ok(match extract(bitmap(&product)?.as_ref(), Removal::Always(cut_out)) {
            Ok(extract) => {
                let found = in_place(&extract, (SIZE.0 as u32, SIZE.1 as u32))?;
                Ok(count(&product.labels, &found.labels.unwrap_or_default()))
            }
            Err(error) => Err(error.code().to_owned()),
        })
    };
    let outcomes = (0..photos).into_par_iter().map(one).collect::<Result<Vec<_>>>()?;
    let mut refused = BTreeMap::new();
    let mut sums = Counts::default();
    for outcome in outcomes {
        match outcome {
            Err(code) => *refused.entry(code).or_insert(0) += 1,
            Ok(counts) => {
                for (sum, count) in sums.as_flattened_mut().iter_mut().zip(counts.as_flattened()) {
                    *sum += count;
                }
            }
        }
    }
    let iou = |label: Label| sums[label as usize][0] as f64 / sums[label as usize][1] as f64;
    Ok(RenderedReport {
        photos,
        refused,
        background: iou(Label::Background),
        front: iou(Label::Front),
        lens: iou(Label::Lens),
        arm: iou(Label::Arm),
    })
}

fn bitmap(product: &Product) -> Result<Bitmap> {
    let byte = |value: &f32| (value * 255.0).round() as u8;
    let pixels = product.colours.chunks_exact(3).flat_map(|rgb| [byte(&rgb[0]), byte(&rgb[1]), byte(&rgb[2]), 255]);
    Ok(Bitmap::new(product.size.0 as u32, product.size.1 as u32, pixels.collect())?)
}

fn count(truth: &[Label], found: &[u8]) -> Counts {
    let mut counts = Counts::default();
    for (&truth, &found) in truth.iter().zip(found) {
        let (truth, found) = (truth as usize, usize::from(found));
        if truth == found {
            counts[truth][0] += 1;
            counts[truth][1] += 1;
        } else {
            counts[truth][1] += 1;
            counts[found][1] += 1;
        }
    }
    counts
}
