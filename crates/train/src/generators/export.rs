//! Export of the trained stages as a weights file.

use crate::Result;
use crate::config::Config;
use std::collections::BTreeMap;
use stgan::internals::pose::{EYE_Y, PUPIL_X, TEMPLE_X};
use stgan::model::weights::{self, Storage, Weights};
use stgan::model::{Parameters, Task};

/// The data that a run trains on, for the metadata of its weights.
pub(super) struct Origin {
    /// The name of the data set.
    pub data: String,
    /// What the examples are, and their number.
    pub examples: (&'static str, usize),
}

/// The stages, and the discriminator if `weights` has one, as a weights file in f32.
///
/// # Errors
/// Those of [`weights::write`].
pub(super) fn bytes(config: &Config, origin: &Origin, stages: usize, weights: &Parameters) -> Result<Vec<u8>> {
    let spec = config.generator()?;
    let mut metadata = BTreeMap::from([
        ("data".to_owned(), origin.data.clone()),
        (origin.examples.0.to_owned(), origin.examples.1.to_string()),
        ("command".to_owned(), format!("stgan train, seed {}", config.seed)),
        ("config".to_owned(), config.to_toml()?),
    ]);
    if spec.task == Task::glasses() {
        let landmarks = format!("pupils ±{PUPIL_X}, temples ±{TEMPLE_X}, y {EYE_Y}");
        metadata.insert("landmarks".to_owned(), landmarks);
    }
    let discriminator = config.discriminator_spec();
    let discriminator = discriminator.filter(|spec| spec.tensors().iter().all(|t| weights.0.contains_key(&t.name)));
    let file = Weights { spec, stages, discriminator, parameters: weights.clone(), storage: Storage::F32, metadata };
    Ok(weights::write(&file, Storage::F32)?)
}
