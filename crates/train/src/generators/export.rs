//! Export of the trained stages as a weights file.

use crate::Result;
use crate::config::Config;
use std::collections::BTreeMap;
use stgan::internals::pose::{EYE_Y, PUPIL_X, TEMPLE_X};
use stgan::model::Parameters;
use stgan::model::weights::{self, Storage, Weights};

/// The stages, and the discriminator if `weights` has one, as a weights file in f32.
///
/// # Errors
/// Those of [`weights::write`].
pub(super) fn bytes(config: &Config, data: &str, faces: usize, stages: usize, weights: &Parameters) -> Result<Vec<u8>> {
    let metadata = BTreeMap::from([
        ("task".to_owned(), "glasses".to_owned()),
        ("landmarks".to_owned(), format!("pupils ±{PUPIL_X}, temples ±{TEMPLE_X}, y {EYE_Y}")),
        ("data".to_owned(), format!("{data}: {}", config.data.splits.join(", "))),
        ("faces".to_owned(), faces.to_string()),
        ("command".to_owned(), format!("stgan train, seed {}", config.seed)),
        ("config".to_owned(), config.to_toml()?),
    ]);
    let discriminator = config.discriminator_spec();
    let discriminator = discriminator.filter(|spec| spec.tensors().iter().all(|t| weights.0.contains_key(&t.name)));
    let file = Weights {
        spec: config.generator()?,
        stages,
        discriminator,
        parameters: weights.clone(),
        storage: Storage::F32,
        metadata,
    };
    Ok(weights::write(&file, Storage::F32)?)
}
