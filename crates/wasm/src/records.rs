//! Results as plain JavaScript objects. These structs also generate their TypeScript declarations.

use js_sys::Float64Array;
use serde::Serialize;
use std::collections::BTreeMap;
use tsify::{Ts, Tsify};

/// Converts a record to a plain JavaScript object.
pub(crate) fn plain<T: Serialize + Tsify>(record: impl Into<T>) -> Result<Ts<T>, tsify::Error> {
    record.into().into_ts()
}

/// A rectangle of pixels: the top-left corner (`x`, `y`) and the size.
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

/// A point of an image, in pixels from the top-left corner.
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

/// Where glasses are on an image: the centre (`x`, `y`) and the `width` of their visible part in
/// pixels, and the clockwise `rotation` in degrees.
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

/// A description of loaded weights.
#[derive(Debug, Serialize, Tsify)]
#[tsify(hashmap_as_object)]
pub struct Model {
    /// The number of generator stages.
    stages: usize,
    /// The default number of updates in a fit.
    updates: usize,
    /// What is composited: `glasses` or `room`.
    task: String,
    /// The width of the generators' view, in pixels.
    size: usize,
    /// The height of the generators' view, in pixels.
    height: usize,
    /// The metadata of the weights file.
    #[tsify(type = "Record<string, string>")]
    metadata: BTreeMap<String, String>,
}

impl From<&stgan::TryOn> for Model {
    fn from(try_on: &stgan::TryOn) -> Self {
        Self {
            stages: try_on.stages(),
            updates: try_on.updates(),
            task: try_on.task().name.clone(),
            size: try_on.networks().size().width,
            height: try_on.networks().size().height,
            metadata: try_on.metadata().clone(),
        }
    }
}

/// One update of a fit.
#[derive(Debug, Serialize, Tsify)]
pub(crate) struct Update {
    /// The change of the eight warp parameters (coordinates in the Lie algebra sl(3)).
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    delta: Float64Array,
    /// The eight parameters after this update.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    params: Float64Array,
    /// The map from pixels of the glasses to pixels of the photo after this update: a 3×3 matrix in
    /// row-major order whose last entry is 1.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    homography: Float64Array,
}

impl From<&stgan::Update> for Update {
    fn from(update: &stgan::Update) -> Self {
        let array = |values: &[f64]| Float64Array::from(values);
        Self { delta: array(&update.delta), params: array(&update.params), homography: array(&update.homography.0) }
    }
}

/// A fit.
#[derive(Debug, Serialize, Tsify)]
pub struct Fit {
    /// The homography of the initial placement, from pixels of the glasses to pixels of the photo:
    /// a 3×3 matrix in row-major order whose last entry is 1.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    initial: Float64Array,
    /// The updates, in order.
    updates: Vec<Update>,
    /// The confidence that the glasses are on a face, from 0 to 1; undefined without updates
    /// and for furniture.
    confidence: Option<f64>,
}

impl From<&stgan::Fit> for Fit {
    fn from(fit: &stgan::Fit) -> Self {
        Self {
            initial: Float64Array::from(&fit.initial().0[..]),
            updates: fit.updates().iter().map(Update::from).collect(),
            confidence: fit.confidence(),
        }
    }
}

/// A detected face.
#[derive(Debug, Serialize, Tsify)]
pub struct LocatedFace {
    /// The placement of glasses, from the pupils alone.
    placement: Placement,
    /// The pupils, the left one in the image first.
    pupils: [Point; 2],
    /// The probability that this is a face, from 0 to 1.
    score: f64,
    /// What covers the eyes, and the pose of the head; absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<FaceAttributes>,
}

/// What is seen of a face besides the pupils.
#[derive(Debug, Serialize, Tsify)]
pub(crate) struct FaceAttributes {
    glasses: f64,
    covered: f64,
    yaw: f64,
    pitch: f64,
}

impl From<&stgan::LocatedFace> for LocatedFace {
    fn from(face: &stgan::LocatedFace) -> Self {
        Self {
            placement: face.placement().into(),
            pupils: face.pupils.map(Point::from),
            score: face.score,
            attributes: face.attributes.map(FaceAttributes::from),
        }
    }
}

impl From<stgan::FaceAttributes> for FaceAttributes {
    fn from(stgan::FaceAttributes { glasses, covered, yaw, pitch, .. }: stgan::FaceAttributes) -> Self {
        Self { glasses, covered, yaw, pitch }
    }
}

/// A tracked face, and the glasses on it.
#[derive(Debug, Serialize, Tsify)]
pub struct TrackedFace {
    /// Identifies the face for as long as it is tracked.
    id: u32,
    /// The placement of the glasses, smoothed.
    placement: Placement,
    /// The map from pixels of the glasses to pixels of the video frame, smoothed: a 3×3 matrix in
    /// row-major order whose last entry is 1.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    #[tsify(type = "Float64Array")]
    homography: Float64Array,
    /// The lens centres, the left one in the image first.
    #[serde(rename = "lensCentres")]
    lens_centres: [Point; 2],
    /// The score of the face, from 0 to 1, from the last detection or refinement.
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

/// The result of the analysis of an image of glasses.
#[derive(Debug, Serialize, Tsify)]
pub struct GlassesReport {
    #[tsify(type = "'untouched' | 'cleaned' | 'cut-out'")]
    kind: &'static str,
    #[tsify(type = "'clear' | 'tinted' | 'mirrored' | 'opaque'")]
    lenses: &'static str,
    /// From 0 to 1.
    confidence: f64,
    #[tsify(
        type = "('opaque-background' | 'specks-removed' | 'veil-removed' | 'lenses-opened' | 'arms-removed' | 'straightened' | 'low-resolution' | 'uncertain')[]"
    )]
    warnings: Vec<&'static str>,
    /// The box around all pixels that are at least 10 % opaque, in pixels of the prepared image.
    bounds: Rect,
    /// The lens centres in pixels of the prepared image, the left one first.
    #[serde(rename = "lensCentres")]
    lens_centres: [Point; 2],
}

impl From<&stgan::Glasses> for GlassesReport {
    fn from(glasses: &stgan::Glasses) -> Self {
        let report = glasses.report();
        Self {
            kind: report.kind.name(),
            lenses: report.lenses.name(),
            confidence: report.confidence,
            warnings: report.warnings.iter().map(|warning| warning.code()).collect(),
            bounds: glasses.foreground().bounding_box().into(),
            lens_centres: glasses.lens_centres().map(Point::from),
        }
    }
}
