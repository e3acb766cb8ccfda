//! A generator stage on one thread: inference kernels, the operations that training uses, and stock
//! candle. Run it with `cargo bench --bench stage`.

mod common;

use candle_core::{Device, Result, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use stgan::model::{Cascade, Generator, GeneratorSpec, Inference, Inputs, initialise};

/// A generator stage composed of candle's operations.
fn stock(generator: &Generator, x: &Tensor) -> Result<Tensor> {
    let (mut features, mut pooled) = (x.clone(), x.clone());
    for (weight, bias) in generator.convolutions() {
        let (odd, channels) = (pooled.dim(2)? % 2, bias.dim(0)?);
        let padded = features.pad_with_zeros(2, 1, 1 + odd)?.pad_with_zeros(3, 1, 1 + odd)?;
        let convolved = padded.conv2d(weight, 0, 2, 1, 1)?;
        pooled = pooled.pad_with_zeros(2, 0, odd)?.pad_with_zeros(3, 0, odd)?.avg_pool2d(2)?;
        features = Tensor::cat(&[&convolved.broadcast_add(&bias.reshape((1, channels, 1, 1))?)?.relu()?, &pooled], 1)?;
    }
    let [(w1, b1), (w2, b2)] = generator.linear();
    let hidden = features.flatten_from(1)?.matmul(&w1.t()?)?.broadcast_add(b1)?.relu()?;
    hidden.matmul(&w2.t()?)?.broadcast_add(b2)
}

fn stages(criterion: &mut Criterion) {
    // SAFETY: no other thread is running yet.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("CANDLE_NUM_THREADS", "1");
        std::env::set_var("RAYON_NUM_THREADS", "1");
    }
    let shipped = GeneratorSpec {
        size: 72.into(),
        channels: vec![16, 32, 64, 128, 256],
        hidden: 64,
        inputs: Inputs::RgbaPose,
        ..GeneratorSpec::paper()
    };
    let mut normal = common::normal();
    for (name, spec) in [("paper", GeneratorSpec::paper()), ("shipped", shipped)] {
        let parameters = initialise(&spec.tensors(0), &mut normal).expect("the sizes are valid");
        let cascade = Cascade::new(&spec, 1, &parameters).expect("the tensors match the sizes");
        let generator = &cascade.stages()[0];
        let (channels, size) = (spec.inputs.channels(), spec.size.height);
        let x = Tensor::rand(0f32, 1.0, (1, channels, size, size), &Device::Cpu).expect("the shape is valid");
        let (background, glasses) =
            (x.narrow(1, 0, 3).expect("3 channels"), x.narrow(1, 3, channels - 3).expect("the other channels"));
        let planes = x.flatten_all().and_then(|x| x.to_vec1::<f32>()).expect("the tensors are f32");
        let networks = Inference::new(&cascade).expect("the tensors are f32");
        let mut group = criterion.benchmark_group(name);
        group
            .bench_function("kernels", |b| b.iter(|| networks.infer(0, black_box(&planes)).expect("the planes match")));
        group
            .bench_function("ops", |b| b.iter(|| generator.forward(&background, &glasses).expect("the tensors match")));
        group.bench_function("stock candle", |b| b.iter(|| stock(generator, &x).expect("the tensors match")));
        group.finish();
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
