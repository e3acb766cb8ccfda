//! The library's error type.

use std::fmt::Display;

/// The result of a fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of another crate, kept as the source of an [`Error`].
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The library's error type. Each variant carries the values that explain it.
///
/// [`Error::code`] is a short, stable name for programs; in the browser it is `StganError.code`.
/// The message does not include the cause, which [`std::error::Error::source`] returns.
/// [`Error::report`] joins both.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An image without pixels.
    #[error("an image of {width}×{height} pixels is empty: each side needs at least 1 pixel")]
    EmptyImage {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
    },
    /// A pixel buffer whose length is not `width × height × 4`.
    #[error("an image of {width}×{height} pixels needs {expected} bytes of RGBA, got {actual}")]
    ImageSize {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
        /// The length in bytes that an image of this size needs.
        expected: usize,
        /// The length in bytes of the buffer.
        actual: usize,
    },
    /// An image with more than [`crate::MAX_PIXELS`] pixels.
    #[error("an image of {width}×{height} pixels exceeds the limit of {limit} pixels")]
    ImageTooLarge {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
        /// The maximum number of pixels.
        limit: u64,
    },
    /// An encoded image that is truncated, damaged or in an unsupported format; see the cause.
    #[error("cannot decode the image")]
    Decode(#[source] Cause),
    /// An image of glasses in which no pixel is at least 10 % opaque.
    #[error("the {width}×{height} image of the glasses is empty: no pixel is at least 10 % opaque")]
    EmptyGlasses {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
    },
    /// An image of furniture in which no pixel is at least 10 % opaque.
    #[error("the {width}×{height} image of the furniture is empty: no pixel is at least 10 % opaque")]
    EmptyFurniture {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
    },
    /// An opaque image whose furniture cannot be cut out.
    #[error(transparent)]
    UnusableFurniture(#[from] crate::furniture::Refusal),
    /// A source image whose glasses cannot be cut out.
    #[error(transparent)]
    UnusableGlasses(#[from] crate::glasses::Refusal),
    /// A placement with a value that is not finite, a width out of range, or a position too far
    /// outside the photo.
    #[error("the placement's {field} is {value:?}: {expected}")]
    Placement {
        /// The field's name.
        field: &'static str,
        /// The field's value.
        value: f64,
        /// What is wrong, or which values are allowed.
        expected: &'static str,
    },
    /// Networks that are for another task than the caller's.
    #[error("the networks are for the task `{actual}`, expected `{expected}`")]
    Task {
        /// The task of the networks.
        actual: String,
        /// The task that is needed.
        expected: &'static str,
    },
    /// A homography that has no inverse, contains a value that is not finite, or maps a point of
    /// the foreground to infinity.
    #[error("the homography is degenerate: {0}")]
    Degenerate(&'static str),
    /// An index of an update beyond the last one of a fit.
    #[error("update {index} is out of range (0 to {last})")]
    UpdateIndex {
        /// The requested index.
        index: usize,
        /// The largest valid index.
        last: usize,
    },
    /// An argument out of range.
    #[error("{name} is {value}, expected {expected}")]
    Argument {
        /// The argument's name.
        name: &'static str,
        /// The argument's value.
        value: String,
        /// The allowed values.
        expected: String,
    },
    /// Bytes that are not a safetensors file, or only a part of one; see the cause.
    #[error("not a readable safetensors file")]
    WeightsFormat(#[source] Cause),
    /// Metadata of a weights file that is invalid or contradicts the file's tensors.
    #[error("weights metadata `{key}` is {value:?}: {expected}")]
    WeightsMetadata {
        /// The metadata key.
        key: String,
        /// The key's value; empty if the key is missing.
        value: String,
        /// What is wrong, or which values are allowed.
        expected: String,
    },
    /// A tensor that is missing from a weights file.
    #[error("weights: tensor `{name}` is missing, expected shape {expected}")]
    TensorMissing {
        /// The tensor's name.
        name: String,
        /// The expected shape.
        expected: String,
    },
    /// A tensor of a weights file that no network of its size has.
    #[error("weights: unexpected tensor `{name}`: a network of this size has no such tensor")]
    TensorUnexpected {
        /// The tensor's name.
        name: String,
    },
    /// A tensor with the wrong shape.
    #[error("weights: tensor `{name}` has shape {actual:?}, expected {expected}")]
    TensorShape {
        /// The tensor's name.
        name: String,
        /// The tensor's shape.
        actual: Vec<usize>,
        /// The expected shape.
        expected: String,
    },
    /// A tensor with an unsupported data type.
    #[error("weights: tensor `{name}` is stored as {actual}, expected F32, F16 or I8")]
    TensorType {
        /// The tensor's name.
        name: String,
        /// The tensor's data type.
        actual: String,
    },
    /// A tensor that contains NaN or an infinity, or a value that its storage type cannot hold.
    #[error("weights: tensor `{name}` contains a value that is not finite, at index {index}")]
    TensorNotFinite {
        /// The tensor's name.
        name: String,
        /// The index of the first such value in the flattened tensor.
        index: usize,
    },
    /// An error of a tensor operation; candle's message names the operation and the shapes.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// An [`Error::Argument`]: the argument `name` is `value`, but should be `expected`.
    pub fn argument(name: &'static str, value: impl Display, expected: impl Display) -> Self {
        Self::Argument { name, value: value.to_string(), expected: expected.to_string() }
    }

    /// An [`Error::Decode`] with the decoder's error as its cause.
    pub fn decode(cause: impl Into<Cause>) -> Self {
        Self::Decode(cause.into())
    }

    /// The message and its causes, joined by `: `. The browser's `StganError.message` is this text.
    pub fn report(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }

    /// A short, stable kebab-case name for the kind of error, such as `image-size`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyImage { .. } | Self::ImageSize { .. } => "image-size",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::Decode(_) => "decode",
            Self::EmptyGlasses { .. } => "empty-glasses",
            Self::EmptyFurniture { .. } => "empty-furniture",
            Self::UnusableFurniture(refusal) => refusal.code(),
            Self::UnusableGlasses(refusal) => refusal.code(),
            Self::Placement { .. } => "placement",
            Self::Task { .. } => "task",
            Self::Degenerate(_) => "degenerate",
            Self::UpdateIndex { .. } => "update",
            Self::Argument { .. } => "argument",
            Self::WeightsFormat(_)
            | Self::WeightsMetadata { .. }
            | Self::TensorMissing { .. }
            | Self::TensorUnexpected { .. }
            | Self::TensorShape { .. }
            | Self::TensorType { .. }
            | Self::TensorNotFinite { .. } => "weights",
            Self::Tensor(_) => "internal",
        }
    }
}
