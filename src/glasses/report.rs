//! What the preparation of a source image found and did.

use crate::cutout::Lenses;

/// How a source image was prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The pixels are the source image's.
    Untouched,
    /// The background was transparent; some pixels were changed, as the warnings say.
    Cleaned,
    /// The background was removed.
    CutOut,
}

/// Something about a source image that its owner may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Warning {
    /// The source image has no transparency and was used as it is: it covers the face as a
    /// rectangle.
    OpaqueBackground,
    /// Groups of pixels away from the glasses were removed.
    SpecksRemoved,
    /// A nearly transparent veil or other faint leftovers around the glasses were removed.
    VeilRemoved,
    /// Opaque white lenses were made transparent.
    LensesOpened,
    /// Temple arms were removed.
    ArmsRemoved,
    /// The glasses were rotated by up to 8° to be level.
    Straightened,
    /// The glasses are less than 300 pixels wide: they look soft on a large photo.
    LowResolution,
    /// The labels of many pixels are uncertain: look at the result before it is used.
    Uncertain,
}

/// What the preparation of a source image found and did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// What was done.
    pub kind: Kind,
    /// The kind of the lenses.
    pub lenses: Lenses,
    /// How certain the result is, from 0 to 1. It is 1 for a source image with a transparent
    /// background. Otherwise it is the mean probability that the network gives to the labels of the
    /// glasses' pixels.
    pub confidence: f64,
    /// In the order of [`Warning`], each at most once.
    pub warnings: Vec<Warning>,
}

impl Kind {
    /// A short, stable name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Cleaned => "cleaned",
            Self::CutOut => "cut-out",
        }
    }
}

impl Warning {
    /// A short, stable name in kebab case.
    pub fn code(self) -> &'static str {
        match self {
            Self::OpaqueBackground => "opaque-background",
            Self::SpecksRemoved => "specks-removed",
            Self::VeilRemoved => "veil-removed",
            Self::LensesOpened => "lenses-opened",
            Self::ArmsRemoved => "arms-removed",
            Self::Straightened => "straightened",
            Self::LowResolution => "low-resolution",
            Self::Uncertain => "uncertain",
        }
    }
}
