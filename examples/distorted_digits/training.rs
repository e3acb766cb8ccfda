//! One network on one kind of distortion.

use crate::data::Set;
use crate::networks::{Architecture, Network};
use anyhow::Result;
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss::cross_entropy};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
/// The highest learning rate; wide linear layers bear half of what convolutions do.
fn rate(convolutional: bool) -> f64 {
    if convolutional { 8e-3 } else { 4e-3 }
}
/// Steps in which the rate grows from zero: the first ones would throw windows out of the images.
const WARM: usize = 200;
/// Longer gradients are shortened to this: a window that leaves its image takes all others with it otherwise.
const LONGEST: f64 = 1.0;

/// How a network is trained.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub steps: usize,
    pub seed: u64,
    /// The whole rate from the first step on, and gradients as long as they are.
    pub bare: bool,
}

/// The network after so many steps of Adam, the rate rising in a line and falling as a cosine to zero.
pub(crate) fn train(architecture: &Architecture, set: &Set, Plan { steps, seed, bare }: Plan) -> Result<Network> {
    let network = Network::new(architecture, set.images.dim(2)?, seed)?;
    let variables = network.variables.all_vars();
    let rate = rate(architecture.convolutional);
    let params = ParamsAdamW { lr: rate, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(variables.clone(), params)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0073_7465_7073);
    for step in 0..steps {
        let picked: Vec<u32> = (0..BATCH).map(|_| rng.random_range(0..set.labels.len() as u32)).collect();
        let labels: Vec<u32> = picked.iter().map(|&i| set.labels[i as usize]).collect();
        let images = set.images.index_select(&Tensor::new(picked, &Device::Cpu)?, 0)?;
        let loss = cross_entropy(&network.forward(&images)?, &Tensor::new(labels, &Device::Cpu)?)?;
        let mut gradients = loss.backward()?;
        let (mut risen, done) = (1.0, step as f64 / steps as f64);
        if !bare {
            shorten(&mut gradients, &variables)?;
            risen = ((step + 1) as f64 / WARM as f64).min(1.0);
        }
        optimiser.set_learning_rate(rate * risen * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()));
        optimiser.step(&gradients)?;
    }
    Ok(network)
}

/// Scales the gradients of the variables so that all together are no longer than `LONGEST`.
fn shorten(gradients: &mut GradStore, variables: &[Var]) -> Result<()> {
    let mut squares = 0.0;
    for gradient in variables.iter().filter_map(|variable| gradients.get(variable)) {
        squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
    }
    let length = squares.sqrt();
    if length > LONGEST {
        for variable in variables {
            if let Some(gradient) = gradients.remove(variable) {
                gradients.insert(variable, (gradient * (LONGEST / length))?);
            }
        }
    }
    Ok(())
}

/// The share of digits taken for others, in percent.
pub(crate) fn error(network: &Network, set: &Set) -> Result<f64> {
    const CHUNK: usize = 250;
    let (count, mut wrong) = (set.labels.len(), 0);
    for start in (0..count).step_by(CHUNK) {
        let images = set.images.narrow(0, start, CHUNK.min(count - start))?;
        let found = network.forward(&images)?.detach().argmax(1)?.to_vec1::<u32>()?;
        wrong += found.iter().zip(&set.labels[start..]).filter(|(a, b)| a != b).count();
    }
    Ok(100.0 * wrong as f64 / count as f64)
}
