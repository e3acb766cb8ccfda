//! Pseudorandom numbers for tests and benchmarks, equal on all platforms.

// Not every test program uses all items.
#![allow(dead_code, unreachable_pub)]

use candle_core::{Device, Tensor};

/// Approximately normally distributed pseudorandom numbers, equal on all platforms.
pub struct Noise(u32);

impl Noise {
    pub fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(2_654_435_761).wrapping_add(1))
    }

    pub fn next(&mut self) -> f32 {
        let mut sum = -6.0;
        for _ in 0..12 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sum += (self.0 >> 8) as f32 / (1 << 24) as f32;
        }
        sum
    }

    pub fn tensor(&mut self, shape: &[usize]) -> Tensor {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| self.next()).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }
}
