//! One network on one kind of distortion.

use crate::data::Set;
use crate::networks::{Architecture, Network};
use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss::cross_entropy};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
const RATE: f64 = 2e-3;

/// The network after `steps` steps of Adam, the rate falling as a cosine to zero.
pub fn train(architecture: &Architecture, set: &Set, steps: usize, seed: u64) -> Result<Network> {
    let network = Network::new(architecture, set.images.dim(2)?, seed)?;
    let params = ParamsAdamW { lr: RATE, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(network.variables.all_vars(), params)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0073_7465_7073);
    for step in 0..steps {
        let picked: Vec<u32> = (0..BATCH).map(|_| rng.random_range(0..set.labels.len() as u32)).collect();
        let labels: Vec<u32> = picked.iter().map(|&i| set.labels[i as usize]).collect();
        let images = set.images.index_select(&Tensor::new(picked, &Device::Cpu)?, 0)?;
        let loss = cross_entropy(&network.forward(&images)?, &Tensor::new(labels, &Device::Cpu)?)?;
        optimiser.set_learning_rate(RATE * 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos()));
        optimiser.backward_step(&loss)?;
    }
    Ok(network)
}

/// The share of digits taken for others, in percent.
pub fn error(network: &Network, set: &Set) -> Result<f64> {
    const CHUNK: usize = 250;
    let (count, mut wrong) = (set.labels.len(), 0);
    for start in (0..count).step_by(CHUNK) {
        let images = set.images.narrow(0, start, CHUNK.min(count - start))?;
        let found = network.forward(&images)?.detach().argmax(1)?.to_vec1::<u32>()?;
        wrong += found.iter().zip(&set.labels[start..]).filter(|(a, b)| a != b).count();
    }
    Ok(100.0 * wrong as f64 / count as f64)
}
