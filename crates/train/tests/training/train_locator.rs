//! Training of a locator on synthetic faces: bit-exact resume, and a detection threshold above the
//! configured minimum.

use crate::common::runs::{Temporary, numbers};
use candle_core::Device;
use stgan_train::data;
use stgan_train::{Event, LocatorConfig, RunStart, ValidationMetrics, train_locator};

/// A configuration that trains in seconds.
const CONFIG: &str = r#"
seed = 3
[intervals]
report = 1
validate = 2
checkpoint = 3
keep = 2
[data.synthetic]
without_glasses = 8
with_glasses = 4
validation = 4
width = 64
[locator]
ema_decay = 0.9
max_false_positive_rate = 0.1
min_threshold = 0.8
[locator.networks.detector]
layers = [[4, 4], [4, 8], [4, 8]]
[locator.networks.refiner]
size = 32
channels = [4, 8]
hidden = 8
[locator.scenes]
photo_share = 0.0
synthetic_share = 0.2
glasses_share = 0.3
people = 4
glasses = 4
faceless = 4
tilt = 14.0
[locator.detector]
iterations = 5
batch = 2
size = 64
optimiser = { learning_rate = 1e-3, warmup = 2 }
[locator.refiner]
iterations = 4
batch = 2
views = 2
optimiser = { learning_rate = 1e-3, warmup = 2 }
"#;

#[test]
fn a_resumed_run_equals_an_uninterrupted_run() {
    let config = LocatorConfig::parse_with(CONFIG, "test", &[]).unwrap();
    let faces = data::open(None, &config.data, &|_, _| ()).unwrap();
    let (whole, parts) = (Temporary::new("locator-whole"), Temporary::new("locator-parts"));
    let mut thresholds = Vec::new();
    let finished = train_locator(&config, &faces, &whole.0, RunStart::FromScratch, &Device::Cpu, &mut |event| {
        if let Event::Validated { metrics: ValidationMetrics::Locator(measured), .. } = event {
            thresholds.push(measured.threshold);
        }
        true
    });
    assert!(finished.unwrap());
    // Only the refiner's four iterations are validated, since both networks are needed to measure a
    // locator.
    assert_eq!(thresholds.len(), 2);
    assert!(thresholds.iter().all(|&threshold| threshold >= 0.8), "{thresholds:?}");

    for (resume, stop) in [(false, 2), (true, 5), (true, 7)] {
        let finished = train_locator(
            &config,
            &faces,
            &parts.0,
            if resume { RunStart::Resume } else { RunStart::FromScratch },
            &Device::Cpu,
            &mut |event| !matches!(event, Event::Progress { done, .. } if done >= stop),
        );
        assert!(!finished.unwrap());
    }
    assert!(train_locator(&config, &faces, &parts.0, RunStart::Resume, &Device::Cpu, &mut |_| true).unwrap());
    let file = "locator.safetensors";
    assert!(numbers(&whole.file(file)) == numbers(&parts.file(file)), "{file} differs");
    assert!(stgan::internals::locate::read(&std::fs::read(whole.file(file)).unwrap()).unwrap().threshold >= 0.8);
}

#[test]
fn an_unreachable_minimum_threshold_is_rejected() {
    let changed = LocatorConfig::parse_with(CONFIG, "test", &["locator.min_threshold=1.0".to_owned()]);
    let error = changed.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("locator.min_threshold"), "{error}: {source}");
}
