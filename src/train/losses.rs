//! The losses of adversarial training: Wasserstein with gradient penalty (Gulrajani et al. 2017) and the generator's.

use crate::model::Discriminator;
use candle_core::{Result, Tensor};

/// Under the root of the penalty's norm, for every pixel, as in the released code.
const EPSILON: f64 = 1e-8;

/// mean D(fake) − mean D(real): what the critic minimises (ST-GAN, equation 6), scores of any shape.
pub fn wasserstein(score_fake: &Tensor, score_real: &Tensor) -> Result<Tensor> {
    score_fake.mean_all()? - score_real.mean_all()?
}

/// ‖∂(sum of patch scores)/∂x‖ of every picture \[B\] at `x` [B, 3, H, W], tracked with respect to the critic's weights.
pub fn gradient_norm(critic: &Discriminator, x: &Tensor) -> Result<Tensor> {
    (critic.input_gradient(x)?.sqr()? + EPSILON)?.flatten_from(1)?.sum(1)?.sqrt()
}

/// mean (‖∇D‖ − 1)² over `mix · real + (1 − mix) · fake`, `mix` [B, 1, 1, 1] uniform in [0, 1].
pub fn gradient_penalty(critic: &Discriminator, real: &Tensor, fake: &Tensor, mix: &Tensor) -> Result<Tensor> {
    let between = (real.broadcast_mul(mix)? + fake.broadcast_mul(&mix.affine(-1.0, 1.0)?)?)?;
    (gradient_norm(critic, &between)? - 1.0)?.sqr()?.mean_all()
}

/// −mean D(composite) + λ · mean ‖Δp‖² (ST-GAN, equations 5 and 7). The critic is taken as frozen.
pub fn generator(critic: &Discriminator, composite: &Tensor, delta: &Tensor, lambda_update: f64) -> Result<Tensor> {
    let update = (delta.sqr()?.sum(1)?.mean_all()? * lambda_update)?;
    update - critic.frozen().forward(composite)?.mean_all()?
}
