//! Comparisons of the inference kernels with the operations that training uses, for native and wasm
//! tests.

// Not every test program uses all items.
#![allow(unreachable_pub)]

use super::assert_close;
pub use super::noise::Noise;
use candle_core::{Device, Tensor};
use stgan::internals::kernels::{
    Algorithm, Block, CanonicalGlasses, Instructions, Scratch, SquareMap, Stage, WeightType,
};
use stgan::model::{Cascade, Generator, GeneratorSpec, Inference, Inputs, Parameters, foreground, initialise};
use stgan::{Homography, ops, stn};

/// Runs a block on images [B, C, S, S]; the output has `channels` channels.
fn forward(block: &Block, x: &Tensor, channels: usize) -> Tensor {
    let (batch, inputs, size, _) = x.dims4().unwrap();
    let (half, mut scratch, mut all) = (size.div_ceil(2), Scratch::default(), Vec::new());
    for image in x.flatten_from(1).unwrap().to_vec2::<f32>().unwrap() {
        let (mut input, mut output) = ([SquareMap::padded(size, inputs)], [SquareMap::unpadded(half, channels)]);
        input[0].set_channels(0, &image);
        block.run(&input, &mut output, &mut scratch);
        all.extend(output[0].planes(0..channels));
    }
    Tensor::from_vec(all, (batch, channels, half, half), &Device::Cpu).unwrap()
}

/// Compares all algorithms, weight types and instruction sets with convolution, bias and ReLU.
pub fn blocks_match_convolutions(sizes: &[usize], channels: &[(usize, usize)]) {
    let mut noise = Noise::new(1);
    for &size in sizes {
        for &(input, output) in channels {
            let x = noise.tensor(&[2, input, size, size]);
            let weight = (noise.tensor(&[output, input, 4, 4]) * (1.0 / (input as f64 * 16.0).sqrt())).unwrap();
            let bias = noise.tensor(&[output]);
            let plain = ops::add_bias(&ops::conv2d(&x, &weight, 2).unwrap(), &bias).unwrap();
            let expected = ops::leaky_relu(&plain, 0.0).unwrap();
            for instructions in Instructions::available() {
                for algorithm in [Algorithm::Direct, Algorithm::Winograd] {
                    for (storage, tolerance) in [(WeightType::F32, 1e-5), (WeightType::I16, 5e-4)] {
                        let block = Block::new(&weight, &bias, algorithm, storage, instructions).unwrap();
                        let what =
                            format!("{instructions:?} {algorithm:?} {storage:?}: {size} px, {input} to {output}");
                        assert_close(&what, &forward(&block, &x, output), &expected, tolerance);
                    }
                }
            }
        }
    }
}

/// A block does not change other channels of its output.
pub fn blocks_preserve_other_channels() {
    let mut noise = Noise::new(2);
    let (weight, bias) = (noise.tensor(&[5, 7, 4, 4]), noise.tensor(&[5]));
    for instructions in Instructions::available() {
        for algorithm in [Algorithm::Direct, Algorithm::Winograd] {
            let block = Block::new(&weight, &bias, algorithm, WeightType::F32, instructions).unwrap();
            let (mut inputs, mut outputs) = ([SquareMap::padded(11, 7)], [SquareMap::padded(6, 8)]);
            inputs[0].set_channels(0, &vec![1.0; 7 * 121]);
            outputs[0].set_channels(0, &vec![-2.0; 8 * 36]);
            block.run(&inputs, &mut outputs, &mut Default::default());
            assert!(outputs[0].planes(0..5).iter().all(|&x| x >= 0.0));
            assert!(outputs[0].planes(5..8).iter().all(|&x| x == -2.0));
        }
    }
}

/// Compares complete stages with generators.
pub fn stages_match_generators(specs: &[GeneratorSpec]) {
    let mut noise = Noise::new(3);
    for spec in specs {
        let tensors = spec.tensors(0);
        let mut parameters = initialise(&tensors, || noise.next()).unwrap();
        for tensor in tensors.iter().filter(|tensor| tensor.name.ends_with("bias")) {
            let bias = (noise.tensor(&tensor.shape) * 0.1).unwrap();
            parameters.0.insert(tensor.name.clone(), bias);
        }
        let generator = Generator::new(spec, 0, &parameters).unwrap();
        let (inputs, size) = (spec.inputs.channels(), spec.size.height);
        for views in 1..=3 {
            let x = noise.tensor(&[views, inputs, size, size]).abs().unwrap();
            let (background, glasses) = (x.narrow(1, 0, 3).unwrap(), x.narrow(1, 3, inputs - 3).unwrap());
            let expected = generator.forward(&background, &glasses).unwrap();
            for instructions in Instructions::available() {
                let stage = Stage::new(size, generator.convolutions(), generator.linear(), instructions).unwrap();
                let mut workspace = stage.workspace(views);
                // The second run must not depend on what the first has left in the workspace.
                for _ in 0..2 {
                    for (view, planes) in
                        workspace.views_mut().iter_mut().zip(x.flatten_from(1).unwrap().to_vec2().unwrap())
                    {
                        view.set_channels(0, &planes);
                    }
                    workspace.pool(0..inputs);
                    let answers = stage.run(&mut workspace).to_vec();
                    let answers = Tensor::from_vec(answers, (views, 8), &Device::Cpu).unwrap();
                    assert_close(&format!("{spec:?}, {views} views, {instructions:?}"), &answers, &expected, 2e-4);
                }
            }
        }
    }
}

