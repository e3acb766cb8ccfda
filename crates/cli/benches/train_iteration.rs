//! CPU time of an adversarial iteration: one generator step and two discriminator steps with
//! gradient penalty, at the network size of the ST-GAN paper. `research/bench-train.mjs` compares
//! it with PyTorch.
//!
//! Usage: `train_iteration SIZE BATCH ITERATIONS`. It prints one line per iteration:
//! `it SECONDS G SECONDS D SECONDS`.

#[path = "../../../benches/common/mod.rs"]
mod common;

use candle_core::{Device, Tensor};
use cpu_time::ProcessTime;
use stgan::model::{Discriminator, DiscriminatorSpec, Generator, GeneratorSpec, composite, initialise, losses};
use stgan::stn;
use stgan_train::Adam;

/// The allocator of the program, so that both spend the same time on memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RATE: f64 = 1e-5;
const BETAS: [f64; 2] = [0.9, 0.999];
const DISCRIMINATOR_STEPS: usize = 2;
const LAMBDA_GRADIENT: f64 = 10.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo passes arguments that start with a dash.
    let numbers: Vec<usize> =
        std::env::args().skip(1).filter(|a| !a.starts_with('-')).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let &[size, batch, iterations] = numbers.as_slice() else {
        println!("usage: train_iteration SIZE BATCH ITERATIONS");
        return Ok(());
    };
    // The same settings as in the program: mimalloc keeps freed memory (`mi_option_purge_delay`),
    // and candle uses one thread.
    // SAFETY: no other thread runs yet.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_option_set(15, -1);
        std::env::set_var("CANDLE_NUM_THREADS", "1");
    }

    let spec = GeneratorSpec { size: size.into(), ..GeneratorSpec::paper() };
    let discriminator_spec = DiscriminatorSpec { channels: vec![32, 64, 128, 256, 512] };
    let mut normal = common::normal();
    let mut generator_adam = Adam::new(&initialise(&spec.tensors(0), &mut normal)?, BETAS)?;
    let mut discriminator_adam = Adam::new(&initialise(&discriminator_spec.tensors(), &mut normal)?, BETAS)?;
    let generator = Generator::new(&spec, 0, &generator_adam.parameters())?;
    let discriminator = Discriminator::new(&discriminator_spec, &discriminator_adam.parameters())?;
    let random = |channels: usize| Tensor::rand(0f32, 1.0, (batch, channels, size, size), &Device::Cpu);
    let (background, real, glasses) = (random(3)?, random(3)?, random(4)?);

    for _ in 0..iterations {
        let start = ProcessTime::now();
        let p = Tensor::randn(0f32, 0.1, (batch, 8), &Device::Cpu)?;
        let delta = generator.forward(&background, &stn::warp(&glasses, &p, (size, size))?)?;
        let image = composite(&background, &stn::warp(&glasses, &(&p + &delta)?, (size, size))?)?;
        let loss = losses::generator(&discriminator, &image, &delta, 1.0)?;
        generator_adam.step(&loss.backward()?, RATE)?;
        let generator_time = start.elapsed().as_secs_f64();

        let fake = image.detach();
        for _ in 0..DISCRIMINATOR_STEPS {
            let scores = discriminator.forward(&Tensor::cat(&[&fake, &real], 0)?)?;
            let (score_fake, score_real) = (scores.narrow(0, 0, batch)?, scores.narrow(0, batch, batch)?);
            let mix = Tensor::rand(0f32, 1.0, (batch, 1, 1, 1), &Device::Cpu)?;
            let penalty = losses::gradient_penalty(&discriminator, &real, &fake, &mix)?;
            let loss = (losses::wasserstein(&score_fake, &score_real)? + (penalty * LAMBDA_GRADIENT)?)?;
            discriminator_adam.step(&loss.backward()?, RATE)?;
        }
        let all = start.elapsed().as_secs_f64();
        println!("it {all:.3} G {generator_time:.3} D {:.3}", all - generator_time);
    }
    Ok(())
}
