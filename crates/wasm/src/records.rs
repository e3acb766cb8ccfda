//! What JavaScript is told: plain objects. Their declarations in TypeScript are made from these.

use js_sys::Float64Array;
use serde::Serialize;
use std::collections::BTreeMap;
use tsify::{Ts, Tsify};

/// A record as a plain JavaScript object.
pub(crate) fn plain<T: Serialize + Tsify>(record: impl Into<T>) -> Result<Ts<T>, tsify::Error> {
    record.into().into_ts()
}

/// Whole pixels of an image: the top-left corner and the size.
#[derive(Debug, Serialize, Tsify)]
pub struct Rect {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl From<stgan::Rect> for Rect {
    fn from(stgan::Rect { x, y, width, height }: stgan::Rect) -> Self {
        Self { x, y, width, height }
    }
}

/// A point of an image, in pixels.
#[derive(Debug, Serialize, Tsify)]
pub(crate) struct Point {
    x: f64,
    y: f64,
}

impl From<[f64; 2]> for Point {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

/// Where a pair of glasses is on an image: the centre and the width of its visible part in pixels, and the
/// rotation in degrees, clockwise.
#[derive(Debug, Serialize, Tsify)]
pub(crate) struct Placement {
    x: f64,
    y: f64,
    width: f64,
    rotation: f64,
}

impl From<stgan::Placement> for Placement {
    fn from(stgan::Placement { x, y, width, rotation }: stgan::Placement) -> Self {
        Self { x, y, width, rotation }
    }
}

/// What a weights file says of itself.
#[derive(Debug, Serialize, Tsify)]
#[tsify(hashmap_as_object)]
pub struct Model {
    /// How many generators there are.
    stages: usize,
    /// How many updates a fit has by default.
    updates: usize,
    /// The side of the generators' square view, in pixels.
    size: usize,
    /// The file's own metadata.
    #[tsify(type = "Record<string, string>")]
    metadata: BTreeMap<String, String>,
}

impl From<&stgan::TryOn> for Model {
    fn from(try_on: &stgan::TryOn) -> Self {
        Self {
            stages: try_on.stages(),
            updates: try_on.updates(),
            size: try_on.spec().size,
            metadata: try_on.metadata().clone(),
        }
    }
}

/// What one update of a fit changed.
#[derive(Debug, Serialize, Tsify)]
pub struct Update {
    /// The change of the eight sl(3) parameters.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    delta: Float64Array,
    /// The eight parameters after the change.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    params: Float64Array,
    /// From pixels of the glasses to pixels of the photo after the change: 3×3, row by row, the last
    /// entry 1.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    homography: Float64Array,
}

impl From<&stgan::Update> for Update {
    fn from(update: &stgan::Update) -> Self {
        let numbers = |numbers: &[f64]| Float64Array::from(numbers);
        Self {
            delta: numbers(&update.delta),
            params: numbers(&update.params),
            homography: numbers(&update.homography.0),
        }
    }
}

/// A face of a photo.
#[derive(Debug, Serialize, Tsify)]
pub struct LocatedFace {
    /// Where a pair of glasses belongs by the pupils alone.
    placement: Placement,
    /// The pupils, the photo's left one first.
    pupils: [Point; 2],
    /// How sure the locator is, from 0 to 1.
    score: f64,
}

impl From<&stgan::LocatedFace> for LocatedFace {
    fn from(face: &stgan::LocatedFace) -> Self {
        Self { placement: face.placement().into(), pupils: face.pupils.map(Point::from), score: face.score }
    }
}

/// A face that is followed, and the glasses on it.
#[derive(Debug, Serialize, Tsify)]
pub struct TrackedFace {
    /// The same number for as long as the face is followed.
    id: u32,
    /// Where the glasses is.
    placement: Placement,
    /// From pixels of the glasses to pixels of the image: 3×3, row by row, the last entry 1.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    homography: Float64Array,
    /// The lens centres, the image's left one first.
    #[serde(rename = "lensCentres")]
    lens_centres: [Point; 2],
    /// How sure the last crop was that a face is there, from 0 to 1.
    score: f64,
}

impl From<&stgan::TrackedFace> for TrackedFace {
    fn from(face: &stgan::TrackedFace) -> Self {
        Self {
            id: face.id,
            placement: face.placement.into(),
            homography: Float64Array::from(&face.homography.0[..]),
            lens_centres: face.lens_centres.map(Point::from),
            score: face.score,
        }
    }
}
