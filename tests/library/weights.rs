//! Tests of the weights file: round trips, and errors that name the invalid tensor or key.

use candle_core::{Device, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use stgan::model::weights::{self, Storage, Weights};
use stgan::model::{DiscriminatorSpec, GeneratorSpec, Inputs, Parameters, initialise};
use stgan::{Error, TryOn};

fn model(spec: &GeneratorSpec, stages: usize, discriminator: Option<DiscriminatorSpec>) -> Weights {
    let mut state = 1u32;
    let mut number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut parameters = Parameters::default();
    for stage in 0..stages {
        parameters.0.extend(initialise(&spec.tensors(stage), &mut number).unwrap().0);
    }
    if let Some(discriminator) = &discriminator {
        parameters.0.extend(initialise(&discriminator.tensors(), &mut number).unwrap().0);
    }
    Weights {
        spec: spec.clone(),
        stages,
        discriminator,
        parameters,
        storage: Storage::F32,
        metadata: BTreeMap::from([("task".to_owned(), "glasses".to_owned())]),
    }
}

fn small() -> GeneratorSpec {
    GeneratorSpec {
        size: 21.into(),
        channels: vec![3, 5],
        hidden: 4,
        inputs: Inputs::RgbaPose,
        ..GeneratorSpec::paper()
    }
}

/// The metadata and tensors of a file, for tests that change them.
type Parts = (HashMap<String, String>, BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

fn parts(bytes: &[u8]) -> Parts {
    let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensors =
        file.iter().map(|(name, view)| (name.to_owned(), (view.dtype(), view.shape().to_vec(), view.data().to_vec())));
    (header.metadata().clone().unwrap(), tensors.collect())
}

fn changed(change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    changed_file(&weights::write(&model(&small(), 2, None), Storage::F32).unwrap(), change)
}

fn changed_file(bytes: &[u8], change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut parts = parts(bytes);
    change(&mut parts);
    let views = parts
        .1
        .iter()
        .map(|(name, (dtype, shape, data))| (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
    safetensors::serialize(views, Some(parts.0)).unwrap()
}

#[test]
fn weights_of_any_size_survive_a_round_trip() {
    let discriminator = DiscriminatorSpec { channels: vec![4, 6, 7] };
    for (spec, stages, discriminator) in [
        (small(), 1, None),
        (GeneratorSpec { inputs: Inputs::Rgba, ..small() }, 3, Some(discriminator)),
        (
            GeneratorSpec {
                size: 36.into(),
                channels: vec![2, 2, 3, 4, 5],
                hidden: 9,
                inputs: Inputs::Rgba,
                ..GeneratorSpec::paper()
            },
            12,
            None,
        ),
    ] {
        let written = model(&spec, stages, discriminator);
        for (storage, tolerance) in [(Storage::F32, 0.0), (Storage::F16, 1e-3)] {
            let read = weights::read(&weights::write(&written, storage).unwrap()).unwrap();
            assert_eq!((&read.spec, read.stages, read.storage), (&spec, stages, storage));
            assert_eq!(read.discriminator, written.discriminator);
            assert_eq!(read.metadata["task"], "glasses");
            assert_eq!(read.metadata["format"], "stgan");
            for (name, tensor) in &written.parameters.0 {
                let difference = (tensor - &read.parameters.0[name]).unwrap().abs().unwrap().flatten_all().unwrap();
                assert!(difference.max(0).unwrap().to_scalar::<f32>().unwrap() <= tolerance, "{name}");
            }
        }
    }
}

#[test]
fn paper_generator_has_the_published_number_of_parameters() {
    let paper: usize = GeneratorSpec::paper().tensors(0).iter().map(|t| t.shape.iter().product::<usize>()).sum();
    assert_eq!(paper, 6_221_288);
    assert_eq!(GeneratorSpec::compact().features(), 519 * 25);
}

#[test]
fn bytes_that_are_not_a_weights_file_are_rejected() {
    let whole = weights::write(&model(&small(), 1, None), Storage::F16).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / 60 + 1) {
        assert!(matches!(weights::read(&whole[..length]), Err(Error::WeightsFormat(_))), "{length} bytes");
    }
    for bytes in [&b"\x89PNG\r\n\x1a\n0000IHDR"[..], &[0xff; 64], b"{}", &[0; 4096]] {
        assert_eq!(weights::read(bytes).unwrap_err().code(), "weights");
        assert_eq!(TryOn::new(bytes).unwrap_err().code(), "weights");
    }
}

#[test]
fn errors_name_the_invalid_tensor() {
    const NAME: &str = "stages.1.conv2.weight";
    let errors: [(&str, &str, Vec<u8>); 6] = [
        ("missing", NAME, changed(|p| drop(p.1.remove(NAME)))),
        ("no stage 0", "stages.0.conv1.weight", changed(|p| p.1.retain(|name, _| !name.starts_with("stages.0")))),
        ("with the wrong shape", NAME, changed(|p| p.1.get_mut(NAME).unwrap().1.swap(0, 1))),
        (
            "not finite",
            NAME,
            changed(|p| p.1.get_mut(NAME).unwrap().2[40..44].copy_from_slice(&f32::NAN.to_le_bytes())),
        ),
        ("with an unsupported type", NAME, changed(|p| p.1.get_mut(NAME).unwrap().0 = Dtype::I32)),
        (
            "unknown",
            "stages.0.conv9.weight",
            changed(|p| drop(p.1.insert("stages.0.conv9.weight".into(), (Dtype::F32, vec![1], vec![0; 4])))),
        ),
    ];
    for (what, name, bytes) in errors {
        let error = weights::read(&bytes).unwrap_err();
        assert!(error.to_string().contains(name), "{what}: {error}");
        assert_eq!(error.code(), "weights", "{what}");
    }
    let shape = weights::read(&changed(|p| p.1.get_mut(NAME).unwrap().1.swap(0, 1))).unwrap_err();
    assert!(shape.to_string().contains("[5, 11, 4, 4]"), "{shape}");
}

#[test]
fn contradictory_metadata_is_rejected() {
    for (key, value) in [("format", "other"), ("version", "99"), ("inputs", "rgba"), ("size", "huge"), ("size", "")] {
        let bytes = changed(|parts| drop(parts.0.insert(key.into(), value.into())));
        let error = weights::read(&bytes).unwrap_err();
        assert!(matches!(&error, Error::WeightsMetadata { key: k, .. } if k == key), "{error}");
    }
    // Another image size changes the number of features, so the first linear layer does not match.
    let bytes = changed(|parts| drop(parts.0.insert("size".into(), "64".into())));
    assert!(weights::read(&bytes).unwrap_err().to_string().contains("stages.0.fc1.weight"));
}

#[test]
fn values_too_large_for_f16_are_not_written() {
    let mut model = model(&small(), 1, None);
    let tensor = model.parameters.0.get_mut("stages.0.fc2.bias").unwrap();
    *tensor = (tensor.ones_like().unwrap() * 1e6).unwrap();
    assert!(weights::write(&model, Storage::F16).unwrap_err().to_string().contains("stages.0.fc2.bias"));
    assert!(weights::write(&model, Storage::F32).is_ok());
}

#[test]
fn quantisation_has_a_scale_per_output_channel() {
    let mut model = model(&small(), 1, None);
    // One channel is zero, another is a hundred times as large as the rest.
    const NAME: &str = "stages.0.fc2.weight";
    let factors: Vec<f32> = (0..8).map(|o| [0.0, 100.0, 1.0][o.min(2)]).collect();
    let tensor = model.parameters.0.get_mut(NAME).unwrap();
    *tensor = tensor.broadcast_mul(&Tensor::from_vec(factors, (8, 1), &Device::Cpu).unwrap()).unwrap();
    let bytes = weights::write(&model, Storage::I8).unwrap();
    assert!(bytes.len() * 10 < weights::write(&model, Storage::F32).unwrap().len() * 4);
    let found = weights::read(&bytes).unwrap();
    assert_eq!(found.storage, Storage::I8);
    for (name, tensor) in &model.parameters.0 {
        let rows = |t: &Tensor| t.flatten_from(t.rank().min(2) - 1).unwrap();
        let (a, b) = (rows(tensor), rows(&found.parameters.0[name]));
        if tensor.rank() == 1 {
            assert_eq!(a.to_vec1::<f32>().unwrap(), b.to_vec1::<f32>().unwrap(), "{name}");
            continue;
        }
        for (a, b) in a.to_vec2::<f32>().unwrap().iter().zip(b.to_vec2::<f32>().unwrap()) {
            let step = a.iter().fold(0.0f32, |largest, x| largest.max(x.abs())) / 127.0;
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 0.501 * step), "{name}");
        }
    }
    // A second round trip loses nothing.
    let again = weights::read(&weights::write(&found, Storage::I8).unwrap()).unwrap();
    for (name, tensor) in &found.parameters.0 {
        let difference = (tensor - &again.parameters.0[name]).unwrap().abs().unwrap().flatten_all().unwrap();
        assert!(difference.max(0).unwrap().to_scalar::<f32>().unwrap() <= 1e-5, "{name}");
    }
}

#[test]
fn updates_come_from_the_metadata_or_equal_the_stages() {
    let mut weights = model(&small(), 2, None);
    let written = |weights: &Weights| weights::write(weights, Storage::F32).unwrap();
    let read = weights::read(&written(&weights)).unwrap();
    assert_eq!(read.updates().unwrap(), 2);
    weights.metadata.insert("updates".into(), "3".into());
    let tryon = TryOn::new(&written(&weights)).unwrap();
    assert_eq!((tryon.updates(), tryon.stages()), (3, 2));
    for wrong in ["0", "65", "three", ""] {
        weights.metadata.insert("updates".into(), wrong.into());
        let error = weights::read(&written(&weights)).unwrap_err();
        assert!(error.code() == "weights" && error.to_string().contains("updates"), "{wrong}: {error}");
    }
}

#[test]
fn errors_name_the_tensor_with_invalid_scales() {
    const NAME: &str = "stages.0.conv2.weight";
    let scale = format!("{NAME}.scale");
    let bytes = weights::write(&model(&small(), 1, None), Storage::I8).unwrap();
    type Change = fn(&mut Parts, &str);
    let errors: [(&str, Change); 5] = [
        ("missing", |parts, scale| drop(parts.1.remove(scale))),
        ("with the wrong shape", |parts, scale| parts.1.get_mut(scale).unwrap().1.push(1)),
        ("not finite", |parts, scale| {
            parts.1.get_mut(scale).unwrap().2[..4].copy_from_slice(&f32::INFINITY.to_le_bytes());
        }),
        ("quantised themselves", |parts, scale| {
            let tensor = parts.1.get_mut(scale).unwrap();
            tensor.2.truncate(tensor.1[0]);
            tensor.0 = Dtype::I8;
        }),
        ("for a tensor that is not quantised", |parts, _| parts.1.get_mut(NAME).unwrap().0 = Dtype::U8),
    ];
    for (what, change) in errors {
        let error = weights::read(&changed_file(&bytes, |parts| change(parts, &scale))).unwrap_err();
        assert!(error.to_string().contains(NAME), "{what}: {error}");
        assert_eq!(error.code(), "weights", "{what}");
    }
}
