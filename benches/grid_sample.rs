//! CPU time of `grid_sample`, forward and backward with both gradients. `research/bench-stn.mjs`
//! compares it with PyTorch (`research/torch_grid_sample.py`).
//!
//! Usage: `grid_sample bilinear|bicubic|area BATCH CHANNELS SIZE ITERATIONS`. Prints one line per
//! iteration: `it SECONDS`.

mod common;

use candle_core::{Device, Tensor, Var};
use cpu_time::ProcessTime;
use stgan::stn::{self, Interpolation};

/// The allocator of the command-line program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A grid [batch, size, size, 2] that rotates, scales and translates the image, so that a part of
/// the output is outside it.
fn grid(batch: usize, size: usize) -> candle_core::Result<Tensor> {
    let (sin, cos) = 0.3f32.sin_cos();
    let axis = |i: usize| 2.0 * i as f32 / (size - 1) as f32 - 1.0;
    let point = |j: usize, i: usize| {
        let (x, y) = (axis(i), axis(j));
        [0.9 * (cos * x - sin * y) + 0.1, 0.9 * (sin * x + cos * y) - 0.05]
    };
    let points: Vec<f32> = (0..size).flat_map(|j| (0..size).flat_map(move |i| point(j, i))).collect();
    Tensor::from_vec(points, (1, size, size, 2), &Device::Cpu)?.broadcast_as((batch, size, size, 2))?.contiguous()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Ignore the flags that cargo passes.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let [interpolation, numbers @ ..] = &arguments[..] else {
        println!("usage: grid_sample bilinear|bicubic|area BATCH CHANNELS SIZE ITERATIONS");
        return Ok(());
    };
    let interpolation = match interpolation.as_str() {
        "bilinear" => Interpolation::Bilinear,
        "bicubic" => Interpolation::Bicubic,
        "area" => Interpolation::Area,
        other => return Err(format!("unknown interpolation {other:?}; use bilinear, bicubic or area").into()),
    };
    let numbers: Vec<usize> = numbers.iter().map(|n| n.parse()).collect::<Result<_, _>>()?;
    let &[batch, channels, size, iterations] = numbers.as_slice() else {
        return Err("expected four integers: BATCH CHANNELS SIZE ITERATIONS".into());
    };
    // The settings of the command-line program: the allocator does not return memory to the
    // operating system (`mi_option_purge_delay`), and candle starts no threads.
    // SAFETY: no other thread is running yet.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_option_set(15, -1);
        std::env::set_var("CANDLE_NUM_THREADS", "1");
    }

    let mut normal = common::normal();
    let pixels: Vec<f32> = (0..batch * channels * size * size).map(|_| normal()).collect();
    let image = Var::from_tensor(&Tensor::from_vec(pixels, (batch, channels, size, size), &Device::Cpu)?)?;
    let grid = Var::from_tensor(&grid(batch, size)?)?;
    for _ in 0..iterations {
        let start = ProcessTime::now();
        let output = stn::grid_sample(image.as_tensor(), grid.as_tensor(), interpolation)?;
        // The gradients of the sum: candle's backward pass starts with ones.
        let gradients = output.backward()?;
        assert!(gradients.get(&image).is_some() && gradients.get(&grid).is_some());
        println!("it {:.6}", start.elapsed().as_secs_f64());
    }
    Ok(())
}
