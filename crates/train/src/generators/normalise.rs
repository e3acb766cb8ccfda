//! Normalised convolutions: for the start of a network, and in training as batch normalisation
//! that is folded into the weights afterwards.
//!
//! In training, the bias of a convolution is the shift of
//! [`batch_norm_relu`](ops::batch_norm_relu). Networks outside training are plain ones, so frozen
//! stages and files of weights have nothing more.

use super::batch::Batch;
use crate::Result;
use candle_core::Tensor;
use stgan::internals::model::STRIDE;
use stgan::model::{Generator, GeneratorSpec, Parameters};
use stgan::ops;

/// Examples whose statistics are folded into the weights.
pub(super) const EXAMPLES: usize = 256;

/// Images that a stage sees: backgrounds [B, 3, H, W] and warped foregrounds [B, 4 or 5, H, W].
pub(super) struct StageInputs {
    background: Tensor,
    foreground: Tensor,
}

impl StageInputs {
    /// The images that the stage after `frozen` sees of a batch.
    ///
    /// # Errors
    /// Shapes that do not match.
    pub(super) fn new(batch: &Batch, frozen: &[Generator]) -> Result<Self> {
        let mut params = batch.params.clone();
        for generator in frozen {
            params = (&params + generator.forward(&batch.background, &batch.warped(&params)?)?)?;
        }
        Ok(Self { background: batch.background.clone(), foreground: batch.warped(&params)? })
    }
}

/// The convolution without its bias.
fn convolution(input: &Tensor, weight: &Tensor) -> candle_core::Result<Tensor> {
    ops::conv_layer(input, weight, &Tensor::zeros(weight.dims()[0], weight.dtype(), weight.device())?, STRIDE, 1.0)
}

/// `weight` [O, C, 4, 4] divided by one value for each output.
fn divided(weight: &Tensor, by: &Tensor) -> candle_core::Result<Tensor> {
    weight.broadcast_div(&by.reshape(((), 1, 1, 1))?)
}

/// The update of a generator in training, with batch normalisation; see [`Generator::forward`].
pub(super) fn forward(generator: &Generator, background: &Tensor, foreground: &Tensor) -> candle_core::Result<Tensor> {
    let mut layer =
        |input: &Tensor, (weight, bias): (&Tensor, &Tensor)| ops::batch_norm_relu(&convolution(input, weight)?, bias);
    generator.head(&generator.features(background, foreground, &mut layer)?)
}

/// The plain stage `stage` that computes on average what the stage in training computes: the
/// statistics of `inputs` are folded into weights and biases. Also returns the inputs of its first
/// linear layer.
///
/// # Errors
/// Tensors that are missing or of another shape.
pub(super) fn folded(
    spec: &GeneratorSpec,
    stage: usize,
    weights: &Parameters,
    inputs: &StageInputs,
) -> Result<(Parameters, Tensor)> {
    let mut layers = Vec::new();
    let mut layer = |input: &Tensor, (weight, bias): (&Tensor, &Tensor)| {
        let (mean, deviation) = ops::batch_statistics(&convolution(input, weight)?)?;
        let (weight, bias) = (divided(weight, &deviation)?, (bias - (mean / deviation)?)?);
        let output = ops::conv_layer(input, &weight, &bias, STRIDE, 0.0)?;
        layers.push((weight, bias));
        Ok(output)
    };
    let features =
        Generator::new(spec, stage, weights)?.features(&inputs.background, &inputs.foreground, &mut layer)?;
    let mut plain = weights.clone();
    replace(&mut plain, stage, layers);
    Ok((plain, features))
}

/// The inverse of [`folded`]: the stage in training that starts as the plain stage `stage`.
///
/// # Errors
/// Tensors that are missing or of another shape.
pub(super) fn unfolded(
    spec: &GeneratorSpec,
    stage: usize,
    weights: &Parameters,
    inputs: &StageInputs,
) -> Result<Parameters> {
    let mut layers = Vec::new();
    // The layer before gives its outputs divided by these deviations.
    let mut before: Option<Tensor> = None;
    let mut layer = |input: &Tensor, (weight, bias): (&Tensor, &Tensor)| {
        let weight = match &before {
            Some(deviation) => scaled_inputs(weight, deviation)?,
            None => weight.clone(),
        };
        let output = convolution(input, &weight)?;
        let (mean, deviation) = ops::batch_statistics(&output)?;
        let shift = ((bias + mean)? / &deviation)?;
        let output = ops::batch_norm_relu(&output, &shift)?;
        layers.push((weight, shift));
        before = Some(deviation);
        Ok(output)
    };
    Generator::new(spec, stage, weights)?.features(&inputs.background, &inputs.foreground, &mut layer)?;
    let mut training = weights.clone();
    replace(&mut training, stage, layers);
    if let Some(deviation) = before {
        let name = format!("stages.{stage}.fc1.weight");
        let (hidden, area) = (spec.hidden, spec.final_size().area());
        let weight = weights.expect(&name, &[hidden, spec.features()])?.reshape((hidden, (), area))?;
        training.0.insert(name, scaled_inputs(&weight, &deviation)?.reshape((hidden, ()))?);
    }
    Ok(training)
}

