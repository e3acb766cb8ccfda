//! Training through all phases on synthetic faces: learning, bit-exact resume, end conditions,
//! initial weights.

use crate::common::runs::{Temporary, numbers};
use candle_core::Device;
use std::path::Path;
use stgan::TryOn;
use stgan::model::weights::{self, Weights};
use stgan_train::data::{self, Dataset};
use stgan_train::{Config, Event, Folder, PhaseKind, Result, RunStart, train_generators};

/// A configuration with all phases that trains in about a second.
const CONFIG: &str = r#"
seed = 5
[model]
size = 16
channels = [4, 6]
hidden = 8
inputs = "rgba+pose"
stages = 2
[examples]
glasses = 6
balance = 0.5
[intervals]
report = 2
validate = 6
checkpoint = 5
keep = 2
[data.synthetic]
without_glasses = 24
with_glasses = 12
validation = 6
width = 32
[validation]
crops = 2
[regression]
iterations = [14, 0]
batch = 4
update_penalty = 1e-3
optimiser = [{ learning_rate = 5e-3, warmup = 3, floor = 0.1 }, { learning_rate = 1e-3 }]
[regression.perturbation]
translation = 0.15
scale = 0.1
rotation = 6.0
far_share = 0.2
shape = 0.05
warp = 0.1
warped_share = 0.5
colour = true
[discriminator]
channels = [4, 6]
penalty = 0.125
[discriminator.reals]
composite_share = 0.5
identity_share = 0.5
[discriminator_pretraining]
iterations = 8
batch = 4
mismatched_share = 0.5
optimiser = { learning_rate = 1e-3 }
[discriminator_pretraining.perturbation]
translation = 0.15
scale = 0.0
rotation = 6.0
far_share = 0.0
shape = 0.0
warp = 0.2
warped_share = 1.0
colour = true
[adversarial]
iterations = [9, 7]
batch = 4
discriminator_iterations = 2
update_penalty = 0.1
landmark_weight = 0.1
ema_decay = 0.9
generator = { learning_rate = 1e-3 }
discriminator = { learning_rate = 1e-3 }
[adversarial.history]
size = 20
share = 0.5
[adversarial.perturbation]
translation = 0.15
scale = 0.0
rotation = 6.0
far_share = 0.0
shape = 0.0
warp = 0.1
warped_share = 1.0
colour = true
[end_to_end]
iterations = 6
generator = { learning_rate = 1e-3 }
discriminator = { learning_rate = 1e-3 }
"#;

fn read(run: &Temporary, name: &str) -> Weights {
    weights::read(&std::fs::read(run.file(name)).unwrap()).unwrap()
}

