//! `stgan init`: a weights file of any size with random weights.

use crate::files;
use crate::weights_file::{Output, Stored};
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
use stgan_train::Config;

/// Write a weights file with random weights: for benchmarks and tests of sizes that nobody has trained.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    // Negative numbers are allowed below so that the message names the option and what it expects.
    #[command(flatten)]
    output: Output,
    /// A training configuration: its [model] and seed, unless an option below replaces them. Without it --size,
    /// --channels, --hidden and --inputs are required.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Rows and columns of the square crops, 8 to 1024.
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "PIXELS",
        required_unless_present = "config",
        value_parser = within(8..=1024)
    )]
    size: Option<usize>,
    /// Output channels of the convolutions, such as 32,64,128: 1 to 10 layers.
    #[arg(
        long,
        value_name = "N,N,…",
        required_unless_present = "config",
        value_delimiter = ',',
        value_parser = within(1..=WIDEST)
    )]
    channels: Option<Vec<usize>>,
    /// Width of the hidden linear layer.
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "N",
        required_unless_present = "config",
        value_parser = within(1..=WIDEST)
    )]
    hidden: Option<usize>,
    /// What a generator is given: the face and the warped glasses, or the pose of the glasses too.
    #[arg(long, required_unless_present = "config", value_parser = inputs())]
    inputs: Option<Inputs>,
    /// Generator stages, 1 to 64, each with weights of its own; 1 by default.
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = within(1..=64))]
    stages: Option<usize>,
    /// Equal seeds and sizes give equal files; 0 by default.
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    seed: Option<u64>,
    /// How numbers are stored.
    #[arg(long, default_value = "f32")]
    storage: Stored,
    /// How many updates a fit with these weights has if it is not told otherwise; one for each stage by default.
    #[arg(long, allow_negative_numbers = true, value_name = "N", value_parser = within(1..=MAX_UPDATES as u64))]
    updates: Option<usize>,
    /// Standard deviation of the biases. Training starts with 0; other values show whether biases are used.
    #[arg(long, allow_negative_numbers = true, value_name = "DEVIATION", default_value = "0", value_parser = deviation)]
    biases: f32,
    /// Factor on the He deviation of each stage's last layer. Training starts with 0.1, which barely moves the glasses.
    #[arg(long, allow_negative_numbers = true, value_name = "FACTOR", default_value = "0.1", value_parser = deviation)]
    last_gain: f32,
}

/// The most channels of a layer.
const WIDEST: u64 = 65_536;
/// The most numbers in a file: 1 GB in f32.
const MOST_NUMBERS: usize = 1 << 28;

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
        !stgan_train::LocatorConfig::is_locator_config(&text),
        "--config {name}: it trains a locator, expected a configuration with the sizes of generators ([model])"
    );
    Config::parse(&text, &name).context("--config")
}

/// The configuration's sizes with those of the options in their place; clap has seen to it that none is missing.
fn sizes(arguments: &Arguments, config: Option<&Config>) -> Result<GeneratorSpec> {
    let mut spec = match config {
        Some(config) => config.generator()?,
        None => GeneratorSpec::paper(),
    };
    if let Some(size) = arguments.size {
        spec.size = size;
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
    ensure!((1..=10).contains(&layers), "--channels has {layers} layers, expected 1 to 10");
    let widest = spec.channels.iter().copied().max().unwrap_or(0).max(spec.hidden);
    ensure!(widest as u64 <= WIDEST, "a layer of {widest} channels is too wide, expected at most {WIDEST}");
    spec.validate()?;
    Ok(spec)
}

fn check_count(spec: &GeneratorSpec, stages: usize) -> Result<()> {
    let of_a_stage: usize = spec.tensors(0).iter().map(|tensor| tensor.shape.iter().product::<usize>()).sum();
    let count = of_a_stage.saturating_mul(stages);
    ensure!(
        count <= MOST_NUMBERS,
        "{stages} stages of this size have {count} parameters, expected at most {MOST_NUMBERS}: \
         lower --size, --channels, --hidden or --stages"
    );
    Ok(())
}

/// Weights as training starts with them, but for the biases and the scale of each stage's last layer.
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
