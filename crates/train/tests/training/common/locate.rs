//! Checks of the kernels of a locator, and a locator with random weights.

// The modules of the test program share these items.
#![allow(unreachable_pub)]

use candle_core::{Device, Tensor};
use stgan::internals::kernels::{Chain, Conv, Instructions, Map, SeparableBlock};
use stgan::internals::locate::{DetectorSpec, LocatorSpec, LocatorWeights, RefinerSpec};
use stgan::model::{Parameters, initialise};
use stgan::ops;

/// Pseudo-random numbers between −½ and ½, the same on every call.
pub fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

fn map_of(planes: &[f32], size: (usize, usize), channels: usize, border: usize) -> Map {
    let mut map = Map::new(size, channels, border);
    for y in 0..size.0 {
        for (x, pixel) in map.row_mut(y).chunks_exact_mut(channels).enumerate() {
            for (c, value) in pixel.iter_mut().enumerate() {
                *value = planes[(c * size.0 + y) * size.1 + x];
            }
        }
    }
    map
}

/// Compares convolutions of all sizes, kernels and strides with `ops::conv_layer`, up to the
/// rounding of quantised weights.
pub fn convolutions_agree_with_the_reference(instructions: Instructions) {
    let mut seed = 0;
    for (kernel, stride) in [(1, 1), (3, 1), (4, 2), (4, 4), (2, 2), (5, 3)] {
        for channels in [(1, 1), (3, 5), (7, 8), (8, 24), (13, 19)] {
            for size in [(1, 1), (2, 3), (4, 4), (5, 9), (12, 7), (17, 26)] {
                seed += 1;
                let tensor = |shape: &[usize], seed: u32| {
                    Tensor::from_vec(numbers(shape.iter().product(), seed), shape, &Device::Cpu).unwrap()
                };
                let x = tensor(&[1, channels.0, size.0, size.1], seed);
                let weight = tensor(&[channels.1, channels.0, kernel, kernel], seed + 1000);
                let bias = tensor(&[channels.1], seed + 2000);
                for relu in [false, true] {
                    let slope = if relu { 0.0 } else { 1.0 };
                    let expected = ops::conv_layer(&x, &weight, &bias, stride, slope).unwrap();
                    let conv = Conv::new(&weight, &bias, stride, relu, instructions).unwrap();
                    let planes = x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                    let output = conv.run(&map_of(&planes, size, channels.0, conv.border()), 2);
                    let (_, _, height, width) = expected.dims4().unwrap();
                    assert_eq!(output.size(), (height, width));
                    let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                    // Values lie within ±½. The quantisation step of a weight is the sum of all
                    // weights over 2¹⁷: 2e-6 per tap. Half a step in each product gives the sum a
                    // standard deviation of 1.6e-7 · taps^1.5, of which five are allowed.
                    let taps = (channels.0 * kernel * kernel) as f32;
                    let tolerance = 1e-4 + 8e-7 * taps.powf(1.5);
                    for y in 0..height {
                        for x in 0..width {
                            for (c, value) in output.pixel(y, x).iter().enumerate() {
                                let wanted = expected[(c * height + y) * width + x];
                                let what = format!("{kernel}/{stride} {channels:?} {size:?} at {c}, {y}, {x}");
                                assert!((value - wanted).abs() < tolerance, "{what}: {value} for {wanted}");
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Rejects layers that do not form a network.
pub fn layers_that_do_not_fit_are_rejected() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    let conv =
        |weight: &[usize], bias: &[usize]| Conv::new(&zeros(weight), &zeros(bias), 1, true, Instructions::best());
    assert!(conv(&[4, 3, 3, 2], &[4]).is_err());
    assert!(conv(&[4, 3, 3, 3], &[3]).is_err());
    let good = || conv(&[4, 3, 3, 3], &[4]).unwrap();
    assert!(Chain::new(vec![good(), good()]).is_err());
    assert!(Chain::new(Vec::new()).is_err());
}

/// Compares depthwise separable blocks with sums written out, for several channels and sizes.
pub fn separable_blocks_agree_with_the_reference(instructions: Instructions) {
    let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
    for (inputs, outputs) in [(8, 8), (24, 24), (24, 48), (16, 40)] {
        for (stride, skip) in [(1, true), (1, false), (2, true), (2, false)] {
            for (height, width) in [(1, 1), (2, 3), (5, 4), (6, 13), (9, 10)] {
                let image: Vec<f32> = numbers(inputs * height * width, 1).iter().map(|x| x + 0.5).collect();
                let (kernel, first) = (numbers(9 * inputs, 2), numbers(inputs, 3));
                let (weight, second) = (numbers(inputs * outputs, 4), numbers(outputs, 5));
                let block = SeparableBlock::new(
                    [&tensor(&kernel, &[inputs, 1, 3, 3]), &tensor(&first, &[inputs])],
                    [&tensor(&weight, &[outputs, inputs, 1, 1]), &tensor(&second, &[outputs])],
                    stride,
                    skip,
                    instructions,
                )
                .unwrap();
                let (rows, columns) = block.output((height, width));
                let mut output = Map::new((rows, columns), outputs, 1);
                block.run(&map_of(&image, (height, width), inputs, 2), &mut output);
                let at = |c: usize, y: isize, x: isize| {
                    let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
                    if inside { image[(c * height + y as usize) * width + x as usize] } else { 0.0 }
                };
                let before =
                    |size: usize| (((size.div_ceil(stride) - 1) * stride + 3).saturating_sub(size) / 2) as isize;
                for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
                    let corner = ((y * stride) as isize - before(height), (x * stride) as isize - before(width));
                    let depthwise = |c: usize| -> f32 {
                        let tap = |i: usize| {
                            kernel[9 * c + i] * at(c, corner.0 + (i / 3) as isize, corner.1 + (i % 3) as isize)
                        };
                        first[c] + (0..9).map(tap).sum::<f32>()
                    };
                    let depthwise: Vec<f32> = (0..inputs).map(depthwise).collect();
                    for o in 0..outputs {
                        let sum: f32 = depthwise.iter().zip(&weight[o * inputs..]).map(|(a, b)| a * b).sum();
                        let (top, left) = ((y * stride) as isize, (x * stride) as isize);
                        let window = (0..stride * stride).map(|i| ((i / stride) as isize, (i % stride) as isize));
                        let largest = |c: usize| window.map(|(dy, dx)| at(c, top + dy, left + dx)).fold(0.0, f32::max);
                        let skipped = if skip && o < inputs { largest(o) } else { 0.0 };
                        let (expected, value) = ((sum + second[o] + skipped).max(0.0), output.pixel(y, x)[o]);
                        let what = format!("{inputs} to {outputs} at {stride}, {height}×{width}: {o}, {y}, {x}");
                        assert!((value - expected).abs() < 1e-4, "{what}: {value} for {expected}");
                    }
                }
            }
        }
    }
}

/// Rejects blocks whose tensors do not fit.
pub fn separable_blocks_that_do_not_fit_are_rejected() {
    let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    let block = |inputs: usize, outputs: usize, stride: usize| {
        let depthwise = [&zeros(&[inputs, 1, 3, 3]), &zeros(&[inputs])];
        let pointwise = [&zeros(&[outputs, inputs, 1, 1]), &zeros(&[outputs])];
        SeparableBlock::new(depthwise, pointwise, stride, true, Instructions::best())
    };
    assert!(block(8, 16, 2).is_ok());
    assert!(block(8, 12, 1).is_err());
    assert!(block(16, 8, 1).is_err());
    assert!(block(8, 8, 3).is_err());
}

/// A locator with random weights.
pub fn untrained() -> LocatorWeights {
    let spec = LocatorSpec {
        detector: DetectorSpec { layers: vec![[4, 4], [4, 8], [4, 8], [3, 8]] },
        refiner: RefinerSpec { size: 32, channels: vec![4, 8, 8], hidden: 8, attributes: false },
    };
    let (mut values, mut at) = (numbers(1 << 16, 5).into_iter(), 0);
    let parameters: Parameters = initialise(&spec.tensors(), || {
        at += 1;
        3.0 * values.next().unwrap_or_else(|| panic!("{at} numbers are too few"))
    })
    .unwrap();
    LocatorWeights { spec, parameters, threshold: 0.5, metadata: Default::default() }
}
