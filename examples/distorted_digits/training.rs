//! Training and evaluation of one network on one distortion.

use crate::data::Set;
use crate::networks::{Architecture, Network};
use anyhow::Result;
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss::cross_entropy};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
/// The peak learning rate. Wide linear layers tolerate only half of that of convolutions.
fn rate(convolutional: bool) -> f64 {
    if convolutional { 8e-3 } else { 4e-3 }
}
/// Iterations of linear warm-up. Without it, the first iterations can move the sampled regions out
/// of the images.
const WARMUP: usize = 200;
/// Maximum gradient norm. Without clipping, one region that leaves its image can move all the
/// others out as well.
const MAX_GRADIENT_NORM: f64 = 1.0;

/// The parameters of a training run.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub iterations: usize,
    pub seed: u64,
    /// Train without warm-up and gradient clipping.
    pub unstabilised: bool,
}

/// Trains a network with Adam. The learning rate has a linear warm-up and a cosine decay to zero.
pub(crate) fn train(
    architecture: &Architecture,
    set: &Set,
    Plan { iterations, seed, unstabilised }: Plan,
) -> Result<Network> {
    let network = Network::new(architecture, set.images.dim(2)?, seed)?;
    let variables = network.variables.all_vars();
    let rate = rate(architecture.convolutional);
    let params = ParamsAdamW { lr: rate, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(variables.clone(), params)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0073_7465_7073);
    for iteration in 0..iterations {
        let picked: Vec<u32> = (0..BATCH).map(|_| rng.random_range(0..set.labels.len() as u32)).collect();
        let labels: Vec<u32> = picked.iter().map(|&i| set.labels[i as usize]).collect();
        let images = set.images.index_select(&Tensor::new(picked, &Device::Cpu)?, 0)?;
        let loss = cross_entropy(&network.forward(&images)?, &Tensor::new(labels, &Device::Cpu)?)?;
        let mut gradients = loss.backward()?;
        let (mut warmup, progress) = (1.0, iteration as f64 / iterations as f64);
        if !unstabilised {
            clip_gradients(&mut gradients, &variables)?;
            warmup = ((iteration + 1) as f64 / WARMUP as f64).min(1.0);
        }
        optimiser.set_learning_rate(rate * warmup * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()));
        optimiser.step(&gradients)?;
    }
    Ok(network)
}

/// Scales all gradients by one factor so that their joint norm is at most `MAX_GRADIENT_NORM`.
fn clip_gradients(gradients: &mut GradStore, variables: &[Var]) -> Result<()> {
    let mut squares = 0.0;
    for gradient in variables.iter().filter_map(|variable| gradients.get(variable)) {
        squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
    }
    let length = squares.sqrt();
    if length > MAX_GRADIENT_NORM {
        for variable in variables {
            if let Some(gradient) = gradients.remove(variable) {
                gradients.insert(variable, (gradient * (MAX_GRADIENT_NORM / length))?);
            }
        }
    }
    Ok(())
}

/// The error rate in percent.
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