/// `weight` [O, C, …] with its first input channels multiplied by `factors`.
fn scaled_inputs(weight: &Tensor, factors: &Tensor) -> candle_core::Result<Tensor> {
    let (scaled, all) = (factors.elem_count(), weight.dims()[1]);
    let mut shape = vec![1; weight.rank()];
    shape[1] = scaled;
    let first = weight.narrow(1, 0, scaled)?.broadcast_mul(&factors.reshape(shape)?)?;
    Tensor::cat(&[&first, &weight.narrow(1, scaled, all - scaled)?], 1)
}

/// Replaces the weights and biases of the convolutions of a stage.
fn replace(weights: &mut Parameters, stage: usize, layers: Vec<(Tensor, Tensor)>) {
    for (k, (weight, bias)) in (1..).zip(layers) {
        weights.0.insert(format!("stages.{stage}.conv{k}.weight"), weight);
        weights.0.insert(format!("stages.{stage}.conv{k}.bias"), bias);
    }
}

/// A new first stage whose layers, except the last one, have outputs of mean 0 and deviation 1 on
/// `inputs` (Mishkin & Matas 2016, "All you need is a good init"). Images have positive values
/// only, so without it the outputs of a layer all move together.
///
/// # Errors
/// Tensors that are missing or of another shape.
pub(super) fn normalised(spec: &GeneratorSpec, weights: &Parameters, inputs: &StageInputs) -> Result<Parameters> {
    let (mut weights, features) = folded(spec, 0, weights, inputs)?;
    let [weight, bias] = ["stages.0.fc1.weight", "stages.0.fc1.bias"];
    let linear = weights.expect(weight, &[spec.hidden, spec.features()])?;
    let outputs = features.matmul(&linear.t()?)?;
    let (mean, deviation) = ops::batch_statistics(&outputs.reshape((outputs.dims()[0], spec.hidden, 1, 1))?)?;
    weights.0.insert(weight.into(), linear.broadcast_div(&deviation.reshape(((), 1))?)?);
    weights.0.insert(bias.into(), (mean / deviation)?.neg()?);
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Stream, rng};
    use candle_core::{DType, Device};
    use rand::Rng;
    use rand_distr::StandardNormal;
    use stgan::model::{ImageSize, Inputs, initialise};

    fn random(shape: &[usize], seed: usize) -> Tensor {
        let mut rng = rng(seed as u64, Stream::Room(0));
        let n = shape.iter().product();
        let values: Vec<f64> = (0..n).map(|_| rng.sample(StandardNormal)).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    fn example() -> (GeneratorSpec, Parameters, StageInputs) {
        let size = ImageSize { height: 11, width: 14 };
        let (channels, inputs) = (vec![3, 4], Inputs::RgbaPose);
        let spec = GeneratorSpec { size, channels, hidden: 5, inputs, ..GeneratorSpec::paper() };
        let mut rng = rng(1, Stream::Room(0));
        let weights = initialise(&spec.tensors(0), || rng.sample(StandardNormal)).unwrap();
        let weights = weights.0.into_iter().map(|(name, tensor)| {
            let tensor = tensor.to_dtype(DType::F64).unwrap();
            // Biases start at 0, which would hide errors.
            let tensor = if name.ends_with("bias") { random(tensor.dims(), name.len()) } else { tensor };
            (name, tensor)
        });
        let background = random(&[6, 3, 11, 14], 2).abs().unwrap();
        let inputs = StageInputs { background, foreground: random(&[6, 5, 11, 14], 3) };
        (spec, weights.collect(), inputs)
    }

    #[track_caller]
    fn assert_near(a: &Tensor, b: &Tensor) {
        let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(difference < 1e-4, "{difference}");
    }

    #[test]
    fn the_stage_in_training_starts_as_the_plain_stage_and_folds_back() {
        let (spec, weights, inputs) = example();
        let stage = |weights: &Parameters| Generator::new(&spec, 0, weights).unwrap();
        let plain = stage(&weights).forward(&inputs.background, &inputs.foreground).unwrap();
        let training = unfolded(&spec, 0, &weights, &inputs).unwrap();
        assert_near(&forward(&stage(&training), &inputs.background, &inputs.foreground).unwrap(), &plain);
        let (again, _) = folded(&spec, 0, &training, &inputs).unwrap();
        assert_near(&stage(&again).forward(&inputs.background, &inputs.foreground).unwrap(), &plain);
    }

    #[test]
    fn hidden_layers_of_a_normalised_stage_have_mean_0_and_deviation_1() {
        let (spec, mut weights, inputs) = example();
        for (name, tensor) in &mut weights.0 {
            if name.ends_with("bias") {
                *tensor = tensor.zeros_like().unwrap();
            }
        }
        let normal = normalised(&spec, &weights, &inputs).unwrap();
        let generator = Generator::new(&spec, 0, &normal).unwrap();
        let mut checked = 0;
        let mut layer = |input: &Tensor, (weight, bias): (&Tensor, &Tensor)| {
            let output = ops::conv_layer(input, weight, bias, STRIDE, 1.0)?;
            let (mean, deviation) = ops::batch_statistics(&output)?;
            assert_near(&mean, &mean.zeros_like()?);
            assert_near(&deviation, &deviation.ones_like()?);
            checked += 1;
            ops::leaky_relu(&output, 0.0)
        };
        generator.features(&inputs.background, &inputs.foreground, &mut layer).unwrap();
        assert_eq!(checked, 2);
    }
}
