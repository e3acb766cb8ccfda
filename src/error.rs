//! The one error type of the library.

use std::fmt::Display;

/// What a fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of another crate, kept as the cause of one of ours.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong in the library. Each variant carries the values that explain it.
///
/// [`Error::code`] is a short stable name for programs, and what the browser sees as `StganError.code`. A message never
/// repeats its cause: [`std::error::Error::source`] has that, and [`Error::report`] has both.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An image without any pixels.
    #[error("an image needs at least one pixel a side, got {width}×{height}")]
    EmptyImage {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A pixel buffer whose length is not `width × height × 4`.
    #[error("an image of {width}×{height} pixels needs {expected} bytes of RGBA, got {actual}")]
    ImageSize {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Bytes that such an image has.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
    /// More pixels than the crate handles in one image ([`crate::bitmap::MAX_PIXELS`]).
    #[error("an image of {width}×{height} pixels is larger than the limit of {limit} pixels")]
    ImageTooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The most pixels that are allowed.
        limit: u64,
    },
    /// Encoded bytes that no decoder understands, or that end too early; the cause says which.
    #[error("cannot decode the image")]
    Decode(#[source] Cause),
    /// A frame image in which no pixel is at least 10 % opaque.
    #[error("the frame image is empty: no pixel of its {width}×{height} is at least 10 % opaque")]
    EmptyGlasses {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A placement with a value that is not finite, or a width that is not positive, or far outside of the photo.
    #[error("the placement's {field} is {value}: {expected}")]
    Placement {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A homography that has no inverse, holds a value that is not finite, or sends the frame through infinity.
    #[error("the homography is degenerate: {0}")]
    Degenerate(&'static str),
    /// An update that the fit does not have.
    #[error("update {index} is out of range (0 to {last})")]
    UpdateIndex {
        /// The update that was asked for.
        index: usize,
        /// The last one.
        last: usize,
    },
    /// An argument outside its range.
    #[error("{name} is {value}, expected {expected}")]
    Argument {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// Bytes that are not a safetensors file, or a truncated one; the cause says which.
    #[error("not a readable safetensors file")]
    WeightsFormat(#[source] Cause),
    /// A weights file whose metadata contradicts this crate or itself.
    #[error("weights metadata `{key}` is {value:?}: {expected}")]
    WeightsMetadata {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// A tensor that the weights file should hold, and does not.
    #[error("weights: tensor `{name}` is missing, expected shape {expected}")]
    TensorMissing {
        /// Its name.
        name: String,
        /// What it should be.
        expected: String,
    },
    /// A tensor of another shape than the network needs.
    #[error("weights: tensor `{name}` has shape {actual:?}, expected {expected}")]
    TensorShape {
        /// Its name.
        name: String,
        /// What it is.
        actual: Vec<usize>,
        /// What it should be.
        expected: String,
    },
    /// A tensor of a type that weights cannot have.
    #[error("weights: tensor `{name}` is stored as {actual}, expected F32, F16 or I8")]
    TensorType {
        /// Its name.
        name: String,
        /// What it is.
        actual: String,
    },
    /// A tensor with NaN or an infinity in it.
    #[error("weights: tensor `{name}` holds a value that is not finite, at index {index}")]
    TensorNotFinite {
        /// Its name.
        name: String,
        /// Of its first such value.
        index: usize,
    },
    /// A tensor operation failed; candle's message names it and the shapes.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// An argument outside its range: `name` is `value`, expected `expected`.
    pub fn argument(name: &'static str, value: impl Display, expected: impl Display) -> Self {
        Self::Argument { name, value: value.to_string(), expected: expected.to_string() }
    }

    /// Encoded bytes that cannot be decoded, and why.
    pub fn decode(cause: impl Into<Cause>) -> Self {
        Self::Decode(cause.into())
    }

    /// The message and its causes in one line, as `StganError.message` has them.
    pub fn report(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }

    /// A short, stable, kebab-case name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyImage { .. } | Self::ImageSize { .. } => "image-size",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::Decode(_) => "decode",
            Self::EmptyGlasses { .. } => "empty-glasses",
            Self::Placement { .. } => "placement",
            Self::Degenerate(_) => "degenerate",
            Self::UpdateIndex { .. } => "update",
            Self::Argument { .. } => "argument",
            Self::WeightsFormat(_)
            | Self::WeightsMetadata { .. }
            | Self::TensorMissing { .. }
            | Self::TensorShape { .. }
            | Self::TensorType { .. }
            | Self::TensorNotFinite { .. } => "weights",
            Self::Tensor(_) => "internal",
        }
    }
}
