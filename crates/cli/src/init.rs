//! `stgan init`: a weights file with random weights.

use crate::files;
use crate::weights_file::{Output, StorageName};
use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use clap::builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::model::weights::{MAX_UPDATES, Weights};
use stgan::model::{GeneratorSpec, Inputs, Parameters, TensorSpec, initialise};
use stgan_train::{Config, CutoutConfig, LocatorConfig};

/// Write a weights file with random weights
///
/// Such files serve benchmarks and tests of network sizes without trained weights. The network size
/// comes from --config, or from --size, --channels, --hidden and --inputs.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan init -o random.safetensors --config configs/compact-glasses.toml
  stgan init -o random.safetensors --size 96 --channels 32,64,128 --hidden 256 --inputs rgba+pose --stages 2")]
pub(crate) struct Arguments {
    // Negative numbers are accepted, so that the error message names the flag and its range.
    #[command(flatten)]
    output: Output,
    /// Training configuration for network size, stages and seed; the flags below override it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Side of the square crops in pixels, 8 to 1024
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "PIXELS",
        required_unless_present = "config",
        value_parser = within(8..=1024)
    )]
    size: Option<usize>,
    /// Output channels of the 1 to 10 convolutions, for example 32,64,128
    #[arg(
        long,
        value_name = "N,N,…",
        required_unless_present = "config",
        value_delimiter = ',',
        value_parser = within(1..=MAX_CHANNELS)
    )]
    channels: Option<Vec<usize>>,
    /// Width of the hidden linear layer, 1 to 65536
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "N",
        required_unless_present = "config",
        value_parser = within(1..=MAX_CHANNELS)
    )]
    hidden: Option<usize>,
    /// Inputs of a generator: face and warped glasses (rgba), or these and the pose of the glasses
    /// (rgba+pose)
    #[arg(long, required_unless_present = "config", value_parser = inputs())]
    inputs: Option<Inputs>,
    /// Number of generator stages, 1 to 64, each with separate weights [default: as in --config,
    /// else 1]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = within(1..=64))]
    stages: Option<usize>,
    /// Random seed; equal seeds and sizes give equal files [default: as in --config, else 0]
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    seed: Option<u64>,
    /// Number format of the weights
    #[arg(long, value_name = "FORMAT", default_value = "f32")]
    storage: StorageName,
    /// Default number of updates of a fit with these weights, 1 to 64 [default: one per stage]
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = within(1..=MAX_UPDATES as u64))]
    updates: Option<usize>,
    /// Standard deviation of the biases, 0 to 1000; training starts with 0
    #[arg(long, allow_negative_numbers = true, value_name = "DEVIATION", default_value = "0", value_parser = deviation)]
    biases: f32,
    /// Factor on the He standard deviation of the last layer of each stage, 0 to 1000; training
    /// starts with 0.1
    #[arg(long, allow_negative_numbers = true, value_name = "FACTOR", default_value = "0.1", value_parser = deviation)]
    last_gain: f32,
}

/// The maximum number of channels of a layer.
const MAX_CHANNELS: u64 = 65_536;
/// The maximum number of parameters of a file: 1 GiB in f32.
const MAX_PARAMETERS: usize = 1 << 28;

fn within(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}

fn inputs() -> impl TypedValueParser<Value = Inputs> {
    PossibleValuesParser::new([Inputs::Rgba, Inputs::RgbaPose].map(Inputs::name))
        .map(|name| Inputs::from_name(&name).unwrap_or_default())
}

fn deviation(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1000.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1000".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.output.check()?;
    let config = arguments.config.as_deref().map(read_config).transpose()?;
    let spec = sizes(arguments, config.as_ref())?;
    let stages = arguments.stages.or(config.as_ref().map(|config| config.model.stages)).unwrap_or(1);
    let seed = arguments.seed.or(config.as_ref().map(|config| config.seed)).unwrap_or(0);
    check_count(&spec, stages)?;
    let mut metadata =
        BTreeMap::from([("task".to_owned(), "glasses".to_owned()), ("seed".to_owned(), seed.to_string())]);
    if let Some(updates) = arguments.updates {
        metadata.insert("updates".to_owned(), updates.to_string());
    }
    let parameters = random(&spec, stages, seed, arguments.biases, arguments.last_gain)?;
    let storage = arguments.storage.into();
    let file = Weights { spec, stages, discriminator: None, parameters, storage, metadata };
    files::print(&arguments.output.write(&file, storage, &format!("seed {seed}"))?)?;
    Ok(ExitCode::SUCCESS)
}

fn read_config(path: &Path) -> Result<Config> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    ensure!(
        !LocatorConfig::is_locator_config(&text) && !CutoutConfig::is_cutout_config(&text),
        "--config {name} is not the configuration of generators; expected one of generators, with a [model] table"
    );
    Config::parse(&text, &name).context("--config")
}

/// The network size from the configuration, overridden by the flags. clap ensures that it is
/// complete.
fn sizes(arguments: &Arguments, config: Option<&Config>) -> Result<GeneratorSpec> {
    let mut spec = match config {
        Some(config) => config.generator()?,
        None => GeneratorSpec::paper(),
    };
    if let Some(size) = arguments.size {
        spec.size = size.into();
    }
    if let Some(channels) = &arguments.channels {
        spec.channels.clone_from(channels);
    }
    if let Some(hidden) = arguments.hidden {
        spec.hidden = hidden;
    }
    if let Some(inputs) = arguments.inputs {
        spec.inputs = inputs;
    }
    let layers = spec.channels.len();
    ensure!((1..=10).contains(&layers), "--channels has {layers} layers; expected 1 to 10");
    let widest = spec.channels.iter().copied().max().unwrap_or(0).max(spec.hidden);
    ensure!(widest as u64 <= MAX_CHANNELS, "a layer has {widest} channels; expected at most {MAX_CHANNELS}");
    spec.validate()?;
    Ok(spec)
}

fn check_count(spec: &GeneratorSpec, stages: usize) -> Result<()> {
    let per_stage: usize = spec.tensors(0).iter().map(|tensor| tensor.shape.iter().product::<usize>()).sum();
    let count = per_stage.saturating_mul(stages);
    ensure!(
        count <= MAX_PARAMETERS,
        "{stages} stages of this size have {count} parameters; expected at most {MAX_PARAMETERS}: \
         lower --size, --channels, --hidden or --stages"
    );
    Ok(())
}

/// The initial weights of training, with other biases and another scale of the last layer of a
/// stage.
fn random(spec: &GeneratorSpec, stages: usize, seed: u64, biases: f32, last_gain: f32) -> Result<Parameters> {
    let mut tensors: Vec<TensorSpec> = (0..stages).flat_map(|stage| spec.tensors(stage)).collect();
    for tensor in tensors.iter_mut().filter(|tensor| tensor.gain < 1.0) {
        tensor.gain = last_gain;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || rng.sample::<f32, _>(StandardNormal);
    let mut parameters = initialise(&tensors, &mut normal)?;
    if biases > 0.0 {
        for TensorSpec { name, shape, .. } in tensors.into_iter().filter(|tensor| tensor.shape.len() == 1) {
            let values: Vec<f32> = (0..shape[0]).map(|_| biases * normal()).collect();
            parameters.0.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
    }
    Ok(parameters)
}
