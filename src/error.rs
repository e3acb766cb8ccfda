//! The one error type of the library.

/// What a fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in the library. Each variant carries the values that explain it; [`Error::code`] is a
/// short stable name for programs, and what the browser sees as `StganError.code`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A pixel buffer whose length is not `width × height × 4`, or with no pixels at all.
    #[error("an image of {width}×{height} pixels needs {expected} bytes of RGBA, got {actual}")]
    ImageSize { width: u32, height: u32, expected: usize, actual: usize },
    /// More pixels than the crate handles in one image ([`crate::bitmap::MAX_PIXELS`]).
    #[error("an image of {width}×{height} pixels is larger than the limit of {limit} pixels")]
    ImageTooLarge { width: u32, height: u32, limit: u64 },
    /// Encoded bytes that no decoder understands, or that end too early.
    #[error("cannot decode the image: {0}")]
    Decode(String),
    /// A frame image in which no pixel is at least 10 % opaque.
    #[error("the frame image is empty: no pixel of its {width}×{height} is at least 10 % opaque")]
    EmptyFrame { width: u32, height: u32 },
    /// A placement with a value that is not finite, or a width that is not positive, or far outside of the photo.
    #[error("the placement's {field} is {value}: {expected}")]
    Placement { field: &'static str, value: f64, expected: &'static str },
    /// A homography that has no inverse, holds a value that is not finite, or sends the frame through infinity.
    #[error("the homography is degenerate: {0}")]
    Degenerate(&'static str),
    /// A step that the fit does not have.
    #[error("step {step} of a fit that has steps 0 to {last}")]
    Step { step: usize, last: usize },
    /// An argument outside of its range.
    #[error("{name} is {value}: {expected}")]
    Argument { name: &'static str, value: String, expected: String },
    /// Bytes that are not a safetensors file, or a truncated one.
    #[error("not a readable safetensors file: {0}")]
    WeightsFormat(String),
    /// A weights file whose metadata contradicts this crate or itself.
    #[error("weights metadata `{key}` is {value:?}: {expected}")]
    WeightsMetadata { key: String, value: String, expected: String },
    /// A tensor that the weights file should hold, and does not.
    #[error("weights: tensor `{name}` is missing, expected shape {expected}")]
    TensorMissing { name: String, expected: String },
    /// A tensor of another shape than the network needs.
    #[error("weights: tensor `{name}` has shape {actual:?}, expected {expected}")]
    TensorShape { name: String, actual: Vec<usize>, expected: String },
    /// A tensor of a type that weights cannot have.
    #[error("weights: tensor `{name}` is stored as {actual}, expected F32 or F16")]
    TensorType { name: String, actual: String },
    /// A tensor with NaN or an infinity in it.
    #[error("weights: tensor `{name}` holds a value that is not finite, at index {index}")]
    TensorNotFinite { name: String, index: usize },
    /// A data set, a configuration or a run folder that cannot be used.
    #[error("{path}: {reason}")]
    Data { path: String, reason: String },
    /// A training run that left the finite numbers.
    #[error("training diverged at iteration {iteration}: {reason}")]
    Diverged { iteration: usize, reason: String },
    /// The file system said no.
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    /// A tensor operation failed; candle's message names it and the shapes.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// A short, stable, kebab-case name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ImageSize { .. } => "image-size",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::Decode(_) => "decode",
            Self::EmptyFrame { .. } => "empty-frame",
            Self::Placement { .. } => "placement",
            Self::Degenerate(_) => "degenerate",
            Self::Step { .. } => "step",
            Self::Argument { .. } => "argument",
            Self::WeightsFormat(_)
            | Self::WeightsMetadata { .. }
            | Self::TensorMissing { .. }
            | Self::TensorShape { .. }
            | Self::TensorType { .. }
            | Self::TensorNotFinite { .. } => "weights",
            Self::Data { .. } => "data",
            Self::Diverged { .. } => "diverged",
            Self::Io { .. } => "io",
            Self::Tensor(_) => "internal",
        }
    }
}
