//! Damaged checkpoints, two runs in one folder, and images that vanish during a run.

use crate::common::runs::Temporary;
use candle_core::Device;
use std::path::Path;
use stgan::model::weights::Weights;
use stgan_train::data::{self, DataSettings};
use stgan_train::{Config, Error, Event, Folder, Result, RunStart, train_generators};

const CONFIG: &str = include_str!("../../../cli/tests/program/tiny.toml");

/// The regression alone.
fn config() -> Config {
    let config = Config::parse(CONFIG, "tiny.toml").unwrap();
    Config { discriminator_pretraining: None, adversarial: None, end_to_end: None, discriminator: None, ..config }
}

fn train(config: &Config, out: &Path, start: RunStart<Weights>, report: &mut dyn FnMut(Event) -> bool) -> Result<bool> {
    let faces = data::open(None, &config.data, &|_, _| ()).unwrap();
    train_generators(config, &faces, out, start, &Device::Cpu, report)
}

/// Trains until the third checkpoint, and returns the checkpoints, oldest first.
fn interrupted(config: &Config, out: &Temporary) -> Vec<std::path::PathBuf> {
    let finished = train(
        config,
        &out.0,
        RunStart::FromScratch,
        &mut |event| !matches!(event, Event::Progress { done, .. } if done >= 9),
    );
    assert!(!finished.unwrap());
    let mut paths: Vec<_> =
        std::fs::read_dir(out.file("checkpoints")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn message(error: Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

#[test]
fn a_damaged_checkpoint_is_named_with_the_last_good_one_and_nothing_is_lost() {
    let (config, whole, out) = (config(), Temporary::new("intact"), Temporary::new("damaged"));
    assert!(train(&config, &whole.0, RunStart::FromScratch, &mut |_| true).unwrap());
    let paths = interrupted(&config, &out);
    let [.., earlier, newest] = paths.as_slice() else { panic!("{paths:?}") };
    let bytes = std::fs::read(newest).unwrap();
    let resume = || train(&config, &out.0, RunStart::Resume, &mut |_| true);
    let mut damaged: Vec<Vec<u8>> = [0, 7, 100, bytes.len() / 2, bytes.len() - 1].map(|at| bytes[..at].to_vec()).into();
    for at in [0, 9, 60, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        damaged.push(changed);
    }
    for (i, damaged) in damaged.iter().enumerate() {
        std::fs::write(newest, damaged).unwrap();
        let error = message(resume().unwrap_err());
        assert!(error.contains(newest.to_str().unwrap()) && error.contains("damaged"), "{i}: {error}");
        assert!(error.contains(&format!("delete it to continue from {}", earlier.display())), "{i}: {error}");
        assert_eq!(std::fs::read(newest).unwrap(), *damaged, "{i}");
    }
    std::fs::remove_file(newest).unwrap();
    assert!(resume().unwrap());
    let weights = |run: &Temporary| std::fs::read(run.file("weights.safetensors")).unwrap();
    assert!(weights(&whole) == weights(&out));
}

#[test]
fn two_runs_cannot_share_a_folder() {
    let (config, out) = (config(), Temporary::new("shared"));
    let mut errors = Vec::new();
    let finished = train(&config, &out.0, RunStart::FromScratch, &mut |event| {
        if let Event::Progress { .. } = event {
            errors.push(train(&config, &out.0, RunStart::FromScratch, &mut |_| true).unwrap_err());
        }
        true
    });
    assert!(finished.unwrap());
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error.code(), "data");
        assert!(error.to_string().contains("another run is training in this folder"), "{error}");
    }
    // The lock is free after the run.
    assert!(train(&config, &out.0, RunStart::Resume, &mut |_| true).unwrap());
}

#[test]
fn images_that_vanish_during_a_run_are_an_error_that_keeps_the_last_checkpoint() {
    let (faces, out) = (Temporary::new("vanishing"), Temporary::new("vanished"));
    std::fs::create_dir_all(&faces.0).unwrap();
    let mut table = "image,split,glasses,person\n".to_owned();
    for i in 0..12u32 {
        let name = format!("{i}.png");
        image::RgbaImage::from_pixel(178, 218, image::Rgba([i as u8 * 20, 90, 120, 255]))
            .save(faces.file(&name))
            .unwrap();
        table += &format!("{name},{},{},p{i}\n", if i < 8 { "train" } else { "val" }, i % 2);
    }
    std::fs::write(faces.file("labels.csv"), table).unwrap();
    // Adversarial training needs no landmarks.
    let mut config = Config::parse(CONFIG, "tiny.toml").unwrap();
    config.regression = None;
    config.end_to_end = None;
    config.adversarial.as_mut().unwrap().landmark_weight = 0.0;
    config.discriminator_pretraining.as_mut().unwrap().mismatched_share = 0.0;
    config.data = DataSettings { keep_in_memory_below: 0, landmarks: false, ..DataSettings::default() };
    config.discriminator.as_mut().unwrap().reals = Default::default();
    let opened = data::open(Some(&faces.0), &config.data, &|_, _| ()).unwrap();
    let error = train_generators(&config, &opened, &out.0, RunStart::FromScratch, &Device::Cpu, &mut |event| {
        if matches!(event, Event::Progress { done, .. } if done >= 6) {
            let _ = std::fs::remove_dir_all(&faces.0);
        }
        true
    });
    let error = error.unwrap_err();
    assert_eq!(error.code(), "io", "{error}");
    assert!(error.to_string().contains(".png cannot be read"), "{error}");
    assert!(Folder::new(&out.0).newest_checkpoint().unwrap().is_some());
}
