//! What a manifest says about one photo.

use serde::{Deserialize, Serialize};

/// A photo, and its cut-out or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The path of the photo as given.
    pub source: String,
    /// The SHA-256 of the photo, unless it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
    /// The cut-out or the error.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// The photo has a cut-out.
    Prepared(Box<Prepared>),
    /// The photo has none.
    Failed {
        /// The reason.
        error: Failure,
    },
}

/// A cut-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prepared {
    /// The name of the image file, relative to the manifest.
    pub image: String,
    /// The SHA-256 of the image file.
    pub sha256: String,
    /// The width of the image, in pixels.
    pub width: u32,
    /// The height of the image, in pixels.
    pub height: u32,
    /// The box around all pixels that are at least 10 % opaque.
    pub bounds: Rect,
    /// In pixels of the image, the left one first.
    pub lens_centres: [Point; 2],
    /// The map from pixels of the image to pixels of the photo: a 3×3 matrix in row-major order.
    pub to_source: [f64; 9],
    /// The name of the label map, if one was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub labels: Option<String>,
    /// The real width of the glasses in millimetres, if the shop has added it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width_mm: Option<f64>,
    /// What was found and done.
    pub report: Report,
}

/// A rectangle of pixels: the top-left corner and the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rect {
    /// The left edge.
    pub x: u32,
    /// The top edge.
    pub y: u32,
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

impl From<stgan::Rect> for Rect {
    fn from(stgan::Rect { x, y, width, height }: stgan::Rect) -> Self {
        Self { x, y, width, height }
    }
}

/// A point in pixels from the top-left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl From<[f64; 2]> for Point {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

/// What was found and done. The names are those of the library's report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `untouched`, `cleaned` or `cut-out`.
    pub kind: String,
    /// `clear`, `tinted`, `mirrored` or `opaque`.
    pub lenses: String,
    /// How certain the labels are, from 0 to 1.
    pub confidence: f64,
    /// Codes of warnings.
    pub warnings: Vec<String>,
}

impl Report {
    /// Copies a report of the library.
    pub fn new(report: &stgan::glasses::Report) -> Self {
        Self {
            kind: report.kind.name().to_owned(),
            lenses: report.lenses.name().to_owned(),
            confidence: report.confidence,
            warnings: report.warnings.iter().map(|warning| warning.code().to_owned()).collect(),
        }
    }
}

/// Why a photo has no cut-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A short, stable name in kebab case.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Failure {
    /// A failure with a code and a message.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// Whether another try may succeed with the same photo.
    pub fn may_pass(&self) -> bool {
        matches!(self.code.as_str(), "io" | "internal")
    }
}

impl From<stgan::Error> for Failure {
    fn from(error: stgan::Error) -> Self {
        Self::new(error.code(), error.report())
    }
}

impl Entry {
    /// The cut-out, if there is one.
    pub fn prepared(&self) -> Option<&Prepared> {
        match &self.outcome {
            Outcome::Prepared(prepared) => Some(prepared),
            Outcome::Failed { .. } => None,
        }
    }

    /// The reason why there is no cut-out.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failed { error } => Some(error),
            Outcome::Prepared(_) => None,
        }
    }
}
