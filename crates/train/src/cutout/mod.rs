//! Training of the network that labels product photos, on rendered photos of random glasses.

mod task;

use crate::Result;
use crate::address::{Address, Purpose, rng};
use crate::config::{CutoutConfig, Intervals};
use crate::runner::{self, Event, Job, Phase, PhaseKind, RunStart, State, Task, network};
use candle_core::Device;
use rayon::prelude::*;
use std::path::Path;
use stgan::internals::cutout::{self, CutoutWeights};
use stgan::model::Parameters;
use stgan::model::weights::Storage;
use stgan_synth::products::{Product, product};
use task::CutoutTask;

/// Trains the network with the configuration `config` and writes to the folder `out` (see
/// [`Folder`](crate::Folder)).
///
/// Resuming and `report` work as in [`train_generators`](crate::train_generators).
///
/// # Errors
/// Those of [`train_generators`](crate::train_generators).
pub fn train_cutout(
    config: &CutoutConfig,
    out: &Path,
    start: RunStart<CutoutWeights>,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let begin = start.initial(|file| {
        let (name, table) = ("the network of the weights to start from", "cutout.network");
        network::check_network(name, &file.spec, &config.cutout.network, table)?;
        Ok(file.parameters)
    })?;
    let size = (config.cutout.size[0], config.cutout.size[1]);
    let held_out = |item: usize| {
        let address = Address { purpose: Purpose::Validation, iteration: 0, item };
        Ok(product(&mut rng(config.seed, address), size)?)
    };
    let validation = (0..config.cutout.validation).into_par_iter().map(held_out).collect::<Result<_>>()?;
    runner::run(&CutoutRun { config, device, validation }, out, begin, report)
}

/// A run that trains the network.
struct CutoutRun<'a> {
    config: &'a CutoutConfig,
    device: &'a Device,
    validation: Vec<Product>,
}

impl Job for CutoutRun<'_> {
    fn config(&self) -> Result<String> {
        self.config.to_toml()
    }

    fn intervals(&self) -> &Intervals {
        &self.config.intervals
    }

    fn phases(&self) -> Vec<Phase> {
        vec![Phase { kind: PhaseKind::Cutout, stage: 1, iterations: self.config.cutout.iterations }]
    }

    fn held_out(&self) -> usize {
        self.validation.len()
    }

    fn begin<'a>(&'a self, _phase: usize, state: &mut State) -> Result<Box<dyn Task + 'a>> {
        Ok(Box::new(CutoutTask::new(self, state)?))
    }

    fn weights_file(&self) -> &'static str {
        "cutout.safetensors"
    }

    fn export(&self, weights: &Parameters) -> Result<Option<Vec<u8>>> {
        let metadata = network::metadata("product photos", self.config.seed, self.config.to_toml()?);
        let spec = self.config.cutout.network.clone();
        let file = CutoutWeights { spec, parameters: weights.clone(), metadata };
        Ok(Some(cutout::write(&file, Storage::I8)?))
    }
}
