//! `stgan init`: the files that it writes and the values that it rejects.

use crate::{folder, stgan};
use std::path::Path;
use std::process::Output;
use stgan::model::weights::{self, Storage, Weights};
use stgan::model::{GeneratorSpec, Inputs};

const SIZES: [&str; 8] = ["--size", "24", "--channels", "4,6", "--hidden", "8", "--inputs", "rgba+pose"];

fn init(out: &Path, options: &[&str]) -> Output {
    stgan(&[&["init", "-o", out.to_str().unwrap()], options].concat())
}

/// The bytes of the file, which must be written without an error.
fn written(out: &Path, options: &[&str]) -> Vec<u8> {
    let ended = init(out, options);
    assert!(ended.status.success(), "{options:?}: {}", String::from_utf8_lossy(&ended.stderr));
    std::fs::read(out).unwrap()
}

fn values(file: &Weights, name: &str) -> Vec<f32> {
    file.parameters.0[name].flatten_all().unwrap().to_vec1().unwrap()
}

fn deviation(values: &[f32]) -> f32 {
    (values.iter().map(|x| x * x).sum::<f32>() / values.len() as f32).sqrt()
}

#[test]
fn the_file_has_the_requested_size_and_number_format() {
    let folder = folder("init");
    for (i, (inputs, name)) in [(Inputs::Rgba, "rgba"), (Inputs::RgbaPose, "rgba+pose")].into_iter().enumerate() {
        for (storage, stored) in [(Storage::F32, "f32"), (Storage::F16, "f16"), (Storage::I8, "i8")] {
            let out = folder.join(format!("{i}-{stored}.safetensors"));
            let options = ["--size", "24", "--channels", "4,6", "--hidden", "8", "--inputs", name];
            let more = ["--storage", stored, "--stages", "3", "--updates", "5"];
            let file = weights::read(&written(&out, &[&options[..], &more].concat())).unwrap();
            assert_eq!(
                file.spec,
                GeneratorSpec { size: 24.into(), channels: vec![4, 6], hidden: 8, inputs, ..GeneratorSpec::paper() }
            );
            assert_eq!((file.stages, file.storage, file.updates().unwrap()), (3, storage, 5));
            assert!(file.discriminator.is_none());
            let first = values(&file, "stages.0.conv1.weight");
            assert_ne!(first, values(&file, "stages.1.conv1.weight"));
        }
    }
}

#[test]
fn equal_seeds_give_equal_files() {
    let folder = folder("init-seed");
    for storage in ["f32", "i8"] {
        let bytes = |name: &str, seed: &str| {
            let out = folder.join(format!("{storage}-{name}.safetensors"));
            written(&out, &[&SIZES[..], &["--storage", storage, "--seed", seed]].concat())
        };
        let first = bytes("first", "7");
        assert!(first == bytes("again", "7"));
        assert!(first != bytes("other", "8"));
    }
}

#[test]
fn weights_have_the_requested_deviations() {
    let folder = folder("init-deviations");
    let sizes = ["--size", "24", "--channels", "64,64", "--hidden", "256", "--inputs", "rgba"];
    let near = |found: f32, expected: f32| (found / expected - 1.0).abs() < 0.1;
    let start = weights::read(&written(&folder.join("start.safetensors"), &sizes)).unwrap();
    assert!(near(deviation(&values(&start, "stages.0.conv2.weight")), (2.0f32 / (71.0 * 16.0)).sqrt()));
    assert!(near(deviation(&values(&start, "stages.0.fc2.weight")), 0.1 * (2.0f32 / 256.0).sqrt()));
    assert!(values(&start, "stages.0.fc1.bias").iter().all(|&x| x == 0.0));

    let options = [&sizes[..], &["--biases", "0.5", "--last-gain", "2"]].concat();
    let custom = weights::read(&written(&folder.join("custom.safetensors"), &options)).unwrap();
    assert_eq!(values(&custom, "stages.0.conv2.weight"), values(&start, "stages.0.conv2.weight"));
    assert!(near(deviation(&values(&custom, "stages.0.fc2.weight")), 2.0 * (2.0f32 / 256.0).sqrt()));
    let biases: Vec<f32> =
        ["conv1", "conv2", "fc1"].iter().flat_map(|layer| values(&custom, &format!("stages.0.{layer}.bias"))).collect();
    assert!(near(deviation(&biases), 0.5), "{}", deviation(&biases));
}

