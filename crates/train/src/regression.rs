//! Generators by regression: landmarks say where the frame's anchors should be, the loss is how far off exp(p + Δp)
//! leaves them.

use super::config::Regression;
use super::examples::Batch;
use super::numbers::Numbers;
use super::players::Generators;
use crate::landmark_loss::landmark_loss;
use stgan::model::losses;
use stgan::{Error, Result};

/// One step of the trained generators.
///
/// # Errors
/// [`Error::Argument`] for a batch without landmarks, [`Error::Diverged`] where a gradient is not finite.
pub fn step(settings: &Regression, generators: &mut Generators, batch: &Batch, rate: f64) -> Result<Numbers> {
    let targets = batch.targets.as_ref().ok_or_else(no_landmarks)?;
    let moves = generators.play(batch)?;
    let (mut total, mut updates) = (None, Vec::new());
    for step in &moves {
        let update = losses::update(&step.delta)?;
        let loss = (landmark_loss(settings.loss, &step.params, targets)? + (&update * settings.update_penalty)?)?;
        total = Some(match total {
            None => loss,
            Some(sum) => (sum + loss)?,
        });
        updates.push(update.detach().sqrt()?);
    }
    let total = total.ok_or_else(no_landmarks)?;
    generators.adam.step(&total.backward()?, rate)?;
    Numbers::read(&[("loss", &total), ("update_norm", &updates[updates.len() - 1])])
}

pub(super) fn no_landmarks() -> Error {
    Error::Argument {
        name: "landmarks",
        value: "missing".into(),
        expected: "data with landmarks for every face".into(),
    }
}
