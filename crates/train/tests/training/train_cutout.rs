//! Training of the cut-out network on product photos: bit-exact resume, and a readable weights
//! file.

use crate::common::runs::{Temporary, numbers};
use candle_core::Device;
use stgan_train::{CutoutConfig, Event, RunStart, ValidationMetrics, train_cutout};

/// A configuration that trains in seconds.
const CONFIG: &str = r#"
seed = 3
[intervals]
report = 1
validate = 2
checkpoint = 3
keep = 2
[cutout]
ema_decay = 0.9
iterations = 6
batch = 2
size = [48, 32]
validation = 3
label_weights = [1.0, 2.0, 1.0, 1.5]
[cutout.network]
down = [4, 6, 8]
up = [6, 4]
[cutout.optimiser]
learning_rate = 1e-3
warmup = 2
"#;

#[test]
fn a_resumed_cutout_run_equals_an_uninterrupted_run() {
    let config = CutoutConfig::parse_with(CONFIG, "test", &[]).unwrap();
    let (whole, parts) = (Temporary::new("cutout-whole"), Temporary::new("cutout-parts"));
    let mut lenses = Vec::new();
    let finished = train_cutout(&config, &whole.0, RunStart::FromScratch, &Device::Cpu, &mut |event| {
        if let Event::Validated { metrics: ValidationMetrics::Cutout(measured), .. } = event {
            lenses.push(measured.lens);
        }
        true
    });
    assert!(finished.unwrap());
    assert_eq!(lenses.len(), 3);
    assert!(lenses.iter().all(|share| (0.0..=1.0).contains(share)), "{lenses:?}");

    for (resume, stop) in [(false, 2), (true, 4)] {
        let finished = train_cutout(
            &config,
            &parts.0,
            if resume { RunStart::Resume } else { RunStart::FromScratch },
            &Device::Cpu,
            &mut |event| !matches!(event, Event::Progress { done, .. } if done >= stop),
        );
        assert!(!finished.unwrap());
    }
    assert!(train_cutout(&config, &parts.0, RunStart::Resume, &Device::Cpu, &mut |_| true).unwrap());
    let file = "cutout.safetensors";
    assert!(numbers(&whole.file(file)) == numbers(&parts.file(file)), "{file} differs");
    let weights = std::fs::read(whole.file(file)).unwrap();
    assert_eq!(stgan::internals::cutout::read(&weights).unwrap().spec, config.cutout.network);

    // Another run can start from the file; one of other channels cannot.
    let read = || Box::new(stgan::internals::cutout::read(&weights).unwrap());
    let next = Temporary::new("cutout-next");
    let still = CutoutConfig::parse_with(CONFIG, "test", &["cutout.optimiser.learning_rate=1e-12".into()]).unwrap();
    train_cutout(&still, &next.0, RunStart::FromWeights(read()), &Device::Cpu, &mut |_| true).unwrap();
    let (before, after) = (read(), std::fs::read(next.file(file)).unwrap());
    for (name, tensor) in stgan::internals::cutout::read(&after).unwrap().parameters.0 {
        let off = (&tensor - &before.parameters.0[&name]).unwrap().abs().unwrap();
        let off = off.flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
        assert!(off < 1e-5, "{name} is {off} away from the weights to start from");
    }
    let mut other = config.clone();
    other.cutout.network.down[0] += 8;
    let refused = train_cutout(&other, &next.0, RunStart::FromWeights(read()), &Device::Cpu, &mut |_| true);
    assert_eq!(refused.unwrap_err().code(), "argument");

    // Cut short, it is refused by name of the format, not read in part.
    assert_eq!(stgan::internals::cutout::read(&weights[..weights.len() - 9]).unwrap_err().code(), "weights");
}
