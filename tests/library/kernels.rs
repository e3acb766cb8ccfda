//! Compares the inference kernels with the operations that training uses. `tests/wasm.rs` does the
//! same in wasm.

use crate::common::{assert_close, golden, kernels};
use candle_core::{Device, Tensor};
use stgan::internals::kernels::{Algorithm, Block, Instructions, Scratch, Stage, StageMap, WeightType};
use stgan::model::{Cascade, GeneratorSpec, Inference, weights};

#[test]
fn blocks_match_convolutions() {
    let channels = [(1, 1), (3, 5), (7, 8), (8, 16), (13, 19), (23, 33), (40, 64)];
    let squares = [1, 2, 3, 5, 6, 9, 12, 17, 26].map(|side| (side, side));
    kernels::blocks_match_convolutions(&squares, &channels);
    kernels::blocks_match_convolutions(&[(1, 2), (3, 4), (7, 3), (15, 20), (20, 11)], &channels);
}

#[test]
fn blocks_preserve_other_channels() {
    kernels::blocks_preserve_other_channels();
}

#[test]
fn stages_match_generators() {
    kernels::stages_match_generators(&kernels::odd_specs());
    kernels::stages_match_generators(&[GeneratorSpec::paper()]);
}

#[test]
fn warped_glasses_match_the_warp() {
    kernels::warped_glasses_match_the_warp();
}

#[test]
fn inference_with_shipped_weights_matches_the_cascade() {
    let file = weights::read(include_bytes!("../../weights/glasses.safetensors")).unwrap();
    kernels::inference_matches_the_cascade(&file.spec, file.stages, &file.parameters, 5e-4);
}

#[test]
fn inference_for_furniture_matches_the_cascade() {
    for spec in kernels::room_specs() {
        kernels::inference_matches_the_cascade(&spec, 2, &kernels::random_parameters(&spec, 2), 5e-4);
    }
}

#[test]
fn inference_matches_the_reference() {
    let file =
        weights::read(&std::fs::read(crate::common::folder().join("cascade_weights.safetensors")).unwrap()).unwrap();
    let cascade = Cascade::new(&file.spec, file.stages, &file.parameters).unwrap();
    let (networks, t) = (Inference::new(&cascade).unwrap(), golden("cascade"));
    let start = t["p"].get(0).unwrap().to_vec2::<f64>().unwrap();
    let planes = |key: &str, item: usize| t[key].get(item).unwrap().flatten_all().unwrap();
    let f32s = |t: Tensor| t.to_dtype(candle_core::DType::F32).unwrap().to_vec1::<f32>().unwrap();
    for (item, start) in start.iter().enumerate() {
        let mut views = networks.view_pair(&f32s(planes("background", item)), &f32s(planes("foreground", item)));
        let mut params: [f64; 8] = start.as_slice().try_into().unwrap();
        for stage in 0..file.stages {
            let [delta, _] = views.update(stage, &params);
            params = std::array::from_fn(|i| params[i] + delta[i]);
            let expected = t["p"].get(stage + 1).unwrap().get(item).unwrap();
            assert_close("p", &Tensor::new(&params, &Device::Cpu).unwrap(), &expected, 1e-4);
        }
    }
}

#[test]
fn rejects_mismatched_shapes() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    let best = Instructions::best();
    let block = |weight: &[usize], bias: &[usize]| {
        Block::new(&zeros(weight), &zeros(bias), Algorithm::Direct, WeightType::F32, best)
    };
    assert!(block(&[4, 3, 3, 3], &[4]).is_err());
    assert!(block(&[4, 3, 4, 4], &[3]).is_err());
    let linear = [(zeros(&[5, 44]), zeros(&[5])), (zeros(&[8, 5]), zeros(&[8]))];
    let stage = |size: usize| Stage::new(size.into(), &[(zeros(&[4, 7, 4, 4]), zeros(&[4]))], &linear, best);
    assert!(stage(4).is_ok());
    assert!(stage(6).is_err());
    assert!(Stage::new(4.into(), &[], &linear, best).is_err());
}

#[test]
#[should_panic(expected = "the maps do not match the block's channels and sizes")]
fn rejects_maps_with_the_wrong_number_of_channels() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    let (weight, bias) = (zeros(&[4, 3, 4, 4]), zeros(&[4]));
    let block = Block::new(&weight, &bias, Algorithm::Direct, WeightType::F32, Instructions::best()).unwrap();
    block.run(&[StageMap::padded(8.into(), 2)], &mut [StageMap::unpadded(4.into(), 4)], &mut Scratch::default());
}
