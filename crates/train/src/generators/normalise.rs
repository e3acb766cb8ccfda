//! Initialisation that depends on data.

use super::batch::Batch;
use crate::Result;
use crate::runner::State;
use candle_core::Tensor;
use stgan::internals::model::halve;
use stgan::model::GeneratorSpec;
use stgan::ops;

/// The least deviation that an output is divided by. Smaller ones belong to outputs that hardly
/// depend on the examples.
const MIN_DEVIATION: f64 = 1e-3;

/// Scales and shifts the layers of the first stage, except the last one, so that their outputs
/// before the activation have mean 0 and deviation 1 on a batch (Mishkin & Matas 2016, "All you
/// need is a good init"). Images have positive values only, so without it the outputs of a layer
/// all move together.
///
/// # Errors
/// Shapes that do not match.
pub(super) fn normalise(spec: &GeneratorSpec, batch: &Batch, state: &mut State) -> Result<()> {
    let mut layer = |name: &str, apply: &dyn Fn(&Tensor, &Tensor) -> candle_core::Result<Tensor>| -> Result<Tensor> {
        let names = ["weight", "bias"].map(|part| format!("stages.0.{name}.{part}"));
        let [weight, bias] = names.each_ref().map(|name| state.weights.0[name].clone());
        let device = batch.background.device();
        let output = apply(&weight.to_device(device)?, &bias.to_device(device)?)?;
        // [outputs, values].
        let values = output.transpose(0, 1)?.flatten_from(1)?;
        let mean = values.mean_keepdim(1)?;
        let deviation = values.broadcast_sub(&mean)?.sqr()?.mean_keepdim(1)?.sqrt()?.maximum(MIN_DEVIATION)?;
        let shape = |rank: usize| std::iter::once(mean.elem_count()).chain(vec![1; rank - 1]).collect::<Vec<_>>();
        let home = weight.device();
        let (own_mean, own) = (mean.flatten_all()?.to_device(home)?, deviation.flatten_all()?.to_device(home)?);
        let [weight_name, bias_name] = names;
        state.weights.0.insert(bias_name, ((bias - own_mean)? / &own)?);
        state.weights.0.insert(weight_name, weight.broadcast_div(&own.reshape(shape(weight.rank()))?)?);
        let by_output = |t: &Tensor| -> candle_core::Result<Tensor> {
            let mut shape = vec![1; output.rank()];
            shape[1] = t.elem_count();
            t.reshape(shape)
        };
        let normal = output.broadcast_sub(&by_output(&mean)?)?.broadcast_div(&by_output(&deviation)?)?;
        Ok(normal.relu()?)
    };
    let mut pooled = Tensor::cat(&[&batch.background, &batch.warped(&batch.params)?], 1)?;
    let mut features = pooled.clone();
    for k in 1..=spec.channels.len() {
        let normal = layer(&format!("conv{k}"), &|w, b| ops::conv_layer(&features, w, b, 2, 1.0))?;
        pooled = halve(&pooled)?;
        features = Tensor::cat(&[&normal, &pooled], 1)?;
    }
    let flat = features.flatten_from(1)?;
    layer("fc1", &|w, b| flat.matmul(&w.t()?)?.broadcast_add(b))?;
    Ok(())
}
