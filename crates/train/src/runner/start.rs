//! The initial weights of a run.

use super::InitialState;
use crate::Result;
use stgan::model::Parameters;

/// The initial weights of a run. `W` is the content of a weights file of its networks.
#[derive(Debug)]
pub enum RunStart<W> {
    /// Random weights.
    FromScratch,
    /// The weights of a file. Of generators it has stages, and a discriminator if the file has one;
    /// a stage that the file lacks is initialised with a copy of the stage before it. Of a locator
    /// it has the refiner, and the detector unless that is BlazeFace.
    FromWeights(Box<W>),
    /// The newest checkpoint in the folder of the run.
    Resume,
}

impl<W> RunStart<W> {
    /// The state that the run begins with. `checked` returns the tensors of a file that matches the
    /// configuration.
    pub(crate) fn initial(self, checked: impl FnOnce(W) -> Result<Parameters>) -> Result<InitialState> {
        Ok(match self {
            Self::FromScratch => InitialState::Weights(Parameters::default()),
            Self::FromWeights(file) => InitialState::Weights(checked(*file)?),
            Self::Resume => InitialState::Resume,
        })
    }
}
