//! Comparisons of the inference kernels with the operations that training uses, for native and wasm
//! tests.

// Not every test program uses all items.
#![allow(unreachable_pub)]

use super::assert_close;
pub use super::noise::Noise;
use candle_core::{Device, Tensor};
use stgan::internals::kernels::{
    Algorithm, Block, CanonicalForeground, Instructions, Scratch, Stage, StageMap, WeightType,
};
use stgan::model::{
    Cascade, Generator, GeneratorSpec, ImageSize, Inference, Inputs, Parameters, Task, foreground, initialise,
};
use stgan::{Homography, ops, stn};

/// Runs a block on images [B, C, H, W]; the output has `channels` channels.
fn forward(block: &Block, x: &Tensor, channels: usize) -> Tensor {
    let (batch, inputs, height, width) = x.dims4().unwrap();
    let (size, half) =
        (ImageSize { height, width }, ImageSize { height: height.div_ceil(2), width: width.div_ceil(2) });
    let (mut scratch, mut all) = (Scratch::default(), Vec::new());
    for image in x.flatten_from(1).unwrap().to_vec2::<f32>().unwrap() {
        let (mut input, mut output) = ([StageMap::padded(size, inputs)], [StageMap::unpadded(half, channels)]);
        input[0].set_channels(0, &image);
        block.run(&input, &mut output, &mut scratch);
        all.extend(output[0].planes(0..channels));
    }
    Tensor::from_vec(all, (batch, channels, half.height, half.width), &Device::Cpu).unwrap()
}

