//! What runs that train one network at a time share: the weights that they start with, the
//! optimiser, and the metadata of the weights file.

use super::{State, TrainedNetworks};
use crate::{Adam, Error, Result};
use candle_core::Device;
use rand::Rng;
use rand_distr::StandardNormal;
use std::collections::BTreeMap;
use std::fmt::Debug;
use stgan::model::{Parameters, TensorSpec, initialise};

/// The name of the optimiser in checkpoints.
const NAME: &str = "network";

/// Checks that the network of a weights file to start from is that of the configuration, which has
/// it in the table `table`.
///
/// # Errors
/// [`Error::Argument`] for another network.
pub(crate) fn check_network<S: PartialEq + Debug>(
    name: &'static str,
    found: &S,
    configured: &S,
    table: &str,
) -> Result<()> {
    if found == configured {
        return Ok(());
    }
    Err(Error::Argument { name, value: format!("{found:?}"), expected: format!("{configured:?}, as in [{table}]") })
}

/// The metadata of a weights file: what its networks are for, and how they were trained.
pub(crate) fn metadata(task: &str, seed: u64, config: String) -> BTreeMap<String, String> {
    let command = format!("stgan train, seed {seed}");
    [("task", task.to_owned()), ("command", command), ("config", config)]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
}

/// The optimiser of a network, with the weights and moments of `state`. Weights from `rng` are
/// added to `state` if it has none.
///
/// # Errors
/// Those of [`Adam::new`] and [`Adam::restore`].
pub(crate) fn optimiser(
    tensors: &[TensorSpec],
    state: &mut State,
    mut rng: impl Rng,
    betas: [f64; 2],
    device: &Device,
) -> Result<Adam> {
    if !tensors.iter().all(|tensor| state.weights.0.contains_key(&tensor.name)) {
        state.weights.0.extend(initialise(tensors, || rng.sample(StandardNormal))?.0);
    }
    let own = tensors.iter().map(|tensor| Ok((tensor.name.clone(), state.weights.get(tensor)?)));
    let own: Parameters = own.collect::<Result<_>>()?;
    let mut adam = Adam::new(&own.to_device(device)?, betas)?;
    state.restore(NAME, &mut adam)?;
    Ok(adam)
}

/// The network of an optimiser, with the settings of iteration `iteration` (from 0).
pub(crate) fn trained(adam: &Adam, learning_rate: f64, ema_decay: f64, iteration: usize) -> Vec<TrainedNetworks<'_>> {
    // A smaller decay at first, so that the average forgets the initial weights.
    let done = iteration as f64 + 1.0;
    let ema_decay = ema_decay.min(done / (done + 9.0));
    vec![TrainedNetworks { name: NAME, adam, rate: ("learning_rate", learning_rate), ema_decay, keeps_moments: false }]
}
