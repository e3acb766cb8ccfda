//! Why a source image cannot be used.

/// Why the glasses in a source image cannot be cut out. Each message names a remedy.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No front with two lenses was found.
    #[error("no glasses were found in the image; use a front view of one pair that fills most of it")]
    NoGlasses,
    /// The surroundings of the glasses are not plain.
    #[error(
        "the glasses do not stand on a plain ground; use an image on white or on another even ground, or one with a transparent background"
    )]
    BusyGround,
    /// The glasses are seen from the side.
    #[error(
        "the glasses are not seen from the front (the narrower lens has {ratio:.2} of the other's width); use a front view"
    )]
    NotAFrontView {
        /// The width of the narrower lens as a share of the other's.
        ratio: f64,
    },
    /// The glasses are rotated by more than can be straightened.
    #[error("the glasses are rotated by {degrees:.0}°; rotate the image so that they are level")]
    Rotated {
        /// The rotation in degrees, clockwise.
        degrees: f64,
    },
    /// The glasses have too few pixels to be cut out.
    #[error("the glasses are {width} pixels wide; use an image in which they have at least {MIN_WIDTH}")]
    TooSmall {
        /// The width of the glasses in pixels.
        width: u32,
    },
}

/// The least width of glasses on an opaque image, in pixels.
pub(super) const MIN_WIDTH: u32 = 100;

impl Refusal {
    /// A short, stable name in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoGlasses => "no-glasses-found",
            Self::BusyGround => "busy-ground",
            Self::NotAFrontView { .. } | Self::Rotated { .. } => "not-a-front-view",
            Self::TooSmall { .. } => "too-small",
        }
    }
}
