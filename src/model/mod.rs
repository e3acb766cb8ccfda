//! The networks of ST-GAN: generator stages, their cascade, the discriminator, and the file that holds their weights.

mod cascade;
mod discriminator;
mod generator;
mod inference;
pub mod losses;
mod parameters;
mod spec;
pub(crate) mod storage;
pub mod weights;

pub use cascade::{Cascade, composite, foreground};
pub use discriminator::{Discriminator, DiscriminatorSpec};
pub use generator::Generator;
pub use inference::{Inference, Views};
pub use parameters::{Parameters, initialise};
pub use spec::{GeneratorSpec, Inputs, TensorSpec};