#[test]
fn flags_override_the_configuration() {
    let folder = folder("init-config");
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let config = configs.join("frontier.toml");
    let config = config.to_str().unwrap();
    let bytes = written(&folder.join("same.safetensors"), &["--config", config]);
    let file = weights::read(&bytes).unwrap();
    let spec = stgan_train::Config::parse(&std::fs::read_to_string(config).unwrap(), config).unwrap();
    assert_eq!((file.spec, file.stages), (spec.generator().unwrap(), spec.model.stages));
    assert_eq!(file.metadata["seed"], spec.seed.to_string());

    let options = ["--config", config, "--size", "16", "--channels", "3", "--inputs", "rgba", "--stages", "2"];
    let file = weights::read(&written(&folder.join("other.safetensors"), &options)).unwrap();
    let expected = GeneratorSpec {
        size: 16.into(),
        channels: vec![3],
        hidden: spec.model.hidden,
        inputs: Inputs::Rgba,
        ..GeneratorSpec::paper()
    };
    assert_eq!((file.spec, file.stages), (expected, 2));

    let locator = configs.join("locator.toml");
    for (path, said) in [(&locator, "not the configuration of generators"), (&configs.join("none.toml"), "none.toml")] {
        let out = folder.join("wrong.safetensors");
        let ended = init(&out, &["--config", path.to_str().unwrap()]);
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && error.contains(said) && !out.exists(), "{error}");
    }
}

#[test]
fn invalid_values_are_reported_and_no_file_is_written() {
    let folder = folder("init-errors");
    let out = folder.join("out.safetensors");
    let with = |option: &'static str, value: &'static str| {
        let mut options = SIZES.to_vec();
        match options.iter().position(|name| *name == option) {
            Some(at) => options[at + 1] = value,
            None => options.extend([option, value]),
        }
        options
    };
    for (option, value, expected) in [
        ("--size", "7", "8..=1024"),
        ("--size", "x", "invalid"),
        ("--size", "-24", "invalid"),
        ("--channels", "4,0", "1..=65536"),
        ("--channels", "", "--channels"),
        ("--channels", "1,1,1,1,1,1,1,1,1,1,1", "1 to 10"),
        ("--hidden", "0", "1..=65536"),
        ("--hidden", "18446744073709551616", "too large"),
        ("--inputs", "rgb", "rgba+pose"),
        ("--stages", "0", "1..=64"),
        ("--seed", "-1", "--seed"),
        ("--storage", "i4", "i8"),
        ("--updates", "65", "1..=64"),
        ("--biases", "NaN", "0 to 1000"),
        ("--biases", "-0.1", "0 to 1000"),
        ("--last-gain", "inf", "0 to 1000"),
    ] {
        let ended = init(&out, &with(option, value));
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && !error.contains("panicked"), "{option} {value}: {error}");
        assert!(error.contains(option) && error.contains(expected), "{option} {value}: {error}");
    }
    // The size is checked before memory is allocated.
    let huge = ["--size", "1024", "--channels", "65536", "--hidden", "65536", "--inputs", "rgba", "--stages", "64"];
    let ended = init(&out, &huge);
    assert!(String::from_utf8_lossy(&ended.stderr).contains("lower --size"));
    let missing = init(&out, &SIZES[2..]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("--size"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn existing_files_are_overwritten_only_with_force() {
    let folder = folder("init-force");
    let out = folder.join("mine.safetensors");
    std::fs::write(&out, "mine").unwrap();
    let ended = init(&out, &SIZES);
    assert!(!ended.status.success() && String::from_utf8_lossy(&ended.stderr).contains("--force"));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    assert!(!init(&folder.join("nowhere/out.safetensors"), &SIZES).status.success());
    assert!(weights::read(&written(&out, &[&SIZES[..], &["--force"]].concat())).is_ok());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}
