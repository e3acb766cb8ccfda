//! `stgan export`: runs and weights files as input.

use crate::{folder, stgan};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::process::Output;
use stgan::model::weights::{self, Storage, Weights};
use stgan::model::{DiscriminatorSpec, GeneratorSpec, Inputs, initialise};

fn export(arguments: &[&str]) -> Output {
    stgan(&[&["export"], arguments].concat())
}

/// Weights of two small stages and a discriminator.
fn trained(seed: u64) -> Weights {
    let spec = GeneratorSpec {
        size: 24.into(),
        channels: vec![4, 6],
        hidden: 8,
        inputs: Inputs::RgbaPose,
        ..GeneratorSpec::paper()
    };
    let discriminator = DiscriminatorSpec { channels: vec![4, 6] };
    let tensors: Vec<_> = (0..2).flat_map(|i| spec.tensors(i)).chain(discriminator.tensors()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let parameters = initialise(&tensors, || rng.random_range(-1.0..1.0)).unwrap();
    let metadata = [("task", "glasses"), ("data", "a folder: train"), ("faces", "6")];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let discriminator = Some(discriminator);
    Weights { spec, stages: 2, discriminator, parameters, storage: Storage::F32, metadata }
}

fn values(weights: &Weights, name: &str) -> Vec<f32> {
    weights.parameters.0[name].flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn export_writes_the_weights_of_a_run() {
    let folder = folder("export");
    let (best, last) = (trained(1), trained(2));
    std::fs::write(folder.join("best.safetensors"), weights::write(&best, Storage::F32).unwrap()).unwrap();
    std::fs::write(folder.join("weights.safetensors"), weights::write(&last, Storage::F16).unwrap()).unwrap();
    let (run, out) = (folder.to_str().unwrap(), folder.join("out.safetensors"));
    let name = "stages.1.conv2.weight";
    for (options, source, storage, discriminator) in [
        (&[][..], &best, Storage::F32, false),
        (&["--force", "--storage", "f16"], &best, Storage::F16, false),
        (&["--force", "--storage", "i8"], &best, Storage::I8, false),
        (&["--force", "--last"], &last, Storage::F16, false),
        (&["--force", "--discriminator"], &best, Storage::F32, true),
    ] {
        let ended = export(&[&[run, "-o", out.to_str().unwrap()], options].concat());
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        for word in ["out.safetensors", "MB", "2 generator stages", "24×24", "a folder: train", "6"] {
            assert!(said.contains(word), "{said}");
        }
        let found = weights::read(&std::fs::read(&out).unwrap()).unwrap();
        assert_eq!(
            (found.storage, found.stages, found.discriminator.is_some()),
            (storage, 2, discriminator),
            "{options:?}"
        );
        assert_eq!(found.metadata["task"], "glasses");
        let largest = values(source, name).iter().fold(0.0f32, |most, x| most.max(x.abs()));
        for (a, b) in values(&found, name).iter().zip(values(source, name)) {
            let tolerance = match storage {
                Storage::F32 => 0.0,
                Storage::F16 => 1e-3 * b.abs().max(1e-3),
                Storage::I8 => 0.51 * largest / 127.0,
            };
            assert!((a - b).abs() <= tolerance, "{options:?}: {a} and {b}");
        }
    }
}

#[test]
fn export_converts_a_weights_file() {
    let folder = folder("export-file");
    let (source, out) = (folder.join("mine.safetensors"), folder.join("out.safetensors"));
    std::fs::write(&source, weights::write(&trained(1), Storage::F32).unwrap()).unwrap();
    let converted = |from: &Path, storage: &str| {
        let ended = export(&[
            from.to_str().unwrap(),
            "-o",
            out.to_str().unwrap(),
            "--force",
            "--discriminator",
            "--storage",
            storage,
        ]);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        std::fs::read(&out).unwrap()
    };
    for (name, storage) in [("f32", Storage::F32), ("f16", Storage::F16), ("i8", Storage::I8)] {
        assert_eq!(converted(&source, name), weights::write(&trained(1), storage).unwrap(), "{name}");
    }
    let eight = weights::read(&converted(&source, "i8")).unwrap();
    let back = weights::read(&converted(&out.clone(), "f32")).unwrap();
    assert_eq!(back.storage, Storage::F32);
    assert_eq!(values(&back, "stages.1.conv2.weight"), values(&eight, "stages.1.conv2.weight"));
}

#[test]
fn one_stage_can_be_exported_for_all_updates() {
    let folder = folder("export-stage");
    let (source, out) = (folder.join("mine.safetensors"), folder.join("out.safetensors"));
    std::fs::write(&source, weights::write(&trained(1), Storage::F32).unwrap()).unwrap();
    let arguments = |stage| [source.to_str().unwrap(), "-o", out.to_str().unwrap(), "--updates", "3", "--stage", stage];
    assert!(export(&arguments("2")).status.success());
    let found = weights::read(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((found.stages, found.updates().unwrap()), (1, 3));
    assert_eq!(values(&found, "stages.0.conv2.weight"), values(&trained(1), "stages.1.conv2.weight"));
    std::fs::remove_file(&out).unwrap();
    for stage in ["0", "3"] {
        let ended = export(&arguments(stage));
        assert!(!ended.status.success() && !out.exists());
        assert!(String::from_utf8_lossy(&ended.stderr).contains("the source has 2 stages"));
    }
}

#[test]
fn weights_of_one_architecture_can_be_averaged() {
    let folder = folder("export-mean");
    let [first, second, other, out] = ["first", "second", "other", "out"].map(|name| folder.join(name));
    std::fs::write(&first, weights::write(&trained(1), Storage::F32).unwrap()).unwrap();
    let generators = Weights { discriminator: None, ..trained(2) };
    std::fs::write(&second, weights::write(&generators, Storage::F32).unwrap()).unwrap();
    let mean = |with: &Path| {
        let [first, with, out] = [&first, with, &out].map(|path| path.to_str().unwrap());
        export(&[first, "--mean-with", with, "-o", out])
    };
    assert!(mean(&second).status.success());
    let found = weights::read(&std::fs::read(&out).unwrap()).unwrap();
    for name in ["stages.0.conv1.weight", "stages.1.conv2.bias"] {
        let both = values(&trained(1), name).into_iter().zip(values(&trained(2), name));
        assert_eq!(values(&found, name), both.map(|(a, b)| (a + b) * 0.5).collect::<Vec<_>>());
    }
    std::fs::remove_file(&out).unwrap();
    let spec = GeneratorSpec { channels: vec![4, 8], ..trained(1).spec };
    let parameters = initialise(&spec.tensors(0), || 0.5).unwrap();
    let another = Weights { spec, stages: 1, parameters, ..generators };
    std::fs::write(&other, weights::write(&another, Storage::F32).unwrap()).unwrap();
    let ended = mean(&other);
    assert!(!ended.status.success() && !out.exists());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("other sizes"));
}

#[test]
fn errors_are_reported_and_no_file_is_written() {
    let folder = folder("export-errors");
    let [empty, damaged, only_last, generators] = ["empty", "damaged", "last", "generators"].map(|name| {
        std::fs::create_dir(folder.join(name)).unwrap();
        folder.join(name)
    });
    let bytes = weights::write(&trained(1), Storage::F32).unwrap();
    std::fs::write(damaged.join("best.safetensors"), &bytes[..bytes.len() - 5]).unwrap();
    std::fs::write(only_last.join("weights.safetensors"), &bytes).unwrap();
    let without_discriminator = Weights { discriminator: None, ..trained(1) };
    std::fs::write(generators.join("best.safetensors"), weights::write(&without_discriminator, Storage::F32).unwrap())
        .unwrap();
    let existing = folder.join("there.safetensors");
    std::fs::write(&existing, "mine").unwrap();
    let (out, lost) = (folder.join("out.safetensors"), folder.join("nowhere/out.safetensors"));
    for (run, output, options, said) in [
        (&folder.join("none"), &out, &[][..], "neither the folder of a run nor a weights file"),
        (&existing, &out, &[], "there.safetensors"),
        (&generators.join("best.safetensors"), &out, &["--last"], "--last"),
        (&empty, &out, &[], "contains no weights"),
        (&damaged, &out, &[], "best.safetensors"),
        (&only_last, &out, &[], "--last"),
        (&generators, &out, &["--last"], "omit --last"),
        (&generators, &out, &["--discriminator"], "no discriminator"),
        (&generators, &lost, &[], "does not exist"),
        (&generators, &folder, &["--force"], "is a folder"),
        (&generators, &existing, &[], "--force"),
    ] {
        let paths = [run.to_str().unwrap(), "-o", output.to_str().unwrap()];
        let ended = export(&[&paths, options].concat());
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && error.contains(said) && !error.contains("panicked"), "{said}: {error}");
        assert!(!out.exists() && !lost.exists());
        assert_eq!(std::fs::read(&existing).unwrap(), b"mine");
    }
}
