//! Adversarial losses: Wasserstein with gradient penalty (Gulrajani et al. 2017), logistic with R1 (Mescheder et al. 2018),
//! and the generator's.
//!
//! A critic gives every picture several patch scores. Means are taken over all of them; gradients, and the logistic loss,
//! are of their *sum*, as in the released code.

use super::Discriminator;
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

/// mean (‖∇D‖ − 1)² over [`between`] real and fake.
pub fn gradient_penalty(critic: &Discriminator, real: &Tensor, fake: &Tensor, mix: &Tensor) -> Result<Tensor> {
    away_from_one(&gradient_norm(critic, &between(real, fake, mix)?)?)
}

/// mean (‖∇D‖ − 1)² of norms \[B\].
pub fn away_from_one(norm: &Tensor) -> Result<Tensor> {
    (norm - 1.0)?.sqr()?.mean_all()
}

/// `mix · real + (1 − mix) · fake`, where the gradient penalty looks; `mix` [B, 1, 1, 1] uniform in [0, 1].
pub fn between(real: &Tensor, fake: &Tensor, mix: &Tensor) -> Result<Tensor> {
    real.broadcast_mul(mix)? + fake.broadcast_mul(&mix.affine(-1.0, 1.0)?)?
}

/// mean log(1 + exp(−D(real))) + mean log(1 + exp(D(fake))), D being the sum of a picture's patch scores [B, 1, h, w].
pub fn logistic(score_fake: &Tensor, score_real: &Tensor) -> Result<Tensor> {
    softplus(&logit(score_fake)?)?.mean_all()? + softplus(&logit(score_real)?.neg()?)?.mean_all()?
}

/// mean ½‖∇D‖² of norms \[B\] at real pictures: R1.
pub fn r1(norm: &Tensor) -> Result<Tensor> {
    norm.sqr()?.mean_all()? * 0.5
}

/// −mean D(composite), for patch scores of any shape.
pub fn wasserstein_generator(score: &Tensor) -> Result<Tensor> {
    score.mean_all()?.neg()
}

/// −mean D(composite) + λ · mean ‖Δp‖² (ST-GAN, equations 5 and 7). The critic is taken as frozen.
pub fn generator(critic: &Discriminator, composite: &Tensor, delta: &Tensor, lambda_update: f64) -> Result<Tensor> {
    wasserstein_generator(&critic.frozen().forward(composite)?)? + (update(delta)? * lambda_update)?
}

/// mean log(1 + exp(−D(composite))), non-saturating, for patch scores [B, 1, h, w].
pub fn logistic_generator(score: &Tensor) -> Result<Tensor> {
    softplus(&logit(score)?.neg()?)?.mean_all()
}

/// mean ‖Δp‖² (ST-GAN, equation 5) of updates [B, 8].
pub fn update(delta: &Tensor) -> Result<Tensor> {
    delta.sqr()?.sum(1)?.mean_all()
}

/// [B, 1, h, w] to \[B\].
fn logit(scores: &Tensor) -> Result<Tensor> {
    scores.flatten_from(1)?.sum(1)
}

/// log(1 + eˣ) without overflow.
fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}