/// Unusual but valid sizes: odd sides, few and many channels, different depths.
pub fn odd_specs() -> Vec<GeneratorSpec> {
    let spec = |size: usize, channels: &[usize], hidden, inputs| GeneratorSpec {
        size: size.into(),
        channels: channels.to_vec(),
        hidden,
        inputs,
        ..GeneratorSpec::paper()
    };
    vec![
        spec(8, &[1], 1, Inputs::Rgba),
        spec(9, &[3, 2, 5, 4, 1, 2], 3, Inputs::RgbaPose),
        spec(37, &[10, 19, 33], 13, Inputs::RgbaPose),
        spec(50, &[16, 24, 40, 8], 32, Inputs::Rgba),
        spec(72, &[16, 32, 64, 128, 256], 64, Inputs::RgbaPose),
    ]
}

/// Compares glasses that are warped directly into a map, and their mirror image, with the warp of
/// tensors.
pub fn warped_glasses_match_the_warp() {
    let mut noise = Noise::new(4);
    for (size, inputs) in [(8, Inputs::Rgba), (15, Inputs::RgbaPose), (72, Inputs::RgbaPose)] {
        let mut pixels: Vec<f32> = (0..4 * size * size).map(|_| noise.next().abs()).collect();
        // Glasses with a transparent margin, except for one size, for which they reach all edges.
        if size != 15 {
            for (i, value) in pixels.iter_mut().enumerate() {
                let (x, y) = (i % size, i / size % size);
                *value *= f32::from(u8::from(x > size / 8 && x < size - size / 8 && y > size / 4 && y < size / 2));
            }
        }
        let tensor = Tensor::from_vec(pixels.clone(), (1, 4, size, size), &Device::Cpu).unwrap();
        let canonical = foreground(&tensor, &GeneratorSpec { inputs, ..GeneratorSpec::paper() }).unwrap();
        let channels = inputs.channels() - 3;
        let pose = canonical.narrow(1, 4, channels - 4).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let glasses = CanonicalGlasses::new(size, &pixels, (channels > 4).then_some(&pose));
        let mirrored = Tensor::from_vec((0..size as u32).rev().collect::<Vec<_>>(), size, &Device::Cpu).unwrap();
        let mut cases: Vec<[f64; 8]> =
            (0..12).map(|k| std::array::from_fn(|_| f64::from(noise.next() * 0.04 * k as f32))).collect();
        // Far outside, behind the horizon, not finite.
        cases.extend([[3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.5, 0.0, 0.0, 0.0, -1.0]]);
        cases.push([f64::NAN; 8]);
        for p in cases {
            let h = Homography::exp(&p);
            let matrix = Tensor::new(&h.0.map(|x| x as f32), &Device::Cpu).unwrap().reshape((1, 3, 3)).unwrap();
            let expected = ops::warp(&canonical, &matrix, (size, size)).unwrap();
            let [mut view, mut mirror] = [(); 2].map(|()| {
                let mut plane = SquareMap::padded(size, 3 + channels);
                plane.set_channels(0, &vec![7.0; (3 + channels) * size * size]);
                plane
            });
            glasses.warp(&h, &mut view, Some(&mut mirror), 3);
            for (plane, expected) in [(view, expected.clone()), (mirror, expected.index_select(&mirrored, 3).unwrap())]
            {
                let shape = (1, channels, size, size);
                let actual = Tensor::from_vec(plane.planes(3..3 + channels), shape, &Device::Cpu).unwrap();
                assert_close(&format!("{size} px, {p:?}"), &actual, &expected, 1e-3);
                assert!(plane.planes(0..3).iter().all(|&x| x == 7.0));
            }
        }
    }
}

/// Compares the update of each stage with that of the cascade of tensors.
pub fn inference_matches_the_cascade(spec: &GeneratorSpec, stages: usize, parameters: &Parameters, tolerance: f64) {
    let cascade = Cascade::new(spec, stages, parameters).unwrap();
    let networks = Inference::new(&cascade).unwrap();
    let size = spec.size.height;
    let mut noise = Noise::new(5);
    for _ in 0..4 {
        let background: Vec<f32> = (0..3 * size * size).map(|_| 0.5 + 0.15 * noise.next()).collect();
        let glasses: Vec<f32> = (0..4 * size * size)
            .map(|i| {
                f32::from(u8::from((size / 3..size / 2).contains(&(i / size % size)))) * noise.next().abs().min(1.0)
            })
            .collect();
        let mut views = networks.view_pair(&background, &glasses);
        let tensor = |planes: &[f32]| {
            let count = planes.len() / (size * size);
            Tensor::from_vec(planes.to_vec(), (1, count, size, size), &Device::Cpu).unwrap()
        };
        let canonical = cascade.foreground(&tensor(&glasses)).unwrap();
        let mut params: [f64; 8] = std::array::from_fn(|_| f64::from(0.02 * noise.next()));
        for stage in 0..stages {
            let so_far = Tensor::new(&[params.map(|x| x as f32)], &Device::Cpu).unwrap();
            let expected = cascade.update(stage, &tensor(&background), &canonical, &so_far).unwrap();
            let [answer, _] = views.update(stage, &params);
            let actual = Tensor::new(&[answer], &Device::Cpu).unwrap();
            assert_close(&format!("stage {stage}"), &actual, &expected, tolerance);
            params = std::array::from_fn(|i| params[i] + answer[i]);
        }
        assert!(stn::homography(&Tensor::new(&[params], &Device::Cpu).unwrap()).is_ok());
    }
}