fn config(changes: &[(&str, &str)]) -> Config {
    let text = changes.iter().fold(CONFIG.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    Config::parse(&text, "test").unwrap()
}

fn faces(config: &Config) -> Dataset {
    data::open(None, &config.data, &|_, _| ()).unwrap()
}

fn train(config: &Config, out: &Path, start: RunStart<Weights>, report: &mut dyn FnMut(Event) -> bool) -> Result<bool> {
    train_generators(config, &faces(config), out, start, &Device::Cpu, report)
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_run_in_all_phases() {
    for loss in ["wgan-gp", "logistic-r1"] {
        let config = config(&[("penalty = 0.125", &format!("penalty = 0.125\nloss = \"{loss}\""))]);
        let (whole, parts) = (Temporary::new(&format!("whole-{loss}")), Temporary::new(&format!("parts-{loss}")));
        let mut phases = Vec::new();
        let finished = train(&config, &whole.0, RunStart::FromScratch, &mut |event| {
            if let Event::Progress { phase, loss, .. } = event {
                assert!(loss.is_finite());
                phases.push(phase);
            }
            true
        });
        assert!(finished.unwrap());
        phases.dedup();
        assert_eq!(
            phases,
            [PhaseKind::Regression, PhaseKind::DiscriminatorPretraining, PhaseKind::Adversarial, PhaseKind::EndToEnd]
        );

        // Interrupted in every phase, both at checkpoints and between them, and at the end of a
        // phase.
        let mut start = RunStart::FromScratch;
        for stop in [4, 14, 17, 24, 28, 34, 41] {
            let finished = train(
                &config,
                &parts.0,
                start,
                &mut |event| !matches!(event, Event::Progress { done, .. } if done >= stop),
            );
            assert!(!finished.unwrap());
            start = RunStart::Resume;
        }
        assert!(train(&config, &parts.0, RunStart::Resume, &mut |_| true).unwrap());
        let newest = |folder: &Temporary| Folder::new(&folder.0).newest_checkpoint().unwrap().unwrap();
        assert!(numbers(&newest(&whole)) == numbers(&newest(&parts)), "{loss}: the checkpoints differ");
        for file in ["weights.safetensors", "best.safetensors"] {
            assert!(numbers(&whole.file(file)) == numbers(&parts.file(file)), "{loss}: {file} differs");
        }
        let lines = |folder: &Temporary| {
            let records = stgan_train::report::metrics::read(&folder.file("metrics.jsonl")).unwrap();
            let untimed = records.into_iter().map(|mut record| {
                record.values.remove("seconds");
                record
            });
            untimed.collect::<Vec<_>>()
        };
        let (a, b) = (lines(&whole), lines(&parts));
        let validations = |records: &[stgan_train::report::Record]| -> Vec<_> {
            records.iter().filter(|r| r.values.contains_key("median")).cloned().collect()
        };
        assert_eq!(validations(&a), validations(&b));

        assert_eq!(TryOn::new(&std::fs::read(whole.file("weights.safetensors")).unwrap()).unwrap().stages(), 2);
        assert!(read(&whole, "weights.safetensors").discriminator.is_some());
        for file in ["losses.png", "landmark-error.png", "examples.png"] {
            assert!(image::image_dimensions(whole.file(file)).unwrap().0 > 100, "{file}");
        }
        assert_eq!(std::fs::read_dir(whole.file("checkpoints")).unwrap().count(), 2);
        let text = std::fs::read_to_string(whole.file("config.toml")).unwrap();
        assert_eq!(Config::parse(&text, "resolved").unwrap(), config);
    }
}

#[test]
fn a_checkpoint_of_another_configuration_or_a_damaged_one_is_rejected() {
    let out = Temporary::new("refused");
    let plan = config(&[]);
    assert!(!train(&plan, &out.0, RunStart::FromScratch, &mut |e| !matches!(e, Event::Progress { .. })).unwrap());
    let other = Config { seed: 6, ..plan.clone() };
    let error = train(&other, &out.0, RunStart::Resume, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("another configuration"), "{error}");
    let newest = Folder::new(&out.0).newest_checkpoint().unwrap().unwrap();
    let bytes = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(train(&plan, &out.0, RunStart::Resume, &mut |_| true).unwrap_err().code(), "data");
    let empty = Temporary::new("empty");
    let error = train(&plan, &empty.0, RunStart::Resume, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("no checkpoint"), "{error}");
}

#[test]
fn regression_reduces_the_loss() {
    let plan = config(&[
        ("iterations = [14, 0]\nbatch = 4", "iterations = [500, 0]\nbatch = 16"),
        ("report = 2\nvalidate = 6\ncheckpoint = 5", "report = 10\nvalidate = 500\ncheckpoint = 500"),
    ]);
    let alone =
        Config { discriminator_pretraining: None, adversarial: None, end_to_end: None, discriminator: None, ..plan };
    let out = Temporary::new("learns");
    let mut losses = Vec::new();
    let finished = train(&alone, &out.0, RunStart::FromScratch, &mut |event| {
        if let Event::Progress { loss, .. } = event {
            losses.push(loss);
        }
        true
    });
    assert!(finished.unwrap());
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!(mean(&losses[losses.len() - 5..]) < 0.8 * mean(&losses[..5]), "{losses:?}");
}

#[test]
fn a_run_from_weights_keeps_stages_without_iterations() {
    let first = Temporary::new("from-first");
    let regression_only = |plan: Config| Config {
        discriminator_pretraining: None,
        adversarial: None,
        end_to_end: None,
        discriminator: None,
        ..plan
    };
    train(&regression_only(config(&[])), &first.0, RunStart::FromScratch, &mut |_| true).unwrap();
    let file = read(&first, "weights.safetensors");
    assert_eq!(file.stages, 1);

    let second = Temporary::new("from-second");
    let plan = regression_only(config(&[("iterations = [14, 0]", "iterations = [0, 6]")]));
    train(&plan, &second.0, RunStart::FromWeights(Box::new(file.clone())), &mut |_| true).unwrap();
    let extended = read(&second, "weights.safetensors");
    assert_eq!(extended.stages, 2);
    let values =
        |weights: &Weights, name: &str| weights.parameters.0[name].flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for name in file.parameters.0.keys() {
        assert_eq!(values(&file, name), values(&extended, name), "{name}");
    }
    assert_ne!(values(&extended, "stages.0.fc2.weight"), values(&extended, "stages.1.fc2.weight"));

    let small = regression_only(config(&[("channels = [4, 6]\nhidden", "channels = [4, 5]\nhidden")]));
    let error = train(&small, &second.0, RunStart::FromWeights(Box::new(file)), &mut |_| true).unwrap_err();
    assert_eq!(error.code(), "argument");
}

#[test]
fn pretraining_of_the_discriminator_ends_at_the_target_preference() {
    // Glasses that are far off the face are easy to tell from correct ones.
    let plan = config(&[
        ("mismatched_share = 0.5", "stop_at = 0.75"),
        ("warp = 0.2", "warp = 1.0"),
        ("validate = 6", "validate = 25"),
        ("iterations = 8", "iterations = 2000"),
        ("channels = [4, 6]\npenalty", "channels = [8, 16]\npenalty"),
    ]);
    let plan = Config { regression: None, adversarial: None, end_to_end: None, ..plan };
    let out = Temporary::new("pretraining");
    let mut done = None;
    train(&plan, &out.0, RunStart::FromScratch, &mut |event| {
        if let Event::DiscriminatorPretrained { preference, reached } = event {
            done = Some((preference, reached));
        }
        true
    })
    .unwrap();
    let (preference, reached) = done.unwrap();
    assert!(reached && preference >= 0.75, "{preference}");
}

#[test]
fn a_diverged_run_ends_with_an_error_that_names_the_iteration() {
    let plan = config(&[(
        "ema_decay = 0.9",
        "ema_decay = 0.9
max_update_norm = 1e-9",
    )]);
    let out = Temporary::new("bounds");
    let error = train(&plan, &out.0, RunStart::FromScratch, &mut |_| true).unwrap_err();
    assert_eq!(error.code(), "diverged");
    assert!(error.to_string().contains("‖Δp‖") && error.to_string().contains("iteration 2"), "{error}");
    assert!(Folder::new(&out.0).newest_checkpoint().unwrap().is_some());

    let plan = config(&[("learning_rate = 5e-3, warmup = 3, floor = 0.1", "learning_rate = 1e30")]);
    let out = Temporary::new("nan");
    assert_eq!(train(&plan, &out.0, RunStart::FromScratch, &mut |_| true).unwrap_err().code(), "diverged");
}

#[test]
fn regression_uses_people_with_glasses_if_configured() {
    let run = |plan: Config| {
        let out = Temporary::new("with-glasses");
        let mut losses = Vec::new();
        train(&plan, &out.0, RunStart::FromScratch, &mut |event| {
            if let Event::Progress { loss, .. } = event {
                losses.push(loss);
            }
            losses.is_empty()
        })
        .unwrap();
        losses
    };
    let (without, with) = (
        "update_penalty = 1e-3\noptimiser",
        "update_penalty = 1e-3
with_glasses = true\noptimiser",
    );
    let losses = [config(&[]), config(&[(without, with)])].map(run);
    assert!(!losses[0].is_empty() && losses[0] != losses[1], "{losses:?}");
}

#[test]
fn a_run_is_rejected_at_the_start_if_the_data_lacks_something() {
    let refused = |plan: Config| {
        let out = Temporary::new("lacks");
        train(&plan, &out.0, RunStart::FromScratch, &mut |_| true).unwrap_err().to_string()
    };
    let message = refused(config(&[("with_glasses = 12", "with_glasses = 0")]));
    assert!(message.contains("discriminator needs"), "{message}");
    let (penalty, with) = (
        "update_penalty = 1e-3",
        "update_penalty = 1e-3
with_glasses = true",
    );
    let message = refused(config(&[("with_glasses = 12", "with_glasses = 0"), (penalty, with)]));
    assert!(message.contains("people with glasses") && message.contains("regression"), "{message}");
    let message = refused(config(&[("[data.synthetic]", "[data]\nlandmarks = false\n[data.synthetic]")]));
    assert!(message.contains("landmarks"), "{message}");
}
