//! The training of the network: batches, loss and validation.

use super::CutoutRun;
use crate::address::{Address, Purpose, rng};
use crate::runner::{
    CutoutMetrics, IterationMetrics, Prefetched, State, Task, TrainedNetworks, ValidationMetrics, ValidationResult,
    Verdict, network,
};
use crate::{Adam, Result};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use stgan::internals::cutout::{LABELS, Network, Segmenter};
use stgan::model::Parameters;
use stgan_synth::products::{Label, Product, product};

/// Images [B, 3, H, W] and weighted one-hot labels [B, 4, H, W].
struct CutoutBatch {
    images: Tensor,
    targets: Tensor,
}

impl CutoutBatch {
    fn new(products: &[Product], label_weights: [f64; LABELS], device: &Device) -> Result<Self> {
        let (width, height) = products[0].size;
        let (mut images, mut targets) = (Vec::new(), Vec::new());
        for product in products {
            for c in 0..3 {
                images.extend(product.colours.iter().skip(c).step_by(3).map(|value| value - 0.5));
            }
            for (label, weight) in Label::ALL.into_iter().zip(label_weights) {
                targets.extend(product.labels.iter().map(|&l| if l == label { weight as f32 } else { 0.0 }));
            }
        }
        let count = products.len();
        Ok(Self {
            images: Tensor::from_vec(images, (count, 3, height, width), device)?,
            targets: Tensor::from_vec(targets, (count, LABELS, height, width), device)?,
        })
    }
}

type SampleBatch<'a> = Box<dyn Fn(usize) -> Result<CutoutBatch> + Send + Sync + 'a>;

pub(super) struct CutoutTask<'a> {
    job: &'a CutoutRun<'a>,
    network: Network,
    adam: Adam,
    sample: SampleBatch<'a>,
    prefetched: Prefetched<CutoutBatch>,
}

impl<'a> CutoutTask<'a> {
    /// Uses the weights and moments of `state`. Random weights are added to `state` if it has none.
    ///
    /// # Errors
    /// Those of the network and of [`Adam::restore`].
    pub(super) fn new(job: &'a CutoutRun<'a>, state: &mut State) -> Result<Self> {
        let settings = &job.config.cutout;
        let tensors = settings.network.tensors();
        let initial = rng(job.config.seed, Address { purpose: Purpose::Initialisation, iteration: 0, item: 0 });
        let adam = network::optimiser(&tensors, state, initial, settings.optimiser.betas, job.device)?;
        let network = Network::new(&settings.network, &adam.parameters())?;
        let sample: SampleBatch = Box::new(move |iteration| {
            let size = (settings.size[0], settings.size[1]);
            let one = |item: usize| {
                let address = Address { purpose: Purpose::Cutout, iteration, item };
                Ok(product(&mut rng(job.config.seed, address), size)?)
            };
            let products: Vec<Product> = (0..settings.batch).into_par_iter().map(one).collect::<Result<_>>()?;
            CutoutBatch::new(&products, settings.label_weights, job.device)
        });
        let prefetched = Prefetched::new(sample(state.run_iteration));
        Ok(Self { job, network, adam, sample, prefetched })
    }
}

impl Task for CutoutTask<'_> {
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics> {
        let Self { job, network, adam, sample, prefetched } = self;
        let settings = &job.config.cutout;
        let rate = settings.optimiser.rate(iteration, settings.iterations);
        prefetched.train(|batch| step(network, adam, batch, rate), || sample(run_iteration + 1))
    }

    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>> {
        let settings = &self.job.config.cutout;
        let rate = settings.optimiser.rate(iteration, settings.iterations);
        network::trained(&self.adam, rate, settings.ema_decay, iteration)
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>> {
        let segmenter = Segmenter::new(&self.job.config.cutout.network, weights)?;
        let measured = measure(&segmenter, &self.job.validation);
        let metrics = vec![
            ("front_iou", measured.front.into()),
            ("lens_iou", measured.lens.into()),
            ("arm_iou", measured.arm.into()),
        ];
        let summary = ValidationMetrics::Cutout(measured);
        Ok(Some(ValidationResult { metrics, summary, score: None, verdict: Verdict::Continue }))
    }
}

/// One optimiser step on the weighted cross entropy of the labels.
fn step(network: &Network, adam: &mut Adam, batch: &CutoutBatch, rate: f64) -> Result<IterationMetrics> {
    let logits = network.forward(&batch.images)?;
    let largest = logits.detach().max_keepdim(1)?;
    let shifted = logits.broadcast_sub(&largest)?;
    let log_sum = shifted.exp()?.sum_keepdim(1)?.log()?;
    let log_probabilities = shifted.broadcast_sub(&log_sum)?;
    let total: f64 = f64::from(batch.targets.sum_all()?.to_scalar::<f32>()?.max(1.0));
    let loss = ((log_probabilities * &batch.targets)?.sum_all()?.neg()? / total)?;
    adam.step(&loss.backward()?, rate)?;
    IterationMetrics::read(&[("loss", &loss)])
}

/// Intersection over union of each label, over the pixels of all photos.
fn measure(segmenter: &Segmenter, products: &[Product]) -> CutoutMetrics {
    let counts: Vec<[[usize; 2]; LABELS]> = products
        .par_iter()
        .map(|product| {
            let image: Vec<f32> = product.colours.iter().map(|value| value - 0.5).collect();
            let (width, height) = product.size;
            let probabilities = segmenter.probabilities(&image, (height, width));
            let mut counts = [[0; 2]; LABELS];
            for (&label, probabilities) in product.labels.iter().zip(probabilities.chunks_exact(LABELS)) {
                let best = (0..LABELS).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b])).unwrap_or(0);
                for (k, [both, either]) in counts.iter_mut().enumerate() {
                    *both += usize::from(best == k && label as usize == k);
                    *either += usize::from(best == k || label as usize == k);
                }
            }
            counts
        })
        .collect();
    let iou = |label: Label| {
        let sum = |k: usize| counts.iter().map(|counts| counts[label as usize][k]).sum::<usize>();
        sum(0) as f64 / sum(1).max(1) as f64
    };
    CutoutMetrics { front: iou(Label::Front), lens: iou(Label::Lens), arm: iou(Label::Arm) }
}
