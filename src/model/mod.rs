//! The networks of ST-GAN (generator stages, their cascade, the discriminator), their losses and
//! the weights file.

mod cascade;
pub(crate) mod conv_layer;
mod discriminator;
pub(crate) mod generator;
mod inference;
pub mod losses;
mod parameters;
mod spec;
pub(crate) mod storage;
mod task;
pub mod weights;

pub use crate::image_size::ImageSize;
pub use crate::pose::inner_points;
pub use crate::pose::{CanonicalPose, Fitting};
pub use cascade::{Cascade, composite, foreground};
pub use discriminator::{Discriminator, DiscriminatorSpec};
pub use generator::{Generator, Layer};
pub use inference::{Inference, ViewPair};
pub use parameters::{Parameters, initialise};
pub use spec::{GeneratorSpec, Inputs, TensorSpec};
pub use task::{Calibration, Steps, Task};