/// Compares all algorithms, weight types and instruction sets with convolution, bias and ReLU.
pub fn blocks_match_convolutions(sizes: &[(usize, usize)], channels: &[(usize, usize)]) {
    let mut noise = Noise::new(1);
    for &(height, width) in sizes {
        for &(input, output) in channels {
            let x = noise.tensor(&[2, input, height, width]);
            let weight = (noise.tensor(&[output, input, 4, 4]) * (1.0 / (input as f64 * 16.0).sqrt())).unwrap();
            let bias = noise.tensor(&[output]);
            let plain = ops::add_bias(&ops::conv2d(&x, &weight, 2).unwrap(), &bias).unwrap();
            let expected = ops::leaky_relu(&plain, 0.0).unwrap();
            for instructions in Instructions::available() {
                for algorithm in [Algorithm::Direct, Algorithm::Winograd] {
                    for (storage, tolerance) in [(WeightType::F32, 1e-5), (WeightType::I16, 5e-4)] {
                        let block = Block::new(&weight, &bias, algorithm, storage, instructions).unwrap();
                        let what = format!(
                            "{instructions:?} {algorithm:?} {storage:?}: {height}×{width}, {input} to {output}"
                        );
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
            let (mut inputs, mut outputs) = ([StageMap::padded(11.into(), 7)], [StageMap::padded(6.into(), 8)]);
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
        let (inputs, size @ ImageSize { height, width }) = (spec.inputs.channels(), spec.size);
        for views in 1..=3 {
            let x = noise.tensor(&[views, inputs, height, width]).abs().unwrap();
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
    let spec = |size: ImageSize, channels: &[usize], hidden, inputs| GeneratorSpec {
        size,
        channels: channels.to_vec(),
        hidden,
        inputs,
        ..GeneratorSpec::paper()
    };
    vec![
        spec(8.into(), &[1], 1, Inputs::Rgba),
        spec(9.into(), &[3, 2, 5, 4, 1, 2], 3, Inputs::RgbaPose),
        spec(37.into(), &[10, 19, 33], 13, Inputs::RgbaPose),
        spec(50.into(), &[16, 24, 40, 8], 32, Inputs::Rgba),
        spec(72.into(), &[16, 32, 64, 128, 256], 64, Inputs::RgbaPose),
        spec(ImageSize { height: 9, width: 8 }, &[3, 5], 2, Inputs::Rgba),
        spec(ImageSize { height: 31, width: 58 }, &[10, 19, 33], 13, Inputs::RgbaPose),
        spec(ImageSize { height: 80, width: 60 }, &[16, 24, 40, 8], 32, Inputs::Rgba),
    ]
}

/// Generators for views of furniture: a small one, and one of the paper's size.
pub fn room_specs() -> Vec<GeneratorSpec> {
    let small = GeneratorSpec {
        size: ImageSize { height: 60, width: 80 },
        channels: vec![16, 32, 64, 128, 256],
        hidden: 64,
        inputs: Inputs::RgbaPose,
        task: Task::room(),
    };
    let size = ImageSize { height: 120, width: 160 };
    vec![small, GeneratorSpec { size, task: Task::room(), ..GeneratorSpec::paper() }]
}

/// Random weights of a cascade, whose updates are small.
pub fn random_parameters(spec: &GeneratorSpec, stages: usize) -> Parameters {
    let mut noise = Noise::new(6);
    let tensors: Vec<_> = (0..stages).flat_map(|stage| spec.tensors(stage)).collect();
    initialise(&tensors, || noise.next()).unwrap()
}

/// Compares a foreground that is warped directly into a map, and its mirror image, with the warp of
/// tensors.
pub fn warped_glasses_match_the_warp() {
    let mut noise = Noise::new(4);
    let sizes = [((8, 8), Inputs::Rgba), ((15, 15), Inputs::RgbaPose), ((72, 72), Inputs::RgbaPose)];
    for ((height, width), inputs) in sizes.into_iter().chain([((30, 44), Inputs::RgbaPose), ((21, 10), Inputs::Rgba)]) {
        let (size, area) = (ImageSize { height, width }, height * width);
        let mut pixels: Vec<f32> = (0..4 * area).map(|_| noise.next().abs()).collect();
        // A transparent margin, except for one size, for which the foreground reaches all edges.
        if height != 15 {
            for (i, value) in pixels.iter_mut().enumerate() {
                let (x, y) = (i % width, i / width % height);
                *value *=
                    f32::from(u8::from(x > width / 8 && x < width - width / 8 && y > height / 4 && y < height / 2));
            }
        }
        let tensor = Tensor::from_vec(pixels.clone(), (1, 4, height, width), &Device::Cpu).unwrap();
        let canonical = foreground(&tensor, &GeneratorSpec { inputs, ..GeneratorSpec::paper() }).unwrap();
        let channels = inputs.channels() - 3;
        let pose = canonical.narrow(1, 4, channels - 4).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let glasses = CanonicalForeground::new(size, &pixels, (channels > 4).then_some(&pose));
        let mirrored = Tensor::from_vec((0..width as u32).rev().collect::<Vec<_>>(), width, &Device::Cpu).unwrap();
        let mut cases: Vec<[f64; 8]> =
            (0..12).map(|k| std::array::from_fn(|_| f64::from(noise.next() * 0.04 * k as f32))).collect();
        // Far outside, behind the horizon, not finite.
        cases.extend([[3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.5, 0.0, 0.0, 0.0, -1.0]]);
        cases.push([f64::NAN; 8]);
        for p in cases {
            let h = Homography::exp(&p);
            let matrix = Tensor::new(&h.0.map(|x| x as f32), &Device::Cpu).unwrap().reshape((1, 3, 3)).unwrap();
            let expected = ops::warp(&canonical, &matrix, (height, width)).unwrap();
            let [mut view, mut mirror] = [(); 2].map(|()| {
                let mut plane = StageMap::padded(size, 3 + channels);
                plane.set_channels(0, &vec![7.0; (3 + channels) * area]);
                plane
            });
            glasses.warp(&h, &mut view, Some(&mut mirror), 3);
            for (plane, expected) in [(view, expected.clone()), (mirror, expected.index_select(&mirrored, 3).unwrap())]
            {
                let shape = (1, channels, height, width);
                let actual = Tensor::from_vec(plane.planes(3..3 + channels), shape, &Device::Cpu).unwrap();
                assert_close(&format!("{size}, {p:?}"), &actual, &expected, 1e-3);
                assert!(plane.planes(0..3).iter().all(|&x| x == 7.0));
            }
        }
    }
}

/// Compares the update of each stage with that of the cascade of tensors.
pub fn inference_matches_the_cascade(spec: &GeneratorSpec, stages: usize, parameters: &Parameters, tolerance: f64) {
    let cascade = Cascade::new(spec, stages, parameters).unwrap();
    let networks = Inference::new(&cascade).unwrap();
    let ImageSize { height, width } = spec.size;
    let area = spec.size.area();
    let mut noise = Noise::new(5);
    for _ in 0..4 {
        let background: Vec<f32> = (0..3 * area).map(|_| 0.5 + 0.15 * noise.next()).collect();
        let glasses: Vec<f32> = (0..4 * area)
            .map(|i| {
                f32::from(u8::from((height / 3..height / 2).contains(&(i / width % height))))
                    * noise.next().abs().min(1.0)
            })
            .collect();
        let mut views = networks.view_pair(&background, &glasses);
        let tensor = |planes: &[f32]| {
            let count = planes.len() / area;
            Tensor::from_vec(planes.to_vec(), (1, count, height, width), &Device::Cpu).unwrap()
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
